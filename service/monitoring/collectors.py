"""Figures that others keep, read when Prometheus asks for them."""

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from service.ops.quota import cgroup_memory_limit, usable_cpus


class CacheFigures(Protocol):
    """A cache that counts for itself."""

    max_bytes: int
    held_bytes: int
    hits: int
    misses: int


class PoolFigures(Protocol):
    """The pool of inference threads."""

    workers: int
    max_queue: int

    @property
    def running(self) -> int:
        """Jobs that run now."""

    @property
    def waiting(self) -> int:
        """Jobs that wait now."""

    @property
    def aside(self) -> int:
        """Those of them that have begun, and let others go first."""

    @property
    def gates(self) -> "GateFigures":
        """Who lets jobs in."""


class GateFigures(Protocol):
    """Places, and seconds of audio."""

    stopping: bool
    max_queue_audio_sec: float

    @property
    def arriving(self) -> int:
        """Requests whose body is still coming."""

    @property
    def audio_sec(self) -> dict[str, float]:
        """Seconds that wait or are worked on, by model."""

    @property
    def speeds(self) -> dict[str, float]:
        """Seconds of audio a second of one core, by model."""


class DecoderFigures(Protocol):
    """The processes that decode."""

    restarts: Mapping[str, int]


class DecoderCollector(Collector):
    """Decoders that were replaced."""

    def __init__(self, decoders: DecoderFigures) -> None:
        self._decoders = decoders

    def collect(self) -> Iterator[Metric]:
        """A counter by reason."""
        restarts = CounterMetricFamily(
            "kolvani_decoder_restarts",
            "Processes that decode which were replaced, by why they ended.",
            labels=["reason"],
        )
        for reason, count in self._decoders.restarts.items():
            restarts.add_metric([reason], count)
        yield restarts


class EmissionCacheCollector(Collector):
    """The cache of what models heard."""

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


class PoolCollector(Collector):
    """The queue and the threads that it feeds."""

    def __init__(self, pool: PoolFigures) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """One metric a figure."""
        pool = self._pool
        yield GaugeMetricFamily("kolvani_queue_depth", "Requests that wait now.", pool.waiting)
        yield GaugeMetricFamily(
            "kolvani_queue_limit", "Requests that may wait; more are refused.", pool.max_queue
        )
        yield GaugeMetricFamily(
            "kolvani_workers", "Requests that are worked on at a time.", pool.workers
        )
        yield GaugeMetricFamily(
            "kolvani_workers_busy", "Requests that are worked on now.", pool.running
        )
        yield GaugeMetricFamily(
            "kolvani_requests_aside", "Long requests that let others go first now.", pool.aside
        )
        yield from self._gates()

    def _gates(self) -> Iterator[Metric]:
        gates = self._pool.gates
        yield GaugeMetricFamily(
            "kolvani_requests_arriving", "Requests whose body is still coming.", gates.arriving
        )
        yield GaugeMetricFamily(
            "kolvani_stopping", "1 if it takes nothing new, as it stops.", float(gates.stopping)
        )
        yield GaugeMetricFamily(
            "kolvani_queue_audio_limit_seconds",
            "Audio that may wait or be worked on, for each model; 0: any.",
            gates.max_queue_audio_sec,
        )
        queued = GaugeMetricFamily(
            "kolvani_queue_audio_seconds",
            "Audio that waits or is worked on, by the models that may answer.",
            labels=["model"],
        )
        for model, seconds in gates.audio_sec.items():
            queued.add_metric([model], seconds)
        yield queued
        speeds = GaugeMetricFamily(
            "kolvani_model_speed_ratio",
            "Seconds of audio a second of one core, as measured of late.",
            labels=["model"],
        )
        for model, speed in gates.speeds.items():
            speeds.add_metric([model], speed)
        yield speeds


class ModelCollector(Collector):
    """Whether requests are served, and by how many models."""

    def __init__(self, served: Callable[[], int], broken: Callable[[], int]) -> None:
        self._served, self._broken = served, broken

    def collect(self) -> Iterator[Metric]:
        """One metric a figure."""
        served = self._served()
        yield GaugeMetricFamily(
            "kolvani_ready", "1 if a model can be asked, as /readyz tells.", float(served > 0)
        )
        yield GaugeMetricFamily("kolvani_models_served", "Models that can be asked.", served)
        yield GaugeMetricFamily(
            "kolvani_models_broken", "Model folders that cannot be served.", self._broken()
        )


class LimitCollector(Collector):
    """What the process may use."""

    def collect(self) -> Iterator[Metric]:
        """CPUs, and memory where it is limited."""
        yield GaugeMetricFamily(
            "kolvani_usable_cpus", "Whole CPUs: the smaller of quota and affinity.", usable_cpus()
        )
        if (limit := cgroup_memory_limit()) is not None:
            yield GaugeMetricFamily(
                "kolvani_memory_limit_bytes", "What the cgroup allows before it kills.", limit
            )


class BuildCollector(Collector):
    """What runs here."""

    def __init__(self, own_version: str) -> None:
        self._labels = {
            "version": own_version,
            "python": platform.python_version(),
            "onnxruntime": version("onnxruntime"),
        }

    def collect(self) -> Iterator[Metric]:
        """1, with the versions as labels."""
        yield InfoMetricFamily("kolvani_build", "What runs here.", self._labels)
