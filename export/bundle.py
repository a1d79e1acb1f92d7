"""A bundle's folder: the counterpart of service/bundle.py, which reads it."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from service.bundle import (
    MANIFEST_FILE,
    MANIFEST_VERSION,
    MODEL_FILE,
    TOKENS_FILE,
    Bundle,
    Manifest,
    open_bundle,
    sha256_of,
    write_tokens,
)

TOOLS: Final = ("torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxruntime")
UNKNOWN_LICENCE: Final = "unknown: see the checkpoint's page"


def tool_versions() -> dict[str, str]:
    """Installed versions of what shapes a graph."""
    return {tool: version(tool) for tool in TOOLS}


def complete(folder: Path, tokens: tuple[str, ...], manifest: Manifest) -> Bundle:
    """Turn a folder that holds the graph into a bundle; `manifest.files` is filled in here.

    Raises BundleError if the runtime would refuse it.
    """
    write_tokens(folder / TOKENS_FILE, tokens)
    files = {name: sha256_of(folder / name) for name in (MODEL_FILE, TOKENS_FILE)}
    document = json.dumps({**_document(manifest), "files": files}, ensure_ascii=False, indent=2)
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
        "word_delimiter": manifest.word_delimiter,
        "special_tokens": list(manifest.special_tokens),
        "framing": {"convolutions": [list(pair) for pair in manifest.framing.convolutions]},
        "features": {"normalize": manifest.normalize},
        "graph": {
            "waveform_input": manifest.waveform_input,
            "mask_input": manifest.mask_input,
            "logits_output": manifest.logits_output,
        },
        "licence": manifest.licence,
        "source": dict(manifest.source),
        "tools": dict(manifest.tools),
        "report": dict(manifest.report),
    }
