"""What is made of the requests of a level, on made-up ones."""

import pytest

from bench.loads.clients import OK, REFUSED, Heard, Request
from bench.loads.figures import Level, aims, audio_rate, quantile, refusal_cpu_sec, row

LENGTHS = [5.0, 10.0]  # seconds of the clips


def answered(*ends: float, clip: int = 1, seconds: float = 1.0) -> list[Request]:
    """Requests that took so long, one after another."""
    return [Request(OK, clip, end - seconds, end) for end in ends]


def heard(requests: list[Request], errors: str = "connect 0 read 0 write 0 timeout 0") -> Heard:
    return Heard(requests, errors, wall_sec=10.0, cpu_sec=1.0)


def test_throughput_leaves_out_what_was_under_way_at_either_end() -> None:
    """Three more clips of 10 s in the 3 s after the first answer are 10 s a second."""
    assert audio_rate(answered(1.0, 2.0, 3.0, 4.0), LENGTHS) == pytest.approx(10.0)
    assert audio_rate(answered(1.0), LENGTHS) == 0.0


def test_a_level_tells_who_was_admitted_from_who_was_refused() -> None:
    """Quantiles and the ratio are of those admitted; anything but 200 and 503 is a fault."""
    refused = [Request(REFUSED, 0, 0.0, 0.001)] * 5
    broken = [Request(500, 0, 0.0, 0.1)]
    level = Level(2, "pushing")
    level.heard.append(
        heard(answered(2.0, 4.0, 6.0, seconds=3.0) + refused + broken, "connect 1 read 0")
    )
    level.bare.append(answered(1.0, 2.0, 3.0))
    level.cpu_sec.append(5.0)
    level.bare_cpu_sec.append(4.0)
    found = row(level, LENGTHS, places=4)
    assert found["ratio"] == pytest.approx(0.5)
    assert (found["admitted"], found["refused"], found["faults"]) == (3, 5, 2)
    assert found["p95_sec"] == pytest.approx(3.0)
    assert found["p95_bound_sec"] == pytest.approx(8.0)  # four of 10 s, at 5 s a second
    assert found["overhead_p50_sec"] == pytest.approx(2.0)
    assert found["cpu_ratio"] == pytest.approx(0.8)  # 30 s of audio in 5 s, and in 4 s
    assert found["server_cpu_share"] == pytest.approx(0.5)


def test_an_aim_is_told_for_every_level() -> None:
    """Throughput, faults and p95 of each, and what one client waits longer."""
    level = Level(1, "patient")
    level.heard.append(heard(answered(1.0, 2.0)))
    level.bare.append(answered(1.0, 2.0))
    level.cpu_sec.append(1.0)
    level.bare_cpu_sec.append(1.0)
    found = aims("300M", [row(level, LENGTHS, 1)])
    assert [(one["aim"], one["direction"]) for one in found] == [
        (0.9, ">="),
        (0, "<="),
        (1.0, "<="),  # a clip of 10 s, at 10 s a second
        (0.01, "<="),
    ]


def test_the_cost_of_a_refusal_is_what_answers_do_not_explain() -> None:
    """Of 2 cores, 1 goes to as many answers as the patient have for 1; the rest to 100 refusals."""
    patient = {"admitted_per_sec": 2.0, "server_cpu_share": 1.0, "refused_per_sec": 0.0}
    pushing = {"admitted_per_sec": 2.0, "server_cpu_share": 2.0, "refused_per_sec": 100.0}
    assert refusal_cpu_sec(pushing, patient) == pytest.approx(0.01)
    assert refusal_cpu_sec(patient, patient) is None


def test_a_quantile_is_a_value_that_there_was() -> None:
    """The 95th of a hundred."""
    assert quantile([float(value) for value in range(100)], 0.95) == 95.0
    assert quantile([3.0], 0.95) == 3.0
