"""Subtitle files whose times move and nothing else: SRT, WebVTT and Praat's TextGrid.

    bytes -> read_subtitles -> cues -> script -> (alignment) -> new times -> the same file, retimed

A file is kept as the text that it is, with the places of its times; new times are put in there, and
every other byte stays. Pure: neither models nor HTTP are known here.
"""
