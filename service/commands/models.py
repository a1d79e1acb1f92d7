"""`models`: the bundles of the models' folder."""

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from service.batch.outputs.answers import pretty
from service.batch.status import DONE, FAILED
from service.commands.arguments import Commands, command_parser
from service.ops.files import write_output
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue
from service.serving.served import ServedModel

MIB: Final = 1 << 20
HEADER: Final = ("id", "language", "size", "int8 against its source", "licence")
MORE: Final = """\
Every file is checked against its hash; no model is loaded. The accuracy is what quantising took
from a model: the character error rate of int8 against its source, and the share of frames on which
they agree, as measured when it was exported. How well a model knows a language is in its own
documentation. The first model of a language is its default. The exit status is 1 where a folder is
broken.
"""


def add_models(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "models", "list the models", MORE)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=models)


def models(options: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status. Raises BundleError where there is no model at all."""
    logging.getLogger("service").setLevel(logging.CRITICAL)  # what is broken is told below
    catalogue = Catalogue.read(settings.models_dir)
    found = [model for language in catalogue.languages for model in catalogue.of_language(language)]
    if options.json:
        told = {"models": list(map(_described, found)), "broken": dict(catalogue.broken)}
        write_output(sys.stdout, pretty(told))
    else:
        write_output(sys.stdout, _table(list(map(_row, found))).encode())
        for fault in catalogue.broken.values():
            sys.stderr.write(f"broken: {fault}\n")
    return FAILED if catalogue.broken else DONE


def _described(model: ServedModel) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "id": manifest.id,
        "language": manifest.language,
        "family": manifest.family,
        "file_bytes": model.file_bytes,
        "quantization": {**asdict(manifest.quantization), "fits_cpu": model.fit.exact},
        "int8_cer": _figure(model, "cer"),
        "int8_agreement": _figure(model, "agreement"),
        "licence": manifest.licence,
        "source": dict(manifest.source),
    }


def _row(model: ServedModel) -> tuple[str, ...]:
    manifest = model.manifest
    figures = {"CER": _figure(model, "cer"), "agreement": _figure(model, "agreement")}
    known = [f"{name} {figure:.2%}" for name, figure in figures.items() if figure is not None]
    return (
        manifest.id,
        manifest.language,
        f"{model.file_bytes / MIB:.1f} MiB",
        ", ".join(known) or "not told",
        manifest.licence,
    )


def _figure(model: ServedModel, name: str) -> float | None:
    """Of the export report, which is shown as it is; None for what is no number."""
    value = model.manifest.report.get(name)
    return float(value) if isinstance(value, int | float) else None


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as what stands in them."""
    whole = [HEADER, *rows]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in whole)
    return "".join(f"{line}\n" for line in lines)
