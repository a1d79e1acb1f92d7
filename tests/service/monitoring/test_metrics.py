"""What is counted, and what it is called."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.monitoring.facts import Facts, Fit, current, known
from service.monitoring.metrics import PROBES, Exchange, Metrics
from service.monitoring.tally import ending
from service.ops.pool import Pool
from service.serving.emission_cache import EmissionCache

FIT = Fit(29, {"aligned": 6, "not_found": 1}, 0.9, trusted=True)


def facts(**known: object) -> Facts:
    return Facts("id", "1", "2", **known)  # type: ignore[arg-type]  # as given


def exchange(status: int = 200, route: str = "/align", seconds: float = 0.5) -> Exchange:
    return Exchange("POST", route, status, seconds)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def finish(metrics: Metrics, how: Exchange, what: Facts) -> None:
    metrics.began()
    metrics.finished(how, what)


class Restarted:
    """Decoders of which some were replaced."""

    def __init__(self) -> None:
        self.restarts: Mapping[str, int] = {"crash": 2, "killed": 0}


def watching() -> Metrics:
    metrics, pool = Metrics(), Pool(1, 1)
    admitted = pool.gates.enter()
    pool.gates.weigh(admitted, ["he"], 1.0)
    admitted.worked_sec = 0.1
    pool.gates.heard(admitted, "he", 1.0)
    pool.close()
    metrics.watch(EmissionCache(1), pool)
    metrics.watch_models(lambda: 1, lambda: 0)
    metrics.watch_keys(lambda: 1, lambda: False)
    metrics.watch_decoders(Restarted())
    return metrics


def test_an_answer_is_counted_by_stage_and_model() -> None:
    """The queue is no stage of a model; the factor is of the work alone, where the model ran."""
    metrics = Metrics()
    stages = {"queue": 5.0, "load": 9.0, "decode": 0.5, "inference": 1.5}
    metrics.observe("align", "he", 4.0, stages)
    metrics.observe("align", "he", 4.0, {"queue": 5.0, "search": 0.1})  # kept from before
    assert value(metrics, "kolvani_audio_seconds_total", task="align", model="he") == 8.0
    assert value(metrics, "kolvani_inference_seconds_sum", stage="decode", model="he") == 0.5
    assert value(metrics, "kolvani_inference_seconds_sum", stage="queue", model="he") is None
    assert value(metrics, "kolvani_real_time_factor_count", task="align", model="he") == 1
    assert value(metrics, "kolvani_real_time_factor_sum", task="align", model="he") == 0.5
    assert metrics.real_time_factor() == 0.5


def test_an_answer_is_told_to_the_requests_facts() -> None:
    """So that the log line has the model, the audio and the stages."""
    with known(facts()):
        Metrics().observe("align", "he", 4.0, {"queue": 5.0})
        found = current()
    assert found is not None
    assert (found.model, found.audio_sec, found.stages) == ("he", 4.0, {"queue": 5.0})
    assert current() is None


@pytest.mark.parametrize(
    ("trusted", "result"),
    [(True, "good"), (False, "doubtful")],
)
def test_alignments_are_counted_by_how_the_text_fitted(trusted: bool, result: str) -> None:
    """With their words by status, their tokens and their quality."""
    metrics = Metrics()
    fit = Fit(FIT.tokens, FIT.words, FIT.quality, trusted)
    finish(metrics, exchange(), facts(task="align", outcome="ok", model="he", fit=fit))
    assert metrics.alignments() == {"good": 0, "doubtful": 0, "impossible": 0, result: 1}
    assert value(metrics, "kolvani_aligned_tokens_total", model="he") == 29
    assert value(metrics, "kolvani_aligned_words_total", model="he", status="not_found") == 1
    assert value(metrics, "kolvani_alignment_quality_sum", model="he") == 0.9


@pytest.mark.parametrize(
    ("task", "outcome", "impossible"),
    [
        ("align", "no_speech", 1),
        ("retime", "transcript_too_long", 1),
        ("align", "unsupported_audio", 0),
        ("transcribe", "no_speech", 0),
    ],
)
def test_texts_that_cannot_fit_are_impossible(task: str, outcome: str, impossible: int) -> None:
    """Files that cannot be read are none: nobody knows how their text would have fitted."""
    metrics = Metrics()
    metrics.count(task, outcome)
    assert metrics.alignments()["impossible"] == impossible
    assert metrics.requests() == {task: {outcome: 1}}


@pytest.mark.parametrize(
    ("status", "route", "rejected"),
    [
        (503, "/align", {"overloaded": 1}),
        (413, "/align", {"overloaded": 1}),
        (429, "/align", {"overloaded": 1}),
        (422, "/align", {}),
        (500, "/align", {}),
        *((503, route, {}) for route in sorted(PROBES)),
    ],
)
def test_refusals_are_counted_by_reason(status: int, route: str, rejected: dict[str, int]) -> None:
    """What is wrong with a request's content is none, and neither is a probe's answer."""
    metrics = Metrics()
    finish(metrics, exchange(status, route), facts(outcome="overloaded"))
    assert metrics.rejected() == rejected


def test_reasons_are_told_before_they_come_up() -> None:
    """A rate can only be seen to rise from what was there."""
    metrics = Metrics()
    metrics.expect(["overloaded"])
    assert value(metrics, "kolvani_rejected_total", reason="overloaded") == 0
    assert metrics.rejected() == {}


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        (200, "ok", "answered"),
        (200, "inference_error", "failed"),  # a stream that broke off
        (200, "client_gone", "client_gone"),
        (499, "client_gone", "client_gone"),
        (422, "no_speech", "refused"),
        (413, "upload_too_large", "refused"),
        (503, "overloaded", "failed"),
        (500, "internal", "failed"),
    ],
)
def test_an_end_has_one_whose_doing_it_was(status: int, outcome: str, expected: str) -> None:
    """Ours, the client's, or nobody's."""
    assert ending(status, outcome) == expected


def test_the_success_rate_leaves_out_what_clients_did() -> None:
    """Three answered, one failed: bad input and hang-ups change nothing."""
    metrics = Metrics()
    assert metrics.tally.success_rate is None
    for status, outcome in [(200, "ok")] * 3 + [
        (500, "internal"),
        (422, "x"),
        (499, "client_gone"),
    ]:
        finish(metrics, exchange(status), facts(task="align", outcome=outcome))
    finish(metrics, exchange(500, "/models"), facts(outcome="internal"))  # no speech in it
    assert metrics.tally.success_rate == 0.75
    assert metrics.tally.latencies["align"].all.count == 3


def test_nothing_is_in_progress_once_all_have_ended() -> None:
    """Each that began has ended once."""
    metrics = Metrics()
    metrics.began()
    finish(metrics, exchange(), facts())
    assert value(metrics, "kolvani_requests_in_progress") == 1


def test_the_documented_metrics_are_the_ones_that_there_are(root: Path) -> None:
    """Every metric has a row in docs/MONITORING.md with its labels, and no row is without one."""
    text = (root / "docs/MONITORING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(kolvani_\w+)` \| (\w+) \|([^|]*)\|", text, re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    exposed = {}
    for family in watching().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        exposed["kolvani_build_info" if family.type == "info" else name] = family.type
    exposed["kolvani_memory_limit_bytes"] = "gauge"  # only where there is one
    assert set(documented) == set(exposed)
    for name, kind in exposed.items():
        assert documented[name][0] == kind.replace("info", "gauge"), name


def test_labels_are_documented_and_few(root: Path) -> None:
    """None but those that the table names for the metric."""
    metrics = watching()
    metrics.observe("align", "he", 1.0, {"queue": 0.1, "inference": 0.1})
    metrics.count("align", "ok")
    metrics.expect(["overloaded"])
    metrics.weigh("he", 1, 1, loaded=True)
    finish(metrics, exchange(), facts(task="align", outcome="ok", model="he", fit=FIT))
    text = (root / "docs/MONITORING.md").read_text(encoding="utf-8")
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        row = re.search(rf"^\| `{name}` \| \w+ \|([^|]*)\|", text, re.MULTILINE)
        assert row is not None, name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels == set(re.findall(r"`(\w+)`", row[1])), name


def test_replaced_decoders_are_told_by_reason() -> None:
    """Each reason from the start, so that its first one is a rise."""
    metrics = watching()
    assert value(metrics, "kolvani_decoder_restarts_total", reason="crash") == 2
    assert value(metrics, "kolvani_decoder_restarts_total", reason="killed") == 0
