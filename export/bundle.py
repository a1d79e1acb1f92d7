"""A bundle's folder: the counterpart of service/bundle.py, which reads it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from service.bundle import (
    MODEL_FILE,
    TOKENS_FILE,
    Bundle,
    open_bundle,
    sha256_of,
    write_tokens,
)
from service.framing import Convolutions
from service.manifest import MANIFEST_FILE, MANIFEST_VERSION, Manifest

UNKNOWN_LICENCE: Final = "unknown: see the checkpoint's page"


def tool_versions(tools: Iterable[str]) -> dict[str, str]:
    """Installed versions of what shapes a graph."""
    return {tool: version(tool) for tool in tools}


def complete(
    folder: Path, tokens: tuple[str, ...], manifest: Manifest, files: Mapping[str, bytes]
) -> Bundle:
    """Turn a folder that holds the graph into a bundle, with `files` beside the graph;
    `manifest.files` is filled in here.

    Raises BundleError if the runtime would refuse it.
    """
    write_tokens(folder / TOKENS_FILE, tokens)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    names = (MODEL_FILE, TOKENS_FILE, *files)
    hashes = {name: sha256_of(folder / name) for name in names}
    document = json.dumps({**_document(manifest), "files": hashes}, ensure_ascii=False, indent=2)
    (folder / MANIFEST_FILE).write_text(f"{document}\n", encoding="utf-8")
    return open_bundle(folder)


def _document(manifest: Manifest) -> dict[str, Any]:
    return {
        "manifest_version": MANIFEST_VERSION,
        "id": manifest.id,
        "language": manifest.language,
        "family": manifest.family,
        "sample_rate": manifest.sample_rate,
        "blank_id": manifest.blank_id,
        "units": manifest.units,
        "word_delimiter": manifest.word_delimiter or None,
        "special_tokens": list(manifest.special_tokens),
        "tokenizer": manifest.tokenizer,
        "framing": _framing(manifest),
        "features": _features(manifest),
        "graph": {
            "input": manifest.input,
            "length_input": manifest.length_input,
            "output": manifest.output,
        },
        "quantization": asdict(manifest.quantization),
        "licence": manifest.licence,
        "source": dict(manifest.source),
        "tools": dict(manifest.tools),
        "report": dict(manifest.report),
    }


def _framing(manifest: Manifest) -> dict[str, Any]:
    framing = manifest.framing
    if isinstance(framing, Convolutions):
        return {"convolutions": [list(pair) for pair in framing.convolutions]}
    return {"subsampling": framing.factor}


def _features(manifest: Manifest) -> dict[str, Any]:
    """The recipe's fields; the sample rate stands above, once."""
    settings = asdict(manifest.features)
    settings.pop("sample_rate", None)
    return settings
