"""Counters for Prometheus and for people. One registry an application, none a process."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from service import __version__
from service.monitoring.collectors import (
    BuildCollector,
    CacheFigures,
    DecoderCollector,
    DecoderFigures,
    EmissionCacheCollector,
    LimitCollector,
    ModelCollector,
    PoolCollector,
    PoolFigures,
)
from service.monitoring.facts import OK, Facts, Fit, note_answer
from service.monitoring.instruments import Instruments, samples
from service.monitoring.tally import Tally

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
# Answers that say: not now, not so much, not you. What is wrong with a request's content is none.
REFUSALS: Final = frozenset({401, 403, 408, 413, 429, 503, 504})
# Text and audio were read, and cannot belong together.
IMPOSSIBLE: Final = frozenset({"no_speech", "nothing_to_align", "transcript_too_long"})
ALIGNING: Final = frozenset({"align", "retime"})
PROBES: Final = frozenset({"/health", "/healthz", "/readyz", "/metrics"})  # asked for all the time
QUEUE: Final = "queue"
BEFORE_WORK: Final = frozenset({QUEUE, "load"})  # stages that are no work on the audio
MODEL_RAN: Final = "inference"  # the stage that only then is told


@dataclass(frozen=True)
class Exchange:
    """A request and its answer as HTTP has them; route: the template, such as `/models/{model}`."""

    method: str
    route: str
    status: int
    seconds: float


class Metrics:
    """What has been served since the start."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # doubles series, for no use
        self.registry = CollectorRegistry()
        self.tally = Tally()
        self._began = time.monotonic()
        self._told = Instruments(self.registry)
        ProcessCollector(namespace="kolvani", registry=self.registry)
        self.registry.register(BuildCollector(__version__))
        self.registry.register(LimitCollector())

    def watch(self, cache: CacheFigures, pool: PoolFigures) -> None:
        """Tell the figures of the cache of emissions and of the pool."""
        self.registry.register(EmissionCacheCollector(cache))
        self.registry.register(PoolCollector(pool))

    def watch_decoders(self, decoders: DecoderFigures) -> None:
        """Tell how many decoders were replaced, and why."""
        self.registry.register(DecoderCollector(decoders))

    def watch_models(self, served: Callable[[], int], broken: Callable[[], int]) -> None:
        """Tell how many models can be asked, and how many cannot."""
        self.registry.register(ModelCollector(served, broken))

    def expect(self, reasons: Iterable[str]) -> None:
        """Reasons of refusals: each is told from the start, as 0."""
        for reason in reasons:
            self._told.rejected.labels(reason)

    def began(self) -> None:
        """A request has come."""
        self._told.in_progress.inc()

    def queue_waited(self, seconds: float) -> None:
        """A job has got its thread."""
        self._told.queue_wait.observe(seconds)

    def refused_at(self, gate: str, retry_after_sec: int) -> None:
        """A gate has refused a request, and told when to come back."""
        self._told.gates.labels(gate).inc()
        self._told.retry_after.observe(retry_after_sec)

    def count(self, task: str, outcome: str) -> None:
        """One request has ended."""
        self._told.requests.labels(task, outcome).inc()
        if task in ALIGNING and outcome in IMPOSSIBLE:
            self._told.alignments.labels("impossible").inc()

    def observe(self, task: str, model: str, audio_sec: float, stages: Mapping[str, float]) -> None:
        """One request has been answered; its log line tells of it, too."""
        note_answer(model, audio_sec, stages)
        told = self._told
        told.audio.labels(task, model).inc(audio_sec)
        for stage, seconds in stages.items():
            if stage != QUEUE:  # has a metric of its own
                told.stages.labels(stage, model).observe(seconds)
        if MODEL_RAN in stages and audio_sec > 0:
            work_sec = sum(sec for stage, sec in stages.items() if stage not in BEFORE_WORK)
            told.factor.labels(task, model).observe(work_sec / audio_sec)

    def finished(self, exchange: Exchange, facts: Facts) -> None:
        """The last byte of an answer has been sent, or the client has gone."""
        outcome, told = facts.outcome or OK, self._told
        told.in_progress.dec()
        labels = (exchange.method, exchange.route, str(exchange.status))
        told.duration.labels(*labels).observe(exchange.seconds)
        if exchange.status in REFUSALS and exchange.route not in PROBES:
            told.rejected.labels(outcome).inc()
        if facts.fit is not None and facts.model is not None:
            self._fitted(facts.fit, facts.model)
        if facts.task is not None:
            self.tally.add(facts.task, exchange.status, outcome, exchange.seconds)

    def _fitted(self, fit: Fit, model: str) -> None:
        told = self._told
        told.alignments.labels("good" if fit.trusted else "doubtful").inc()
        told.quality.labels(model).observe(fit.quality)
        told.tokens.labels(model).inc(fit.tokens)
        for status, count in fit.words.items():
            told.words.labels(model, status).inc(count)

    def weigh(self, model: str, file_bytes: int, memory_bytes: int | None, *, loaded: bool) -> None:
        """What a model takes; memory: None until it is loaded, or where it cannot be measured."""
        self._told.files.labels(model).set(file_bytes)
        self._told.loaded.labels(model).set(loaded)
        if memory_bytes is not None:
            self._told.memory.labels(model).set(memory_bytes)

    @property
    def uptime_sec(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def requests(self) -> dict[str, dict[str, int]]:
        """Task -> outcome -> count."""
        counts: dict[str, dict[str, int]] = {}
        for labels, value in samples(self._told.requests, "_total"):
            counts.setdefault(labels["task"], {})[labels["outcome"]] = int(value)
        return counts

    def rejected(self) -> dict[str, int]:
        """Reason -> count, of those that there were."""
        found = samples(self._told.rejected, "_total")
        return {labels["reason"]: int(value) for labels, value in found if value}

    def alignments(self) -> dict[str, int]:
        """Result -> count."""
        found = samples(self._told.alignments, "_total")
        return {labels["result"]: int(value) for labels, value in found}

    def audio_sec(self) -> float:
        """Seconds of audio answered for, in all."""
        return sum(value for _, value in samples(self._told.audio, "_total"))

    def real_time_factor(self) -> float | None:
        """The mean over the requests in which a model ran; None before the first."""
        requests = sum(value for _, value in samples(self._told.factor, "_count"))
        total = sum(value for _, value in samples(self._told.factor, "_sum"))
        return total / requests if requests else None

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
