"""Write this machine's pip configuration, from its files and environment, to one file.

usage: pip_configuration.py FILE    prints the folders that it names, one a line
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LOCAL = ("constraint",)  # files of this machine alone; what the image installs is pinned
LINE = re.compile(r"^(?:\w+|:env:)\.([\w-]+)=(.*)$", re.MULTILINE)


def options() -> dict[str, str]:
    """Option -> value, as `pip config list` has them; the environment comes last and wins."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    )
    found = {name: str(ast.literal_eval(value)) for name, value in LINE.findall(listed.stdout)}
    return {name: value for name, value in found.items() if name not in LOCAL}


def folders(values: dict[str, str]) -> Iterator[str]:
    """Where packages lie on this machine; of an index, with the files beside its pages."""
    for name in ("find-links", "index-url", "extra-index-url"):
        for place in values.get(name, "").split():
            path = Path(place.removeprefix("file://"))
            if path.is_absolute() and path.is_dir():
                yield str(path.parent if path.name == "simple" else path)


def main() -> None:
    """Called by build.sh."""
    found = options()
    lines = [f"{name} = {json.dumps(value)[1:-1]}" for name, value in found.items()]
    Path(sys.argv[1]).write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
    sys.stdout.write("".join(f"{folder}\n" for folder in folders(found)))


if __name__ == "__main__":
    main()
