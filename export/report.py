"""The gates' figures: kept in the manifest, and printed as a table."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

SIGNIFICANT_DIGITS: Final = 4
HEADER: Final = (
    *("probe", "sec", "frames", "fp32 err", "int8 err", "KL", "agree", "CER"),
    *("RTF src", "fp32", "int8"),
)


@dataclass(frozen=True)
class ProbeReport:
    """Figures of one probe.

    Errors are max |d log p| in nats: fp32 against the source, int8 against fp32; `divergence` is
    KL(fp32 || int8), the frames' mean; `edits` is the distance of int8's tokens from fp32's,
    counted for recordings; `seconds` are the source's, fp32's and int8's, on one thread.
    """

    name: str
    duration_sec: float
    frames: int
    fp32_error: float
    int8_error: float
    divergence: float
    confident_frames: int
    agreeing_frames: int
    tokens: int
    edits: int
    seconds: tuple[float, ...]

    @property
    def agreement(self) -> float | None:
        """Of the frames on which fp32 is confident; None if there are none."""
        return _ratio(self.agreeing_frames, self.confident_frames)

    @property
    def cer(self) -> float | None:
        """Of int8's text against fp32's; None without a text."""
        return _ratio(self.edits, self.tokens)

    @property
    def real_time_factors(self) -> tuple[float, ...]:
        """Seconds of work a second of audio: the source's, fp32's and int8's."""
        return tuple(seconds / self.duration_sec for seconds in self.seconds)


@dataclass(frozen=True)
class ParityReport:
    """All probes together.

    `batch_error` is None for a graph that cannot batch; `feature_error` is that of the runtime's
    model input against the source's own, None where all probes were too short to compare.
    """

    probes: tuple[ProbeReport, ...]
    batch_error: float | None
    feature_error: float | None
    threads: int

    @property
    def fp32_error(self) -> float:
        """The largest |d log p| of fp32 against the source."""
        return self._largest(lambda probe: probe.fp32_error)

    @property
    def int8_error(self) -> float:
        """The largest |d log p| of int8 against fp32."""
        return self._largest(lambda probe: probe.int8_error)

    @property
    def divergence(self) -> float:
        """The mean over all frames, in nats."""
        total = sum(probe.divergence * probe.frames for probe in self.probes)
        return total / sum(probe.frames for probe in self.probes)

    @property
    def agreement(self) -> float | None:
        """Of the frames on which fp32 is confident; None if there are none."""
        agreeing = sum(probe.agreeing_frames for probe in self.probes)
        return _ratio(agreeing, sum(probe.confident_frames for probe in self.probes))

    @property
    def cer(self) -> float | None:
        """Of int8's text against fp32's; None without recorded speech."""
        edits = sum(probe.edits for probe in self.probes)
        return _ratio(edits, sum(probe.tokens for probe in self.probes))

    def as_manifest(self) -> dict[str, Any]:
        """JSON types, rounded to significant digits."""
        whole = {
            "feature_error": self.feature_error,
            "fp32_error": self.fp32_error,
            "batch_error": self.batch_error,
            "int8_error": self.int8_error,
            "divergence": self.divergence,
            "agreement": self.agreement,
            "cer": self.cer,
            "threads": self.threads,
        }
        rows = [
            {**asdict(probe), "real_time_factors": list(probe.real_time_factors)}
            for probe in self.probes
        ]
        for row in rows:
            del row["seconds"]
        rounded: dict[str, Any] = _rounded({**whole, "probes": rows})
        return rounded

    def table(self) -> str:
        """Aligned columns, one probe a line."""
        rows = [HEADER, *(_cells(probe) for probe in self.probes)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
        return "\n".join(_line(row, widths) for row in rows)

    def _largest(self, figure: Callable[[ProbeReport], float]) -> float:
        values = [figure(probe) for probe in self.probes]
        return float(np.max(values))  # NaN if one is; max() would pass over it


def _ratio(part: int, whole: int) -> float | None:
    if whole:
        return part / whole
    return None if part == 0 else float(part)


def _cells(probe: ProbeReport) -> tuple[str, ...]:
    return (
        probe.name,
        f"{probe.duration_sec:.3f}",
        str(probe.frames),
        f"{probe.fp32_error:.1e}",
        f"{probe.int8_error:.1e}",
        f"{probe.divergence:.1e}",
        _percent(probe.agreement),
        _percent(probe.cer),
        *(f"{factor:.3f}" for factor in probe.real_time_factors),
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *rest])


def _rounded(value: Any) -> Any:  # noqa: ANN401 # any JSON value
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
