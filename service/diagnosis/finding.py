"""What a check has found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["ok", "warning", "broken"]
ORDER: Final[tuple[Verdict, ...]] = ("ok", "warning", "broken")


@dataclass(frozen=True)
class Finding:
    """check: what was looked at. told: what is so. change: what to do about it; "" if nothing."""

    check: str
    verdict: Verdict
    told: str
    change: str = ""


def worst(findings: Iterable[Finding]) -> Verdict:
    """Of all of them."""
    return max((finding.verdict for finding in findings), key=ORDER.index, default="ok")
