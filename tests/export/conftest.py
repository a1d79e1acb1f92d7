"""Fixtures of the export's tests. Without torch, as in the runtime's environment, none are run."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("torch") is None:
    collect_ignore_glob = ["*"]
else:
    from tiny import Exporter, write_checkpoint, write_json

    import export.nemo  # imports NeMo without the warnings of its modules


@pytest.fixture
def export(tmp_path: Path) -> "Exporter":
    """The command, writing below this test's folder."""
    return Exporter(tmp_path)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XLS-R's family: layer norm in the front end, stable layer norm."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def edit_json() -> Callable[..., None]:
    """Change fields of a JSON file."""

    def edit(path: Path, **changes: object) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        write_json(path, {**document, **changes})

    return edit
