"""`python -m export hf`: turn a checkpoint into a bundle that the service opens."""

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import optimum.utils.logging
import transformers.utils.logging

from export.errors import ExportError
from export.pipeline import Exported, Options, export_huggingface
from service.errors import KolvaniError

DEFAULT_CHECKPOINT: Final = "imvladikon/wav2vec2-xls-r-300m-hebrew"
DEFAULT_LANGUAGE: Final = "he"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MEGABYTE: Final = 1e6  # bytes
SHORTEST: Final = 400  # samples; one frame


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 a bundle, 1 an error, told in one line, 2 wrong usage."""
    parser = _parser()
    options = _options(parser, parser.parse_args(arguments))
    show_progress()
    try:
        exported = export_huggingface(options)
    except (ExportError, KolvaniError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(_summary(exported))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m export", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="SOURCE")
    command = commands.add_parser("hf", help="a Wav2Vec2ForCTC of transformers")
    add = command.add_argument
    add("--checkpoint", default=DEFAULT_CHECKPOINT, help="hub id or folder (%(default)s)")
    add("--revision", help="branch, tag or commit of a hub id")
    add("--id", help="the bundle's name (the checkpoint's last part)")
    add("--language", default=DEFAULT_LANGUAGE, help="ISO 639-1 code (%(default)s)")
    add("--licence", help="the weights' licence (the model card's)")
    add("--output", type=Path, default=Path("models"), help="where bundles stand (%(default)s)")
    add("--tokens-dir", type=Path, default=Path("tokens"), help="frozen token maps (%(default)s)")
    add("--probe", type=Path, nargs="+", default=[], help="recorded speech for the gates")
    add("--lengths", type=_samples, nargs="+", help="synthetic probes, in samples (to 60 s)")
    return parser


def _samples(text: str) -> int:
    """A length that makes at least one frame of wav2vec2's family."""
    samples = int(text)
    if samples < SHORTEST:
        raise argparse.ArgumentTypeError(f"expected at least {SHORTEST} samples, got {samples}")
    return samples


def _options(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Options:
    name = given.id or Path(given.checkpoint).name
    if not NAME.fullmatch(name):
        parser.error(f"--id: expected letters, digits, '.', '_' and '-', got {name!r}")
    if given.revision and Path(given.checkpoint).is_dir():
        parser.error("--revision: expected a hub id beside it, got a folder")
    return Options(
        checkpoint=given.checkpoint,
        revision=given.revision,
        id=name,
        language=given.language,
        licence=given.licence,
        output=given.output,
        tokens_dir=given.tokens_dir,
        lengths=tuple(given.lengths) if given.lengths else None,
        recordings=tuple(given.probe),
    )


def show_progress() -> None:
    """Progress lines of this package on stderr; of the libraries below, errors alone."""
    handler = logging.StreamHandler()
    handler.addFilter(_is_progress_or_error)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    for library in (transformers, optimum):
        library.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def _is_progress_or_error(record: logging.LogRecord) -> bool:
    return record.name.startswith("export") or record.levelno >= logging.ERROR


def _summary(exported: Exported) -> str:
    sizes, folder = exported.quantization, exported.bundle.folder
    return (
        f"{exported.parity.table()}\n"
        f"{sizes.quantized_products} of {sizes.constant_products} matrix products in int8, "
        f"{sizes.fp32_bytes / MEGABYTE:.1f} MB -> {sizes.int8_bytes / MEGABYTE:.1f} MB: {folder}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
