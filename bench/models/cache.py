"""Files that are made once: each stands in its place whole, or not at all."""

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = ROOT / ".venv/bin/python"  # the service's
CODE: Final = ("export", "service")  # what a bundle is made by
DIGITS: Final = 12  # of a digest, in a folder's name
MOST_SEC: Final = 1800.0  # to make one bundle


class NotBuilt(RuntimeError):  # the runtime's errors are for requests
    """Something that was to be measured could not be made; says why."""


def made(target: Path, make: Callable[[Path], object]) -> Path:
    """The target, made by `make` under another name first if it is not there.

    `make` is a function of a module, and runs in a process of its own, whose memory is gone
    afterwards. Raises NotBuilt.
    """
    if target.exists():
        return target
    staged = target.parent / "staged" / target.name  # exporters look at how a name ends
    shutil.rmtree(staged.parent, ignore_errors=True)
    staged.parent.mkdir(parents=True)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        try:
            pool.submit(make, staged).result()
        except Exception as error:  # whatever the tools raise
            raise NotBuilt(f"{target.name}: {error}") from error
    for path in staged.parent.iterdir():  # OpenVINO writes two files, of one stem
        path.replace(target.parent / path.name)
    staged.parent.rmdir()
    return target


def bundle(source: str, checkpoint: Path, name: str, *more: str) -> Path:
    """The bundle that the export command makes of a checkpoint, by the code as it is now.

    source: hf or nemo; more: further options of the command. Raises NotBuilt.
    """
    folder = checkpoint.parent / f"{name}-{code_digest(*more)}"
    target = folder / name
    if target.exists():
        return target
    for older in checkpoint.parent.glob(f"{name}-*"):
        shutil.rmtree(older)
    command = [sys.executable, "-m", "export", source, "--checkpoint", str(checkpoint)]
    command += ["--id", name, "--licence", "none", "--output", str(folder)]
    command += ["--tokens-dir", str(folder / "tokens"), *more]
    done = subprocess.run(  # noqa: S603  # the project's own command
        command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SEC, check=False
    )
    if done.returncode:
        raise NotBuilt(f"{name}: {last_line(done.stderr) or f'status {done.returncode}'}")
    return target


def prepared(target: Path) -> Path:
    """The bundle again, prepared in a folder beside it. Raises NotBuilt."""
    folder = target.parent / "prepared"
    command = [str(PYTHON), "-m", "service", "prepare", "--cache-dir", str(folder)]
    done = subprocess.run(  # noqa: S603  # the project's own command
        command,
        cwd=ROOT,
        env={**os.environ, "KOLVANI_MODELS_DIR": str(target.parent)},
        capture_output=True,
        text=True,
        timeout=MOST_SEC,
        check=False,
    )
    if done.returncode:
        raise NotBuilt(f"prepared: {last_line(done.stderr) or f'status {done.returncode}'}")
    return target


def last_line(text: str) -> str:
    """What a command said last."""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return said[-1] if said else ""


def code_digest(*more: str) -> str:
    """Changes with the code that makes a bundle, and with how it is asked to."""
    digest = hashlib.sha256("\0".join(more).encode())
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]
