"""Schemathesis: what the OpenAPI document says against what the running service does."""

import os
import subprocess
from pathlib import Path

from servers import ROOT, running_server

HERE = Path(__file__).parent
FUZZER = ROOT / ".venv-fuzz/bin/schemathesis"
LIMIT_SEC = 280
TOLD_CHARACTERS = 6000  # of the report: it quotes recordings


def test_every_operation_does_as_described(tmp_path: Path) -> None:
    """For valid and invalid requests of all kinds: no error of ours, no undescribed status, type or
    body, no method that is not described, and nothing in the log that nobody caught.
    """
    with running_server(tmp_path) as server:
        run = subprocess.run(
            [
                *(str(FUZZER), "--config-file", str(HERE / "schemathesis.toml"), "--no-color"),
                *("run", f"{server.url}/openapi.json", "--continue-on-failure"),
            ],
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")},
            cwd=tmp_path,
            timeout=LIMIT_SEC,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = "\n".join(line[:300] for line in run.stdout.splitlines())
        assert run.returncode == 0, lines[-TOLD_CHARACTERS:] + run.stderr[-1000:]
        assert not server.has_logged_errors()
        assert not list(server.temporary.iterdir())
