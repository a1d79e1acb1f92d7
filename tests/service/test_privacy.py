"""Nothing is written or sent behind the user's back."""

import os
import subprocess
import sys
from pathlib import Path


def test_running_a_model_writes_no_files_of_its_own(tmp_path: Path, root: Path) -> None:
    """ONNX Runtime's telemetry would leave an id in the home and the temporary folder."""
    command = [sys.executable, "-m", "service", "transcribe", "examples/he-1.wav"]
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    environment |= {"HOME": str(home), "TMPDIR": str(temporary), "XDG_CACHE_HOME": str(home)}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    assert list(home.iterdir()) == []
    assert list(temporary.iterdir()) == []
