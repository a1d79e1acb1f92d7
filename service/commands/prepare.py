"""`prepare`: write every model as this CPU runs it, before anybody waits for it."""

import argparse
import logging
import sys
from typing import Final

from service.batch.status import DONE, FAILED, WrongUsage
from service.bundle import Bundle, open_bundle
from service.commands.arguments import Commands, command_parser
from service.errors import KolvaniError
from service.manifest import MANIFEST_FILE
from service.ops.files import write_output
from service.ops.settings import Settings
from service.preparing.cache import PreparedModels, prepared_models, told

MIB: Final = 1 << 20
MORE: Final = """\
Writes each model's optimised graph, with its weights packed for this CPU, to KOLVANI_CACHE_DIR, so
that it loads at once and its memory is shared between processes. `serve` and the other commands do
it for a model that they load for the first time. What is there already is read and held against its
hashes, and made anew where it is damaged; what is left of models that are gone or were replaced is
dropped. The exit status is 1 where a model cannot be prepared.
"""


def add_prepare(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "prepare", "write the models as this CPU runs them", MORE)
    parser.add_argument("--cache-dir", help="instead of KOLVANI_CACHE_DIR")
    parser.set_defaults(run=prepare)


def prepare(_: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status. Raises WrongUsage where there is no folder for it."""
    logging.getLogger("service").setLevel(logging.CRITICAL)  # what goes wrong is told below
    cache = prepared_models(settings.cache_dir)
    if cache is None:
        raise WrongUsage("expected a folder for prepared models in KOLVANI_CACHE_DIR, got none")
    status = DONE
    for manifest in sorted(settings.models_dir.glob(f"*/{MANIFEST_FILE}")):
        try:
            bundle = open_bundle(manifest.parent)
            write_output(sys.stdout, f"{bundle.manifest.id}: {_prepared(cache, bundle)}\n".encode())
        except (KolvaniError, OSError) as error:
            sys.stderr.write(f"{manifest.parent.name}: {told(error)}\n")
            status = FAILED
    dropped = cache.tidy()
    if dropped:
        write_output(sys.stdout, f"{dropped} of no use any more: dropped\n".encode())
    return status


def _prepared(cache: PreparedModels, bundle: Bundle) -> str:
    """What was done, and where it is."""
    damaged = cache.damaged(bundle)
    if damaged:
        cache.discard(bundle)
    found = cache.find(bundle)
    done = "is prepared already"
    if found is None:
        found = cache.make(bundle)
        done = "was damaged, and is made anew" if damaged else "is prepared"
    return f"{done}: {found.total_bytes / MIB:.1f} MiB in {found.folder}"
