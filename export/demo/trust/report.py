"""All figures of how far an alignment can be trusted, of both embedded models."""

from collections.abc import Iterator

from export.demo.hebrew import corpus as hebrew
from export.demo.hindi import corpus as hindi
from export.demo.speech.speaker import HELD_OUT_VOICES
from export.demo.trust import absorption, fitness, numbers, strays, unsaid
from export.demo.trust.listening import Model, read, spoken
from export.demo.trust.numbers import Voices
from service.bundle import Bundle


def measure_trust(
    hebrew_bundle: Bundle, hindi_bundle: Bundle, verses: hebrew.Split, sentences: hindi.Split
) -> Iterator[str]:
    """Lines of a report in Markdown."""
    he, hi = Model(hebrew_bundle), Model(hindi_bundle)
    speeches = [
        *spoken(he, hebrew.HEBREW, verses.held_out_lines),
        *read(he, verses),
        *spoken(hi, hindi.HINDI, sentences.held_out_lines),
    ]
    speakers = (
        Voices(he, hebrew.HEBREW, verses.held_out_lines, HELD_OUT_VOICES),
        Voices(hi, hindi.HINDI, sentences.held_out_lines, HELD_OUT_VOICES),
    )
    for title, lines in (
        ("Quality", fitness.report(speeches)),
        ("Speech that a text lacks, and warnings", strays.report(speeches)),
        ("What a frame that is absorbed costs: errors of starts", absorption.report(speeches)),
        ("Words that were not said", unsaid.report(speeches)),
        ("Numbers", numbers.report(speakers)),
    ):
        yield f"## {title}"
        yield ""
        yield from lines
        yield ""
