"""One file a format, with everything in it that must survive."""

import re

SRT = """
1
00:00:01,000 --> 00:00:02,500 X1:100 X2:200
<i>שלום</i> {\\an8}עולם

2
0:00:03.000 --> 00:00:04,000

12
00:00:05,000 --> 00:00:06,250
- [צחוק] נכון (בשקט)
- 1984

with a blank line above it
1984

4
00:00:05,500 --> 00:00:07,000
♪ नमस्ते ♪
"""

VTT = """WEBVTT - a title
Kind: captions

STYLE
::cue(.x) { color: red }

NOTE a remark
of two lines

REGION
id:bill

first
00:01.000 --> 00:02.500 align:start position:0%
<v Dana>שלום <00:01.500><c.x>עולם</c>

NOTE between

00:00:03.000 --> 00:00:04.000
[מוזיקה]

01:00:05.000 --> 01:00:06.000 line:0
- one &amp; two
- <b>three</b>


NOTE the end
"""

_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 4.5
tiers? <exists>
size = 4
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 4.5
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5123456789
            text = ""
        intervals [2]:
            xmin = 0.5123456789
            xmax = 1.25
            text = "say ""שלום"" item [2]:"
        intervals [3]:
            xmin = 1.25
            xmax = 2.0
            text = "שני
שורות"
        intervals [4]:
            xmin = 2.0
            xmax = 4.5
            text = ""
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 4.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 1.0
            text = "p"
        intervals [2]:
            xmin = 1.0
            xmax = 1.25
            text = "t"
        intervals [3]:
            xmin = 1.25
            xmax = 4.5
            text = ""
    item [3]:
        class = "IntervalTier"
        name = "speaker"
        xmin = 0
        xmax = 4.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.75
            text = "Dana"
        intervals [2]:
            xmin = 1.75
            xmax = 4.5
            text = ""
    item [4]:
        class = "TextTier"
        name = "tones"
        xmin = 0
        xmax = 4.5
        points: size = 1
        points [1]:
            number = 1.5
            mark = "H*"
"""

# Praat leaves a space at the end of most lines.
GRID = re.sub(r"(?m)(?<=[^X]\d)$|(?<=\")$|(?<=>)$|(?<=\[\]:)$", " ", _GRID)

SHORT_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
1
"IntervalTier"
"words"
0
3
3
0
1
"one"
1
2
""
2
3
"two"
"""
