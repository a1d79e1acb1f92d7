"""`doctor`: whether this machine and its models are fit to serve, and what to change."""

import argparse
import logging
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Final

from service import __version__
from service.app import share_out
from service.batch.outputs.answers import pretty
from service.batch.status import DONE, FAILED
from service.commands.arguments import Commands, command_parser
from service.diagnosis.bundles import check_models, needed_bytes, no_models, opened
from service.diagnosis.decoding import check_decoding
from service.diagnosis.finding import Finding, worst
from service.diagnosis.preparation import check_prepared, remove_damaged
from service.diagnosis.processor import check_instructions, check_quota, check_threads
from service.diagnosis.room import check_memory, check_temporary_folder
from service.errors import BundleError
from service.ops.files import write_output
from service.ops.memory import available_bytes, private_bytes
from service.ops.quota import cgroup_quota, usable_cpus
from service.ops.settings import Settings
from service.preparing.cache import prepared_models

LIBRARIES: Final = ("onnxruntime", "numpy", "soundfile", "av", "soxr")
MORE: Final = """\
Checks every model's files, and what is prepared of them, against their hashes, and loads it; the
CPU's instructions, its quota and the threads; the decoding of every audio format; memory and the
temporary folder. A warning is what makes it slow or short of room; what is broken does not work.
"""


def add_doctor(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "doctor", "check this machine and its models", MORE)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=doctor)


def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status: warnings alone are no failure."""
    logging.getLogger("service").setLevel(logging.CRITICAL)  # what is wrong is told below
    findings = list(_findings(settings))
    verdict = worst(findings)
    if options.json:
        told = pretty({"verdict": verdict, "checks": list(map(asdict, findings))})
    else:
        told = "".join(map(_lines, findings)).encode()
    write_output(sys.stdout, told)
    return FAILED if verdict == "broken" else DONE


def _findings(settings: Settings) -> Iterator[Finding]:
    cpus = usable_cpus()
    threads, workers = share_out(cpus, settings)
    yield _versions()
    prepared = prepared_models(settings.cache_dir)
    catalogue = opened(settings.models_dir, prepared)
    known = None if isinstance(catalogue, BundleError) else catalogue
    if isinstance(catalogue, BundleError):
        yield no_models(catalogue)
    else:
        damage, before = remove_damaged(catalogue, prepared), private_bytes()
        yield from check_models(catalogue)
        yield check_prepared(catalogue, prepared, damage, _growth(before))
    yield check_instructions()
    yield check_quota(cgroup_quota(), cpus)
    yield check_threads(settings, cpus, threads, workers)
    yield check_decoding()
    longest = settings.max_audio_sec
    needed = needed_bytes(known, longest, workers, settings.emission_cache_bytes)
    yield check_memory(available_bytes(), needed)
    yield check_temporary_folder(longest, workers)


def _growth(before: int | None) -> int | None:
    """Of private memory since then."""
    after = private_bytes()
    return None if before is None or after is None else max(0, after - before)


def _versions() -> Finding:
    return Finding(
        "versions",
        "ok",
        f"kolvani {__version__}, Python {python_version()}, "
        + ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
    )


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # what works without being installed is none of our business
        return "of no known version"


def _lines(finding: Finding) -> str:
    change = f"{'':9}change: {finding.change}\n" if finding.change else ""
    return f"{finding.verdict:<8} {finding.check}: {finding.told}\n{change}"
