"""What /stats tells people: what was served, how fast, and how much room is left."""

from pydantic import BaseModel, Field

from service import __version__
from service.monitoring.metrics import Metrics
from service.monitoring.quantiles import RELATIVE_ERROR, WINDOW_SEC, Sketch
from service.ops.memory import resident_bytes
from service.ops.quota import cgroup_memory_limit, cgroup_quota
from service.web.answers.models import ModelState, model_state
from service.web.resources import Resources


class PoolState(BaseModel):
    """The pool of inference threads."""

    workers: int
    intra_op_threads: int
    usable_cpus: int = Field(description="Whole CPUs: the smaller of quota and affinity.")
    quota_cpus: float | None = Field(description="What the cgroup allows; null without a limit.")
    admitted: int = Field(description="Requests that have a place now: that come, wait or run.")
    running: int
    waiting: int
    max_queue: int
    arriving: int = Field(description="Of those admitted: whose body is still coming.")
    aside: int = Field(description="Of those waiting: long ones that let others go first.")
    audio_sec: dict[str, float] = Field(
        description="Seconds of audio that wait or are worked on, by the models that may answer."
    )
    max_queue_audio_sec: float = Field(description="The most for each model; 0: any.")
    speeds: dict[str, float] = Field(
        description="Model -> seconds of audio a second of one core, as measured of late."
    )
    spinning: bool = Field(description="Whether threads that wait keep their CPU busy: never.")
    stopping: bool = Field(description="Whether it takes nothing new, as it stops.")
    load: float = Field(
        description="admitted / workers: at 1 every worker is busy, above it requests wait."
    )


class CacheState(BaseModel):
    """What models heard, kept for texts that are edited and aligned again."""

    recordings: int = Field(description="Kept now, once for each model that heard them.")
    held_bytes: int
    max_bytes: int
    hits: int
    misses: int


class AccessState(BaseModel):
    """Who may come in, and how much each may have."""

    keys: int = Field(description="API keys that are known; 0: none is asked for.")
    keys_error: str | None = Field(
        description="Why the file of keys cannot be read any more, while the former ones hold."
    )
    rate_limit: str | None = Field(description="Of requests for work; null: none.")
    audio_limit: str | None = Field(description="Of seconds of audio; null: none.")


class Quantiles(BaseModel):
    """Durations, in seconds, of so many requests; null where there were none."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None


class Latency(BaseModel):
    """How long answers took, from a request's headers to the last byte of its answer.

    Only those with an answer count. The quantiles are estimates in bounded memory (DDSketch).
    """

    since_start: Quantiles
    recent: Quantiles = Field(
        description=f"Of the last {WINDOW_SEC / 60:g} to {2 * WINDOW_SEC / 60:g} minutes."
    )


class Stats(BaseModel):
    """What has been served since the start."""

    version: str
    uptime_sec: float
    memory_bytes: int | None = Field(description="Resident now, models included.")
    memory_limit_bytes: int | None = Field(description="The cgroup's; null without a limit.")
    requests: dict[str, dict[str, int]] = Field(description="task -> outcome -> count")
    success_rate: float | None = Field(
        description="Of the requests that ended well or by our fault, the share that ended well. "
        "Bad input and clients that left are neither. null before the first."
    )
    rejected: dict[str, int] = Field(
        description="Refused for capacity, limits or rights: the error's code -> count"
    )
    latency: dict[str, Latency] = Field(
        description=f"task -> seconds; each within {RELATIVE_ERROR:.0%} of one that was seen."
    )
    audio_sec: float = Field(description="Seconds of audio answered for.")
    real_time_factor: float | None = Field(
        description="Seconds of work a second of audio: the mean over the requests in which a "
        "model ran. null before the first."
    )
    alignments: dict[str, int] = Field(
        description="How texts fitted: `good` (quality of 0.5 and more), `doubtful`, `impossible` "
        "(no speech, more text than audio, or no letters of the model's)."
    )
    pool: PoolState
    cache: CacheState
    access: AccessState
    models: list[ModelState]


def stats_of(resources: Resources) -> Stats:
    """All of it, as it is now."""
    metrics, catalogue = resources.metrics, resources.catalogue
    return Stats(
        version=__version__,
        uptime_sec=round(metrics.uptime_sec, 3),
        memory_bytes=resident_bytes(),
        memory_limit_bytes=cgroup_memory_limit(),
        requests=metrics.requests(),
        success_rate=_rounded(metrics.tally.success_rate),
        rejected=metrics.rejected(),
        latency=_latencies(metrics),
        audio_sec=round(metrics.audio_sec(), 3),
        real_time_factor=_rounded(metrics.real_time_factor()),
        alignments=metrics.alignments(),
        pool=_pool_state(resources),
        cache=_cache_state(resources),
        access=_access_state(resources),
        models=[model_state(item) for item in catalogue.models.values()] if catalogue else [],
    )


def _latencies(metrics: Metrics) -> dict[str, Latency]:
    return {
        task: Latency(since_start=_quantiles(kept.all), recent=_quantiles(kept.recent()))
        for task, kept in sorted(metrics.tally.latencies.items())
    }


def _quantiles(sketch: Sketch) -> Quantiles:
    count, *seconds = sketch.percentiles()
    p50, p95, p99 = map(_rounded, seconds)
    return Quantiles(count=count, p50=p50, p95=p95, p99=p99)


def _pool_state(resources: Resources) -> PoolState:
    pool, gates = resources.pool, resources.pool.gates
    return PoolState(
        workers=pool.workers,
        intra_op_threads=resources.intra_op_threads,
        usable_cpus=resources.usable_cpus,
        quota_cpus=cgroup_quota(),
        admitted=pool.admitted,
        running=pool.running,
        waiting=pool.waiting,
        max_queue=pool.max_queue,
        arriving=gates.arriving,
        aside=pool.aside,
        audio_sec=gates.audio_sec,
        max_queue_audio_sec=gates.max_queue_audio_sec,
        speeds={model: round(speed, 2) for model, speed in gates.speeds.items()},
        spinning=False,
        stopping=gates.stopping,
        load=round(pool.admitted / pool.workers, 3),
    )


def _cache_state(resources: Resources) -> CacheState:
    cache = resources.emissions
    return CacheState(
        recordings=len(cache),
        held_bytes=cache.held_bytes,
        max_bytes=cache.max_bytes,
        hits=cache.hits,
        misses=cache.misses,
    )


def _access_state(resources: Resources) -> AccessState:
    door, settings = resources.door, resources.settings
    return AccessState(
        keys=door.count_keys(),
        keys_error=door.keys.fault if door.keys else None,
        rate_limit=settings.rate_limit,
        audio_limit=settings.audio_limit,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
