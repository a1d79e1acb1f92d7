"""`retime`: subtitles with the times at which they are said."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from service.batch.hearing import (
    Circumstances,
    beside_of,
    recording_of,
    run_one,
    sound_of,
    telling,
)
from service.batch.inputs.sources import DASH, source
from service.batch.inputs.walking import SUBTITLE_SUFFIXES, is_many, pairs, recordings
from service.batch.outputs.answers import FILE, JSON, KNOWN, Rendering, json_of, suffix_of
from service.batch.plan import Run
from service.batch.run import run_all
from service.batch.status import WrongUsage
from service.batch.task import Outcome, Task, Tell, Work
from service.commands import arguments
from service.commands.arguments import Commands
from service.ops.files import write_whole
from service.ops.settings import Settings
from service.serving.catalogue import Shortlist
from service.serving.retiming import retime as retime_subtitles
from service.subtitles.reading import MAX_BYTES, READABLE
from service.web.answers.retime import retime_answer
from service.web.forms.retime import MAX_LINGER_SEC

MORE: Final = """\
Of a folder or a pattern, each recording is heard for the subtitles beside it that have its name and
the suffix .srt, .vtt or .TextGrid; what has no pair is named in the table.

The format `file` is the subtitles as they came, but for their times; `json` is what was done to
each cue; the others are written anew from what was heard.
"""


def add_retime(commands: Commands) -> None:
    """Its arguments."""
    parser = arguments.command_parser(
        commands,
        "retime",
        "write subtitles with corrected times",
        f"{MORE}\n{arguments.SEVERAL}",
    )
    parser.add_argument("audio", help=arguments.INPUTS)
    parser.add_argument("subtitles", nargs="?", help=f"a file as {READABLE}, or -")
    arguments.add_choice(parser)
    parser.add_argument("--tier", help="of a TextGrid: the tier whose labels are spoken")
    parser.add_argument(
        "--linger-sec",
        type=arguments.seconds_up_to(MAX_LINGER_SEC),
        default=0.0,
        help="how long a cue stays after its last word",
    )
    arguments.add_outputs(parser, (FILE, *KNOWN), "file")
    arguments.add_run(
        parser, report="of one recording: write what was done to each cue here, as JSON; of several"
    )
    arguments.add_subtitle_options(parser)
    parser.set_defaults(run=retime)


def retime(options: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status."""
    many = is_many(options.audio)
    _check(options, many=many)
    rendering = arguments.rendering(options, FILE)
    target = arguments.target(options, len(rendering.formats), many=many, of_many=("jobs",))
    cores = arguments.cores(options, many=many)
    shortlist = arguments.shortlist(options, settings, cores, many=many)
    work = cores.holding(_work(options, settings, shortlist, rendering))
    if not many:
        found = next(recordings(options.audio))
        task = replace(found, beside=source(options.subtitles))
        suffixes = rendering.suffixes(_suffix(task))
        _check_suffixes(suffixes)
        _check_places(target.files(task.name, suffixes), options.report, task)
        return run_one(task, work, target)
    how = (options.tier, options.linger_sec, rendering)
    return run_all(
        Run(
            tasks=partial(pairs, options.audio, SUBTITLE_SUFFIXES, target.path),
            work=work,
            jobs=arguments.jobs(options),
            target=target,
            report=arguments.report(options, target),
            suffixes=lambda task: rendering.suffixes(_suffix(task)),
            depends_on=Circumstances("retime", shortlist, how).hashed,
        )
    )


def _check(options: argparse.Namespace, *, many: bool) -> None:
    """Raises WrongUsage for arguments that do not go together."""
    audio, subtitles = options.audio, options.subtitles
    if many and subtitles is not None:
        raise WrongUsage(f"expected subtitles beside the recordings of {audio}, got {subtitles}")
    if not many and subtitles is None:
        raise WrongUsage(f"expected subtitles for the recording {audio}, got none")
    if audio == subtitles == DASH:
        raise WrongUsage("expected - for the recording or for the subtitles, got it for both")


def _check_places(paths: Sequence[Path], report: Path | None, task: Task) -> None:
    """Raises WrongUsage where one file would be written over another; the subtitles that came may
    be: theirs is the place of the corrected ones.
    """
    arguments.check_apart([*paths, *([report] if report else [])], task.audio)
    for path in paths:
        if report and _one_file(path, report):
            raise WrongUsage(f"expected two files for --output and --report, got {path} for both")


def _one_file(one: Path, other: Path) -> bool:
    """Whether the second would be written over the first; a device or a pipe takes both."""
    if one.exists() and not one.is_file():
        return False
    return one.resolve() == other.resolve()


def _check_suffixes(suffixes: Sequence[str]) -> None:
    """Raises WrongUsage where two formats would have one file."""
    again = [suffix for suffix in suffixes if suffixes.count(suffix) > 1]
    if again:
        raise WrongUsage(f"expected formats with suffixes of their own, got {again[0]} twice")


def _suffix(task: Task) -> str:
    """The old file's own; "" where it has none."""
    return Path(beside_of(task).shown).suffix


def _work(
    options: argparse.Namespace, settings: Settings, shortlist: Shortlist, rendering: Rendering
) -> Work:
    report = None if is_many(options.audio) else options.report

    def work(task: Task, tell: Tell) -> Outcome:
        content = beside_of(task).content(MAX_BYTES + 1)
        with recording_of(sound_of(task), settings.max_audio_sec) as recording:
            retimed = retime_subtitles(
                shortlist,
                recording,
                content,
                tier=options.tier,
                linger_sec=options.linger_sec,
                with_characters=rendering.with_characters,
                on_progress=telling(recording, tell),
            )
        if report is not None:
            write_whole(report, json_of(retime_answer(retimed)))
        made = {
            FILE: lambda: retimed.subtitles.content,
            JSON: lambda: json_of(retime_answer(retimed)),
        }
        own = _suffix(task) or suffix_of(retimed.subtitles.format)
        return rendering.outcome(retimed.answer.result, made, task.name, own)

    return work
