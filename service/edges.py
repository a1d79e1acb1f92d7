"""Word edges from CTC spikes.

A CTC model holds a letter on a frame or two and the blank in between, so that the last letter's
spike ends before its sound does. A word therefore keeps the blank frames that follow, for as long
as a final sound commonly lasts, and never into the next token.
"""

from collections.abc import Sequence
from typing import Final

from service.spans import FrameClock, TokenSpan

FINAL_SOUND_SEC: Final = 0.1


def word_edges(
    spans: Sequence[TokenSpan], first: int, last: int, clock: FrameClock
) -> tuple[float, float]:
    """Start and end in seconds of the word made of spans[first] .. spans[last]."""
    start, end = spans[first].start, spans[last].end
    tail = round(FINAL_SOUND_SEC * clock.sample_rate / clock.stride)
    limit = spans[last + 1].start if last + 1 < len(spans) else end + tail
    return clock.seconds(start), clock.seconds(max(end, min(end + tail, limit)))
