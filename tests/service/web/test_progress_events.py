"""Events of progress: few, in order, and one at least for each stage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audio import Audio
from service.serving.recording import Recording
from service.web.progress_events import LEAST_SEC, ProgressEvents, reporting
from service.web.resources import ClientGone


def told(reports: list[tuple[float, float]], duration_sec: float = 60.0) -> list[dict[str, Any]]:
    """What is sent of reports of (time, seconds that are done)."""
    sent: list[bytes] = []
    times = iter([time for time, _ in reports])
    tell = ProgressEvents(sent.append, lambda: duration_sec, lambda: next(times))
    for _, done_sec in reports:
        tell(done_sec)
    return [data_of(block) for block in sent]


def data_of(block: bytes) -> dict[str, Any]:
    name, data, *rest = block.split(b"\n")
    assert (name, rest) == (b"event: progress", [b"", b""])
    document: dict[str, Any] = json.loads(data.removeprefix(b"data: "))
    return document


def test_each_stage_is_told_at_once() -> None:
    """Even where all happens in one moment; the last of the windows begins the search, and nothing
    is told before the first.
    """
    events = told([(5.0, 0.0), (5.0, 0.0), (5.0, 8.0), (5.0, 16.0), (5.0, 60.0), (5.0, 60.0)])
    assert [(item["stage"], item["done_sec"], item["duration_sec"]) for item in events] == [
        ("inference", 8.0, 60.0),
        ("search", 60.0, 60.0),
    ]


def test_a_kept_recording_is_as_long_as_what_was_heard_of_it() -> None:
    """Nothing is decoded then, and the search is all that is left to do."""
    (event,) = told([(0.0, 0.0), (0.0, 4.5)], duration_sec=0.0)
    assert (event["stage"], event["duration_sec"]) == ("search", 4.5)


@given(
    steps=st.lists(st.floats(0, 0.2), max_size=50),
    done=st.lists(st.floats(0.1, 59.0), min_size=50, max_size=50),
)
def test_within_a_stage_there_are_ten_a_second_at_most(
    steps: list[float], done: list[float]
) -> None:
    """However often progress is reported."""
    now, reports = 0.0, []
    for step, seconds in zip(steps, sorted(done), strict=False):
        now += step
        reports.append((now, seconds))
    assert len(told(reports)) <= now / LEAST_SEC + 1


def test_work_that_is_stopped_sends_nothing_more() -> None:
    """What may stop it is asked first."""

    def stop(_: float) -> None:
        raise ClientGone

    def decode_at(rate: int) -> Audio:
        raise AssertionError(f"decoded at {rate} Hz")

    sent: list[bytes] = []
    with pytest.raises(ClientGone):
        reporting(stop, sent.append, Recording(decode_at))(3.0)
    assert sent == []
