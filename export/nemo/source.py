"""Where a .nemo file comes from: a local one, NVIDIA's catalogue, or the model hub."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from nemo.collections.asr.models import EncDecCTCModelBPE

from export.errors import CheckpointNotFound, CheckpointUnreachable
from export.hub import LOCAL_REVISION
from service.bundle import sha256_of

SUFFIX: Final = ".nemo"
PUBLISHED: Final = "published"


@dataclass(frozen=True)
class NemoSource:
    """A .nemo file on this disk; `checkpoint` is the name that it was asked for by.

    nemo_version: of the NeMo that made it, as its configuration says; None where it does not.
    """

    checkpoint: str
    revision: str
    path: Path
    nemo_version: str | None

    @property
    def name(self) -> str:
        """The published name, or the file's."""
        return self.checkpoint

    def licence(self) -> str | None:
        """A .nemo file does not say."""
        return None

    def as_manifest(self) -> dict[str, str]:
        """What the bundle remembers of it; of a local file no more than its name."""
        return {
            "checkpoint": self.checkpoint,
            "revision": self.revision,
            "weights_sha256": sha256_of(self.path),
            "nemo_version": self.nemo_version or "unknown",
        }


def locate(checkpoint: str) -> tuple[Path, str]:
    """The path of a .nemo file, and "local" or "published".

    `checkpoint` is a path, or a name that NeMo's `from_pretrained` takes: one of NVIDIA's
    catalogue, or `owner/model` of the hub. Raises CheckpointNotFound or CheckpointUnreachable.
    """
    path = Path(checkpoint)
    if path.suffix == SUFFIX or path.exists():
        if not path.is_file():
            got = "a folder" if path.is_dir() else "nothing"
            raise CheckpointNotFound(checkpoint, expected=f"a {SUFFIX} file", got=got)
        return path, LOCAL_REVISION
    return _download(checkpoint), PUBLISHED


def _download(name: str) -> Path:
    expected = f"a {SUFFIX} file, or a model that NeMo's from_pretrained knows"
    try:
        found = EncDecCTCModelBPE.from_pretrained(name, return_model_file=True)
    except (FileNotFoundError, HFValidationError, RepositoryNotFoundError) as error:
        raise CheckpointNotFound(name, expected=expected, got=error) from error
    except (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        requests.RequestException,
        OSError,
        ValueError,  # what NeMo's own download raises once it has tried three times
    ) as error:
        raise CheckpointUnreachable(name, expected="the model's file", got=error) from error
    return Path(found)
