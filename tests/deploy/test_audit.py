"""What is made of pip-audit's answer."""

from typing import Any

import pytest

from deploy.audit import UNREACHABLE, judged

GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {
    "name": "bad",
    "version": "1",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "status", "told"),
    [
        ([GOOD], 0, "1 packages, 0 known"),
        ([GOOD, BAD], 1, "bad 1: PYSEC-1, mended in 2"),
        ([GOOD, UNKNOWN], 1, "unknown: not in the database"),
        ([UNKNOWN, UNKNOWN], 0, UNREACHABLE),
        ([], 0, UNREACHABLE),
    ],
)
def test_findings_fail_and_an_absent_database_is_told(
    dependencies: list[dict[str, Any]], status: int, told: str
) -> None:
    """A finding, or a package that is not known, ends the gate; a database without any does not."""
    lines, judgement = judged(dependencies)
    assert judgement == status
    assert any(line.startswith(told) for line in lines)
