"""The figures of a folder of results, by section; a section that was not measured is missing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan import OPENVINO

Figures = Any  # JSON


@dataclass(frozen=True)
class Results:
    """What was read. Every figure may be missing: then it is None."""

    sections: Mapping[str, Mapping[str, Figures]]

    @classmethod
    def read(cls, folder: Path) -> "Results":
        """All of a folder's files but the aims."""
        found = {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(folder.glob("*.json"))
            if path.stem != "aims"
        }
        return cls(found)

    def figures(self, section: str) -> Figures:
        """A section's, or an empty one."""
        return self.sections.get(section, {}).get("figures", {})

    @property
    def machine(self) -> Mapping[str, Any]:
        """That of the models' figures."""
        found: Mapping[str, Any] = self.sections.get("contest", {}).get("machine", {})
        return found

    def run(self, section: str, threads: int) -> Mapping[str, Any]:
        """The engines' figures of a number of threads."""
        runs = self.figures(section)
        for run in runs.get("runs", []) if isinstance(runs, dict) else runs:
            if run["threads"] == threads:
                found: Mapping[str, Any] = run
                return found
        return {"engines": {}, "failures": {}}

    def seconds(self, section: str, engine: str, length: int, threads: int = 1) -> float | None:
        """Median seconds for so many seconds of audio."""
        found = self.run(section, threads)["engines"].get(engine, {})
        row = found.get("lengths", {}).get(str(length))
        return None if row is None else float(row["median_sec"])

    def best_openvino(self, length: int) -> float | None:
        """Of the contest, the fastest of OpenVINO's, whatever its precision."""
        return least(self.seconds("contest", name, length) for name in OPENVINO)

    def peak(self, kind: str, threads: int = 1) -> float | None:
        """Of the machine's products, operations a second. kind: int8 or float32."""
        for run in self.figures("limits"):
            if run["threads"] == threads and kind in run:
                return float(run[kind]["peak_gops"]) * 1e9
        return None

    def fraction(self, section: str, engine: str, length: int, threads: int = 1) -> float | None:
        """Of the int8 peak, if all multiplications are counted as int8."""
        seconds = self.seconds(section, engine, length, threads)
        peak = self.peak("int8", threads)
        if seconds is None or peak is None:
            return None
        return float(self.figures(section)["operations"][str(length)]) / seconds / peak

    def clients(self, engine: str, count: int) -> float | None:
        """Seconds of audio a second, so many clients at a time."""
        figures = self.figures("throughput")
        found = figures.get("audio_sec_per_sec", {}).get(engine, {}).get(str(count))
        return None if found is None else float(found)

    def request_memory(self, weights: str, field: str) -> float | None:
        """Megabytes of a service that has heard one minute. weights: private or mapped."""
        found = self.figures("windows").get("memory", {}).get(weights, {}).get(field)
        return None if found is None else float(found)


def least(values: Any) -> float | None:  # noqa: ANN401  # an iterable of numbers and None
    """The smallest of those that there are."""
    return min((value for value in values if value is not None), default=None)


def over(above: float | None, below: float | None) -> float | None:
    """A ratio, where both are known."""
    return None if above is None or below is None else above / below
