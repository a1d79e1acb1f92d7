"""Figures as they are kept: JSON, to five digits."""

import json
from pathlib import Path
from typing import Any


def write(path: Path, document: object) -> None:
    """A file of figures, to five digits."""
    path.write_text(json.dumps(rounded(document), indent=1) + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:  # noqa: ANN401  # JSON
    """The same with numbers of five significant digits."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
