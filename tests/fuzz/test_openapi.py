"""Schemathesis: what the OpenAPI document says against what the running service does."""

import os
import subprocess
from pathlib import Path

import pytest
from servers import ROOT, running_server

from service.access.keys import Key, hash_of, new_secret
from service.access.lines import line_of

HERE = Path(__file__).parent
FUZZER = ROOT / ".venv-fuzz/bin/schemathesis"
LIMIT_SEC = 600  # on a busy machine; half a minute on two quiet cores
TOLD_CHARACTERS = 6000  # of the report: it quotes recordings


@pytest.mark.timeout(LIMIT_SEC + 60)
@pytest.mark.parametrize(
    ("with_keys", "examples"), [(False, 40), (True, 10)], ids=["open", "with keys"]
)
def test_every_operation_does_as_described(
    tmp_path: Path, *, with_keys: bool, examples: int
) -> None:
    """For valid and invalid requests of all kinds, without keys and with a good or a wrong one: no
    error of ours, no undescribed status, type or body, no method that is not described, nothing in
    the log that nobody caught, and no file that stays.
    """
    settings: dict[str, object] = {}
    headers: list[str] = []
    if with_keys:
        secret, file = new_secret(), tmp_path / "api-keys"
        file.write_text(line_of(Key("fuzzer", hash_of(secret), frozenset({"*"}))))
        settings["api_keys_file"] = file
        headers = ["--header", f"Authorization: Bearer {secret}"]
    with running_server(tmp_path / "run", **settings) as server:
        run = subprocess.run(
            [
                *(str(FUZZER), "--config-file", str(HERE / "schemathesis.toml"), "--no-color"),
                *("run", f"{server.url}/openapi.json", "--continue-on-failure", *headers),
                *("--max-examples", str(examples)),
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
