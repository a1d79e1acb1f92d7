"""Turn a checkpoint into a bundle that the service opens.

python -m export hf     a Wav2Vec2ForCTC of transformers
python -m export nemo   a conformer with a CTC head of NeMo
"""

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, get_args

import optimum.utils.logging
import transformers.utils.logging

from export import huggingface
from export.errors import ExportError
from export.pipeline import Exported, Fetch, Options, export
from service.errors import KolvaniError
from service.manifest import Units
from service.recipes import Edges

HEBREW: Final = "imvladikon/wav2vec2-xls-r-300m-hebrew"
HINDI: Final = "stt_hi_conformer_ctc_medium"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MEGABYTE: Final = 1e6  # bytes
SHORTEST: Final = {"hf": 400, "nemo": 160}  # samples; one frame, 10 ms


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 a bundle, 1 an error, told in one line, 2 wrong usage."""
    parser = _parser()
    given = parser.parse_args(arguments)
    options, fetch = _options(parser, given), _fetch(given)
    show_progress()
    try:
        exported = export(fetch, options)
    except (ExportError, KolvaniError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(_summary(exported))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="SOURCE", dest="source")
    command = commands.add_parser("hf", help="a Wav2Vec2ForCTC of transformers")
    add = command.add_argument
    add("--checkpoint", default=HEBREW, help="hub id or folder (%(default)s)")
    add("--revision", help="branch, tag or commit of a hub id")
    add(
        "--units",
        choices=get_args(Units),
        help="what its tokens are: letters, or phonemes of several (what its tokenizer says)",
    )
    _add_common(command, language="he")
    command = commands.add_parser("nemo", help="a conformer with a CTC head of NeMo")
    add = command.add_argument
    add("--checkpoint", default=HINDI, help="a .nemo file, or a published name (%(default)s)")
    add(
        "--mel-dialect",
        choices=get_args(Edges),
        help="how features treat the ends of the sound: zeros since NeMo 2.5, reflect before "
        "(that of the NeMo version that the checkpoint names)",
    )
    _add_common(command, language="hi")
    return parser


def _add_common(command: argparse.ArgumentParser, language: str) -> None:
    add = command.add_argument
    add("--id", help="the bundle's name (the checkpoint's last part)")
    add("--language", default=language, help="ISO 639-1 code (%(default)s)")
    add("--licence", help="the weights' licence (the model card's)")
    add("--output", type=Path, default=Path("models"), help="where bundles stand (%(default)s)")
    add("--tokens-dir", type=Path, default=Path("tokens"), help="frozen token maps (%(default)s)")
    add(
        "--reduce-range",
        action="store_true",
        help="7-bit weights, which sum exactly on x86 CPUs without VNNI, too",
    )
    add("--probe", type=Path, nargs="+", default=[], help="recorded speech for the gates")
    add("--lengths", type=int, nargs="+", help="synthetic probes, in samples")


def _fetch(given: argparse.Namespace) -> Fetch:
    if given.source == "hf":
        return partial(huggingface.fetch, given.checkpoint, given.revision, given.units)
    # NeMo takes ten seconds to import, which the other source should not wait for.
    from export.nemo import network  # noqa: PLC0415

    return partial(network.fetch, given.checkpoint, given.mel_dialect)


def _options(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Options:
    name = given.id or Path(given.checkpoint).name.removesuffix(".nemo")
    if not NAME.fullmatch(name):
        parser.error(f"--id: expected letters, digits, '.', '_' and '-', got {name!r}")
    if given.source == "hf" and given.revision and Path(given.checkpoint).is_dir():
        parser.error("--revision: expected a hub id beside it, got a folder")
    shortest = SHORTEST[given.source]
    for samples in given.lengths or ():
        if samples < shortest:
            parser.error(f"--lengths: expected at least {shortest} samples, got {samples}")
    return Options(
        checkpoint=given.checkpoint,
        id=name,
        language=given.language,
        licence=given.licence,
        output=given.output,
        tokens_dir=given.tokens_dir,
        lengths=tuple(given.lengths) if given.lengths else None,
        recordings=tuple(given.probe),
        reduce_range=given.reduce_range,
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
        f"{sizes.quantized_products} of {sizes.constant_products} matrix products in int8 "
        f"({sizes.policy}, {sizes.weight_bits}-bit weights), "
        f"{sizes.fp32_bytes / MEGABYTE:.1f} MB -> {sizes.int8_bytes / MEGABYTE:.1f} MB: {folder}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
