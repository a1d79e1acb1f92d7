"""A plan of windows: every frame once, with its context, and no more heard than need be."""

from hypothesis import given
from hypothesis import strategies as st

from service.framing import Convolutions
from service.windows import WINDOWING, Stretch, windows, windows_over

FRAME_SEC = 0.02
WAV2VEC2 = Convolutions(((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)))


@given(frames=st.integers(1, 400), kept=st.integers(1, 60), context=st.integers(0, 20))
def test_windows_keep_every_frame_once_with_its_context(
    frames: int, kept: int, context: int
) -> None:
    """All of one length and within the audio, the fewest that will do and as short as so many can
    be; context is missing at the audio's ends alone.
    """
    found = list(windows(frames, kept, context))
    length = -(-(frames + 2 * context * (len(found) - 1)) // len(found))
    assert length <= kept + 2 * context
    ends = [(window.begin, window.end) for window in found]
    assert [begin for begin, _ in ends] == [0, *(end for _, end in ends[:-1])]
    assert ends[-1][1] == frames
    for window in found:
        assert window.last - window.first == length
        assert 0 <= window.first <= window.begin < window.end <= window.last <= frames
        assert window.first == 0 or window.begin - window.first >= context
        assert window.last == frames or window.last - window.end >= context
    assert len(found) == max(1, -(-(frames - 2 * context) // kept))


@st.composite
def stretches(draw: st.DrawFn) -> list[Stretch]:
    """Apart, in order, of any lengths."""
    steps = draw(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 200)), max_size=6))
    found, place = [], 0
    for gap, length in steps:
        found.append(Stretch(place + gap, place + gap + length))
        place += gap + length + 1
    return found


@given(found=stretches(), kept=st.integers(1, 60), context=st.integers(0, 20))
def test_windows_keep_every_frame_of_every_stretch_once(
    found: list[Stretch], kept: int, context: int
) -> None:
    """In order, and no frame outside; none hears past its stretch, or more than is allowed, and
    context is missing at the ends of a stretch alone.
    """
    plan = list(windows_over(found, kept, context))
    frames = [frame for window in plan for frame in range(window.begin, window.end)]
    assert frames == [frame for begin, end in found for frame in range(begin, end)]
    for window in plan:
        (own,) = [one for one in found if one.begin <= window.begin < one.end]
        assert own.begin <= window.first <= window.begin < window.end <= window.last <= own.end
        assert window.last - window.first <= kept + 2 * context
        assert window.first == own.begin or window.begin - window.first >= context
        assert window.last == own.end or window.last - window.end >= context


def test_a_stretch_that_is_the_whole_is_heard_as_the_whole() -> None:
    """Window by window."""
    assert list(windows_over([Stretch(0, 1234)], 100, 10)) == list(windows(1234, 100, 10))


def heard_sec(seconds: float) -> float:
    """What goes through the model for so much audio."""
    kept, context = WINDOWING.frames(WAV2VEC2, 16_000)
    plan = windows(round(seconds / FRAME_SEC), kept, context)
    return sum(window.last - window.first for window in plan) * FRAME_SEC


def test_a_minute_costs_hardly_more_than_its_tens_of_seconds_with_context() -> None:
    """Six windows that keep 10 s hear 72 s with their context on both sides: within 5 % of that."""
    assert heard_sec(60) <= 1.05 * 6 * (10 + 2 * WINDOWING.context_sec)


def test_a_little_more_than_a_window_is_not_heard_twice() -> None:
    """Two windows of 11 s share their context, and nothing else."""
    assert heard_sec(11) <= 11 + 2 * WINDOWING.context_sec + 2 * FRAME_SEC


@given(seconds=st.floats(10.5, 4000))
def test_what_is_heard_is_the_audio_and_two_contexts_a_seam(seconds: float) -> None:
    """But for a frame a window, as all are of one length."""
    kept, context = WINDOWING.frames(WAV2VEC2, 16_000)
    frames = round(seconds / FRAME_SEC)
    plan = list(windows(frames, kept, context))
    heard = sum(window.last - window.first for window in plan)
    assert 0 <= heard - (frames + 2 * context * (len(plan) - 1)) < len(plan)
