"""The metrics by name: what each counts, its labels and its buckets.

docs/MONITORING.md has the same as a table; a test holds it to what is exposed. Labels have few
values: tasks, routes' templates, models, stages, errors' codes; never a path, a file or an id.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REQUEST_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0),
)  # seconds: from a probe to hours of audio
QUEUE_BUCKETS: Final = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)  # seconds
STAGE_BUCKETS: Final = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600)  # seconds
FACTOR_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds a second
QUALITY_BUCKETS: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
RETRY_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600)  # seconds
GATES: Final = ("places", "audio", "deadline", "stopping")
FITS: Final = ("good", "doubtful", "impossible")


class Instruments:
    """Everything that is counted while requests are served."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.duration = self._histogram(
            "kolvani_request_duration_seconds",
            "From a request's headers to the last byte of its answer.",
            ["method", "route", "status"],
            REQUEST_BUCKETS,
        )
        self.in_progress = self._gauge(
            "kolvani_requests_in_progress", "Requests whose answer is not complete."
        )
        self.requests = self._counter(
            "kolvani_requests",
            "Requests by task (transcribe, align, retime) and outcome (ok, or the error's code).",
            ["task", "outcome"],
        )
        self.rejected = self._counter(
            "kolvani_rejected",
            "Requests refused for capacity, limits or rights, by the error's code.",
            ["reason"],
        )
        self.queue_wait = self._histogram(
            "kolvani_queue_wait_seconds",
            "From a place in the queue to a thread.",
            [],
            QUEUE_BUCKETS,
        )
        self._make_gates()
        self._make_speech()
        self._make_alignment()
        self._make_models()

    def _make_gates(self) -> None:
        self.gates = self._counter(
            "kolvani_gate_refusals", "Requests refused or handed back, by the gate.", ["gate"]
        )
        for gate in GATES:
            self.gates.labels(gate)
        self.retry_after = self._histogram(
            "kolvani_retry_after_seconds",
            "What clients that a gate refused were told to wait.",
            [],
            RETRY_BUCKETS,
        )

    def _make_speech(self) -> None:
        self.audio = self._counter(
            "kolvani_audio_seconds", "Seconds of audio answered for.", ["task", "model"]
        )
        self.stages = self._histogram(
            "kolvani_inference_seconds",
            "Seconds of an answered request by stage and model.",
            ["stage", "model"],
            STAGE_BUCKETS,
        )
        self.factor = self._histogram(
            "kolvani_real_time_factor",
            "Seconds of work a second of audio, for requests in which the model ran.",
            ["task", "model"],
            FACTOR_BUCKETS,
        )

    def _make_alignment(self) -> None:
        self.alignments = self._counter(
            "kolvani_alignments",
            "Texts by how they fitted: good (quality 0.5 and more), doubtful, or impossible.",
            ["result"],
        )
        for result in FITS:
            self.alignments.labels(result)
        self.quality = self._histogram(
            "kolvani_alignment_quality",
            "Estimated share of a text that is said where it was placed.",
            ["model"],
            QUALITY_BUCKETS,
        )
        self.words = self._counter(
            "kolvani_aligned_words", "Words of texts by status.", ["model", "status"]
        )
        self.tokens = self._counter(
            "kolvani_aligned_tokens", "Tokens that were given a time.", ["model"]
        )

    def _make_models(self) -> None:
        self.loaded = self._gauge("kolvani_model_loaded", "1 if it is in memory.", ["model"])
        self.memory = self._gauge(
            "kolvani_model_memory_bytes",
            "Growth of resident memory while the model was loaded and warmed.",
            ["model"],
        )
        self.files = self._gauge(
            "kolvani_model_file_bytes", "Size of the bundle's files.", ["model"]
        )

    def _counter(self, name: str, told: str, labels: list[str]) -> Counter:
        return Counter(name, told, labels, registry=self._registry)

    def _gauge(self, name: str, told: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, told, labels or [], registry=self._registry)

    def _histogram(
        self, name: str, told: str, labels: list[str], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, told, labels, buckets=buckets, registry=self._registry)


def samples(metric: Counter | Histogram, suffix: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each of a metric's series with that suffix."""
    for family in metric.collect():
        for sample in family.samples:
            if sample.name == family.name + suffix:
                yield dict(sample.labels), sample.value
