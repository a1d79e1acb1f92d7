"""A clock that is set while requests are under way: only what is told to people may follow it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import occupied, post, speech
from servers import ROOT, running_server

LIBRARY = "faketime/libfaketimeMT.so.1"
FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
JUMPS = ("+365d", "-365d")
MOST_UPTIME_SEC = 600.0
# Where the time of day is read on purpose: files' times are of that clock, and so are the windows
# of rate limits, of which a jump begins a new one.
WALL_CLOCK_HOMES = {"service/preparing/cache.py", "service/access/budgets.py"}


def library() -> Path:
    """Debian's libfaketime."""
    for folder in FOLDERS:
        if (found := Path(folder) / LIBRARY).is_file():
            return found
    pytest.skip("libfaketime is not installed: `make test-faults` does it")


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_is_not_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: str
) -> None:
    """Requests under way and later ones are answered, and uptime and durations stay true."""
    setting = tmp_path / "time"
    setting.write_text("+0d\n")
    monkeypatch.setenv("LD_PRELOAD", str(library()))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(setting))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("DONT_FAKE_MONOTONIC", "1")  # no clock that is set changes that one
    with running_server(tmp_path / "server", workers=1) as server, server.client() as client:
        monkeypatch.undo()
        with occupied(server, 60.0, 3) as answers:
            setting.write_text(f"{jump}\n")
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert post(client, speech(3)).status_code == 200
        stats = client.get("/stats").json()
        assert 0 <= stats["uptime_sec"] < MOST_UPTIME_SEC
        years = {line[10:14] for line in server.log.read_text().splitlines() if '"time"' in line}
        assert len(years) == 2, "the clock did not jump"
    assert not server.has_logged_errors()


def calls(path: Path) -> Iterator[str]:
    """The names of all attributes that are used, such as time.time."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def test_the_time_of_day_is_read_for_people_and_files_alone() -> None:
    """Waits, deadlines and durations are measured with clocks that nobody sets."""
    wall = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "service").rglob("*.py")
        if wall & set(calls(path))
    }
    assert readers == WALL_CLOCK_HOMES
