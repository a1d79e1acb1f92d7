"""Documents to write: hostile words, every status, words of no length, pauses, any division."""

from hypothesis import strategies as st

from service.formats.document import Document
from service.spans import Character, Segment, Status, Word

MS = 1000
# What some format gives a meaning to, and the two scripts with their marks.
HOSTILE = (
    "שלום", "וַיֹּאמֶר", "צה״ל", "नमस्ते", "क्षि", "हूँ।", "a,b", ";", '"', '"a""b"', "'", "--", "-->",
    "->", ">", "<", "<b>x</b>", "</i>", "<00:00:01.000>", "<!--", "&", "&amp;", "&lt;b&gt;", "{",
    "}", "{\\an8}", "{x}", "\\", "\\N", "\\n", "\\h", "\\{", "=1+1", "+5", "-אמר", "@x", "'=1",
    "''=1", "＝1", "1984", "1", "00:00:01,000", "NOTE", "WEBVTT", "STYLE", ";;", "#", "[Script",
    "Dialogue:", "item", "[1]:", "xmin", "IntervalTier", "<exists>", "!", "\u200b", "\ufeff",
    "\u200f", "\u2060", "\x00", "\x07", "😀",
)  # fmt: skip


def _is_word(text: str) -> bool:
    return text.split() == [text]


words = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(_is_word)


def document(
    texts: list[str],
    times: list[tuple[int, int] | None],
    statuses: list[Status],
    ends: list[int],
    duration: int,
    *,
    with_characters: bool = True,
) -> Document:
    """times: in milliseconds; ends: the place after each segment's last word."""
    held, place = [], 0
    for text, time, status in zip(texts, times, statuses, strict=True):
        start, end = (None, None) if time is None else (time[0] / MS, time[1] / MS)
        score = 0.5 if status == "aligned" else None
        held.append(Word(text, start, end, score, status, place, place + len(text)))
        place += len(text) + 1
    whole = " ".join(texts)
    return Document(
        name="recording",
        text=whole,
        language="he",
        model="he-demo",
        duration_sec=duration / MS,
        words=tuple(held),
        segments=tuple(_segments(held, ends, whole)),
        characters=tuple(_characters(held)) if with_characters else None,
        quality=0.9,
    )


def _segments(held: list[Word], ends: list[int], text: str) -> list[Segment]:
    segments = []
    for first, end in zip([0, *ends], ends, strict=False):
        inner = held[first:end]
        timed = [word for word in inner if word.start is not None]
        start, over = (timed[0].start, timed[-1].end) if timed else (None, None)
        kinds = {word.status for word in inner}
        status = next(kind for kind in ("aligned", "interpolated", "not_found") if kind in kinds)
        score = 0.5 if status == "aligned" else None
        places = (inner[0].char_start, inner[-1].char_end)
        segments.append(
            Segment(text[slice(*places)], start, over, score, status, *places, first, end)
        )
    return segments


def _characters(held: list[Word]) -> list[Character]:
    """The last character of a word lasts no time, as a comma does."""
    found = []
    for word in held:
        spoken = len(word.word) - 1 or 1
        for index, char in enumerate(word.word):
            times: tuple[float | None, float | None] = (None, None)
            if word.start is not None and word.end is not None:
                share = (word.end - word.start) / spoken
                edges = (min(index, spoken), min(index + 1, spoken))
                times = (
                    round(word.start + share * edges[0], 3),
                    round(word.start + share * edges[1], 3),
                )
            found.append(Character(char, *times, word.score, word.status, word.char_start + index))
    return found


@st.composite
def documents(draw: st.DrawFn, most_words: int = 30) -> Document:
    """Words in time, some of them without, of any length from 0 on, at any distance."""
    texts = draw(st.lists(words, max_size=most_words))
    times: list[tuple[int, int] | None] = []
    statuses: list[Status] = []
    place = 0
    for _ in texts:
        status: Status = draw(
            st.sampled_from(["aligned", "aligned", "aligned", "interpolated", "not_found"])
        )
        statuses.append(status)
        if status == "not_found":
            times.append(None)
            continue
        start = place + draw(st.sampled_from([0, 0, 0, 1, 40, 999, 1000, 5000]))
        place = start + draw(st.sampled_from([0, 1, 9, 80, 400, 400, 2000, 9000]))
        times.append((start, place))
    cuts = draw(st.sets(st.integers(1, max(1, len(texts))), max_size=len(texts)))
    ends = sorted({cut for cut in cuts if cut < len(texts)} | ({len(texts)} if texts else set()))
    duration = place + draw(st.sampled_from([0, 1, 500]))
    return document(
        texts, times, statuses, ends, max(duration, 1), with_characters=draw(st.booleans())
    )
