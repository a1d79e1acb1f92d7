"""Where a checkpoint's files come from: a folder, or the model hub and its cache."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests
from huggingface_hub import hf_hub_download, metadata_load, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from yaml import YAMLError  # type: ignore[import-untyped] # typed in a package of its own

from export.errors import CheckpointNotFound, CheckpointUnreachable
from service.bundle import sha256_of

logger = logging.getLogger(__name__)

CARD_FILE: Final = "README.md"
SETTINGS_FILES: Final = (
    "config.json",
    "preprocessor_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    CARD_FILE,
)
WEIGHTS_FILES: Final = ("model.safetensors", "pytorch_model.bin")  # in transformers' order
LOCAL_REVISION: Final = "local"


@dataclass(frozen=True)
class Source:
    """A checkpoint on this disk. `revision` is the hub's commit hash, or "local"."""

    checkpoint: str
    revision: str
    folder: Path

    @property
    def weights(self) -> Path:
        """The one file of weights. Raises CheckpointNotFound."""
        for name in WEIGHTS_FILES:
            if (self.folder / name).is_file():
                return self.folder / name
        raise _without_weights(self.checkpoint)

    @property
    def name(self) -> str:
        """The hub id, or the folder's name."""
        return self.checkpoint

    def licence(self) -> str | None:
        """The licence in the model card's header, if it has one."""
        return read_licence(self.folder)

    def as_manifest(self) -> dict[str, str]:
        """What the bundle remembers of it; of a local folder no more than its name."""
        digest = sha256_of(self.weights)
        return {
            "checkpoint": self.checkpoint,
            "revision": self.revision,
            "weights_sha256": digest,
        }


def locate(checkpoint: str, revision: str | None) -> Source:
    """Find a folder, or download a hub id at a revision (default: its main branch).

    Raises CheckpointNotFound or CheckpointUnreachable.
    """
    if Path(checkpoint).is_dir():
        source = Source(Path(checkpoint).resolve().name, LOCAL_REVISION, Path(checkpoint))
    else:
        with _hub_errors(checkpoint, revision):
            source = _download(checkpoint, revision)
    if not source.weights.stat().st_size:
        raise CheckpointNotFound(str(source.weights), expected="weights", got="an empty file")
    return source


def read_licence(folder: Path) -> str | None:
    """The licence in the model card's header, if it has one."""
    card = folder / CARD_FILE
    if not card.is_file():
        return None
    try:
        header = metadata_load(card) or {}
    except (YAMLError, ValueError):
        logger.warning("the header of %s is not YAML: no licence read", CARD_FILE)
        return None
    licence = header.get("license")
    return licence if isinstance(licence, str) and licence else None


def _download(checkpoint: str, revision: str | None) -> Source:
    settings = snapshot_download(checkpoint, revision=revision, allow_patterns=[*SETTINGS_FILES])
    folder = Path(settings)
    missing: EntryNotFoundError | None = None
    for name in WEIGHTS_FILES:
        try:
            hf_hub_download(checkpoint, name, revision=folder.name)
        except EntryNotFoundError as error:
            missing = error
        else:
            return Source(checkpoint, folder.name, folder)
    raise missing or _without_weights(checkpoint)


@contextmanager
def _hub_errors(checkpoint: str, revision: str | None) -> Iterator[None]:
    """Turn the hub client's errors into this project's."""
    at = f"at revision {revision}" if revision else "at its main branch"
    try:
        yield
    except HFValidationError as error:
        expected = "a folder, or a hub id like name/model"
        raise CheckpointNotFound(checkpoint, expected=expected, got="neither") from error
    except RevisionNotFoundError as error:
        got = f"no revision {revision}"
        raise CheckpointNotFound(checkpoint, expected="a branch, tag or commit", got=got) from error
    except RepositoryNotFoundError as error:
        status = "none" if error.response is None else error.response.status_code
        expected, got = "a folder, or a public hub repository", f"the hub's answer {status}"
        raise CheckpointNotFound(checkpoint, expected=expected, got=got) from error
    except LocalEntryNotFoundError as error:
        expected = f"the hub, or a cached copy {at}"
        raise CheckpointUnreachable(checkpoint, expected=expected, got="neither") from error
    except EntryNotFoundError as error:
        raise _without_weights(checkpoint) from error
    except (HfHubHTTPError, requests.RequestException) as error:
        raise CheckpointUnreachable(checkpoint, expected="the hub's files", got=error) from error


def _without_weights(checkpoint: str) -> CheckpointNotFound:
    return CheckpointNotFound(checkpoint, expected=" or ".join(WEIGHTS_FILES), got="neither")
