"""Arguments that commands share, and what is made of them."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from service.batch.inputs.sources import Source
from service.batch.outputs.answers import JSON, KNOWN, Rendering, format_of, formats_of
from service.batch.outputs.target import Target, target_of
from service.batch.plan import is_same
from service.batch.run import REPORT
from service.batch.status import EXIT_STATUSES, WrongUsage
from service.errors import InvalidField
from service.formats.options import PLAIN, Bidi, FormatOptions
from service.ops.cores import Cores
from service.ops.quota import usable_cpus
from service.ops.settings import Settings
from service.preparing.cache import prepared_models
from service.serving.catalogue import AUTO, Catalogue, Shortlist

Commands = Any  # argparse's own type of what add_parser is asked of is private

INPUTS: Final = "a file, a folder, a pattern in quotes ('talks/**/*.wav'), or - for standard input"

SEVERAL: Final = """\
Several recordings make a table, a line each as soon as it is done: audio, status (done, failed,
unpaired), quality, score, duration_sec, words, not_found, unwritten_sec, warnings, error, model,
output, key. A run that was stopped goes on where it was: what is in the table as done, and whose
recording (by size and time), text, options and models are the same, is not done again. What failed
is tried again.
"""


def command_parser(commands: Commands, name: str, told: str, more: str = "") -> Any:  # noqa: ANN401
    """The parser of a command; `more`: what its help says at length."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=told,
        description=f"{told[0].upper()}{told[1:]}.{more and chr(10) * 2}{more}",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--models-dir", type=Path, help="folder of model bundles")
    parser.set_defaults(parser=parser)
    return parser


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Which model answers."""
    parser.add_argument("--model", help="a model's id")
    parser.add_argument("--language", help=f"a language's code, such as he, or {AUTO}")


def add_outputs(
    parser: argparse.ArgumentParser,
    known: Sequence[str] = KNOWN,
    default: str = f"what --output ends with, or else {JSON}",
) -> None:
    """What is written, and where. known: the formats; default: in words."""
    parser.add_argument(
        "--format",
        type=_formats(known),
        metavar="FORMAT[,FORMAT]",
        help=f"what is written: {', '.join(known)} ({default})",
    )
    parser.add_argument(
        "-o",
        "--output",
        help="a file; or a folder, if there are several recordings or formats, if it is one, or "
        "if it ends with a slash. There each answer is named after its recording, by its path "
        "below the folder or the pattern that was given. Without: standard output, for one "
        "recording in one format",
    )


def add_run(parser: argparse.ArgumentParser, report: str = "of several recordings") -> None:
    """How several recordings are worked through; `report`: when there is which one."""
    parser.add_argument(
        "--jobs",
        type=_natural,
        help="how many of several recordings are heard at a time, by one thread each; as many as "
        "CPUs may be used, which is also the most",
    )
    parser.add_argument(
        "--report",
        type=Path,
        help=f"{report}: the table of what became of each, which also says what need not be done "
        f"again (OUTPUT/{REPORT})",
    )


def add_subtitle_options(parser: argparse.ArgumentParser) -> None:
    """What subtitles look like, in the words of the server's fields."""
    group = parser.add_argument_group("subtitles", "for --format srt, vtt, ass")
    group.add_argument("--max-line-width", type=int, default=PLAIN.max_line_width, metavar="N")
    group.add_argument("--max-line-count", type=int, default=PLAIN.max_line_count, metavar="N")
    group.add_argument("--max-cue-sec", type=float, default=PLAIN.max_cue_sec, metavar="SEC")
    group.add_argument("--highlight-words", action="store_true", help="underline what is said")
    group.add_argument("--word-timestamps", action="store_true", help="vtt: when each word begins")
    group.add_argument(
        "--bidi",
        choices=get_args(Bidi),
        default=PLAIN.bidi,
        help="keep right-to-left lines from being turned around, with marks or isolates",
    )


def rendering(options: argparse.Namespace, default: str | None = None) -> Rendering:
    """Which formats, and how; `default`: the format without --format, None: by the output's name.
    Raises WrongUsage.
    """
    formats = options.format or (default or format_of(options.output or ""),)
    try:
        written = FormatOptions(
            max_line_width=options.max_line_width,
            max_line_count=options.max_line_count,
            max_cue_sec=options.max_cue_sec,
            highlight_words=options.highlight_words,
            bidi=options.bidi,
            word_timestamps=options.word_timestamps,
        )
    except InvalidField as error:
        raise WrongUsage(error.message) from error
    return Rendering(formats, written)


OF_MANY: Final = ("jobs", "report")


def target(
    options: argparse.Namespace, formats: int, *, many: bool, of_many: Sequence[str] = OF_MANY
) -> Target:
    """Where answers go. formats: how many each has; of_many: options that one recording alone does
    not have. Raises WrongUsage.
    """
    for name in of_many:
        if not many and getattr(options, name) is not None:
            raise WrongUsage(f"expected --{name} for several recordings, got one")
    return target_of(options.output, formats, many=many)


def check_apart(paths: Iterable[Path], *given: Source | None) -> None:
    """Raises WrongUsage where the answer of one recording would be written over what it is made
    of.
    """
    for path in paths:
        for one in given:
            if one is not None and is_same(path, one):
                raise WrongUsage(f"expected --output apart from {one.shown}, got {path} for both")


def report(options: argparse.Namespace, target: Target) -> Path:
    """Where the table of several recordings is."""
    path: Path = options.report or (target.path or Path()) / REPORT
    return path


def jobs(options: argparse.Namespace) -> int:
    """How many recordings at a time: no more than CPUs, at one thread each."""
    cpus = usable_cpus()
    wanted: int = options.jobs or cpus
    if wanted > cpus:
        sys.stderr.write(f"{cpus} CPUs may be used: --jobs {cpus}, not {wanted}\n")
    return min(wanted, cpus)


def cores(options: argparse.Namespace, *, many: bool = False) -> Cores:
    """All that there are for one recording; of several each has one, and idle ones are lent."""
    return Cores(jobs(options) if many else usable_cpus())


def shortlist(
    options: argparse.Namespace, settings: Settings, shared: Cores, *, many: bool = False
) -> Shortlist:
    """The models that may answer, none of them loaded. Raises what the catalogue does.

    One recording alone has all cores to itself; of several each window has one, so that no answer
    depends on how many are heard at a time.
    """
    prepared = prepared_models(settings.cache_dir)
    catalogue = Catalogue.prepared(settings.models_dir, 1, prepared, shared, widen=not many)
    return catalogue.shortlist(options.model, options.language)


def share(text: str) -> float:
    """A number in [0, 1]."""
    return _number(text, 1.0)


def seconds_up_to(most: float) -> Callable[[str], float]:
    """Of an argument: seconds from 0 on."""
    return lambda text: _number(text, most)


def _number(text: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"expected 0 to {most:g}, got {text}")
    return number


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text}")
    return int(text)


def _formats(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def formats(text: str) -> tuple[str, ...]:
        try:
            return formats_of([name.strip() for name in text.split(",")], known)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return formats
