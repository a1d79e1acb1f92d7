"""Counters for Prometheus and for people. One registry an application, none a process."""

import time
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
OK: Final = "ok"


class CacheFigures(Protocol):
    """A cache that counts for itself."""

    max_bytes: int
    held_bytes: int
    hits: int
    misses: int


class _EmissionCache(Collector):
    """The cache's own figures, read when they are asked for."""

    def __init__(self, cache: CacheFigures) -> None:
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        """One metric a figure."""
        name, cache = "kolvani_emission_cache", self._cache
        yield GaugeMetricFamily(
            f"{name}_bytes", "Memory that kept emissions take now.", cache.held_bytes
        )
        yield GaugeMetricFamily(
            f"{name}_limit_bytes", "The most that they may take.", cache.max_bytes
        )
        yield CounterMetricFamily(
            f"{name}_hits", "Recordings that a model had heard for an earlier request.", cache.hits
        )
        yield CounterMetricFamily(
            f"{name}_misses", "Recordings that were asked for and not kept.", cache.misses
        )


class Metrics:
    """What has been served since the start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._began = time.monotonic()
        self._requests = Counter(
            "kolvani_requests",
            "Requests by task (transcribe, align, retime) and outcome (ok, or the error's code).",
            ["task", "outcome"],
            registry=self.registry,
        )
        self._audio = Counter(
            "kolvani_audio_seconds",
            "Seconds of audio answered for.",
            ["task", "model"],
            registry=self.registry,
        )
        self._stages = Histogram(
            "kolvani_stage_seconds",
            "Seconds by stage of a request.",
            ["stage"],
            registry=self.registry,
        )

        self._memory = Gauge(
            "kolvani_model_memory_bytes",
            "Growth of resident memory while the model was loaded and warmed.",
            ["model"],
            registry=self.registry,
        )
        self._files = Gauge(
            "kolvani_model_file_bytes",
            "Size of the bundle's files.",
            ["model"],
            registry=self.registry,
        )

    def watch(self, cache: CacheFigures) -> None:
        """Tell the figures of the cache of emissions, too."""
        self.registry.register(_EmissionCache(cache))

    def count(self, task: str, outcome: str) -> None:
        """One request has ended."""
        self._requests.labels(task, outcome).inc()

    def observe(self, task: str, model: str, audio_sec: float, stages: Mapping[str, float]) -> None:
        """One request has been answered."""
        self._audio.labels(task, model).inc(audio_sec)
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)

    def weigh(self, model: str, file_bytes: int, memory_bytes: int | None) -> None:
        """What a model takes; memory: None until it is loaded, or where it cannot be measured."""
        self._files.labels(model).set(file_bytes)
        if memory_bytes is not None:
            self._memory.labels(model).set(memory_bytes)

    @property
    def uptime_sec(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def requests(self) -> dict[str, dict[str, int]]:
        """Task -> outcome -> count."""
        counts: dict[str, dict[str, int]] = {}
        for labels, value in self._samples("kolvani_requests_total"):
            counts.setdefault(labels["task"], {})[labels["outcome"]] = int(value)
        return counts

    def audio_sec(self) -> float:
        """Seconds of audio answered for, in all."""
        return sum(value for _, value in self._samples("kolvani_audio_seconds_total"))

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)

    def _samples(self, name: str) -> list[tuple[dict[str, str], float]]:
        return [
            (dict(sample.labels), sample.value)
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name
        ]
