"""`align`: when each word of a text is said, in a recording or in a corpus."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, get_args

from service.batch.hearing import Circumstances, beside_of, recording_of, run_one, sound_of, telling
from service.batch.inputs.pairs import manifest_tasks
from service.batch.inputs.sources import DASH, FileSource, Inline, source, text_of
from service.batch.inputs.walking import TEXT_SUFFIXES, is_many, pairs, recordings
from service.batch.outputs.answers import JSON, Rendering, json_of
from service.batch.plan import Run
from service.batch.run import run_all
from service.batch.status import WrongUsage
from service.batch.task import Outcome, Task, Tell, Work
from service.commands import arguments
from service.commands.arguments import Commands
from service.errors import EmptyTranscript
from service.ops.settings import Settings
from service.recognizer import DEFAULTS, AlignOptions
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.text.lineup import Gaps
from service.text.segments import Division
from service.text.spoken.dictionary import read_pronunciations
from service.web.answers.speech import align_answer

Tasks = Callable[[], Iterator[Task]]

MORE: Final = """\
Of a folder or a pattern, each recording is aligned with the text beside it that has its name and
the suffix .txt; what has no pair is named in the table.

A manifest is a table in UTF-8, a pair a line, cells parted by tabs, without quoting. Its first line
names the columns: audio, a path, and text, a path where it ends in .txt and the text itself
otherwise; id, where there is one, names the answers. Paths are relative to the manifest.
"""


def add_align(commands: Commands) -> None:
    """Its arguments."""
    parser = arguments.command_parser(
        commands,
        "align",
        "write when each word of a text is said",
        f"{MORE}\n{arguments.SEVERAL}",
    )
    parser.add_argument("audio", nargs="?", help=arguments.INPUTS)
    parser.add_argument(
        "transcript", nargs="?", help="a UTF-8 text file, or - (AUDIO's name with .txt)"
    )
    parser.add_argument("--manifest", type=Path, help="a table of recordings and their texts")
    arguments.add_choice(parser)
    _add_options(parser)
    arguments.add_outputs(parser)
    arguments.add_run(parser)
    arguments.add_subtitle_options(parser)
    parser.set_defaults(run=align)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--characters", action="store_true", help="tell their times, too")
    parser.add_argument(
        "--gaps",
        choices=get_args(Gaps),
        default=DEFAULTS.gaps,
        help="where speech that the text lacks is passed over (%(default)s); with all but none, "
        "also where it is plain that there is some",
    )
    parser.add_argument(
        "--segments",
        choices=get_args(Division),
        default=DEFAULTS.segments,
        help="what the segments are; a line break always ends one (%(default)s)",
    )
    parser.add_argument(
        "--pronunciations",
        type=Path,
        help="a JSON file: how words are said that the model cannot read, as written -> as said",
    )
    parser.add_argument(
        "--min-quality",
        type=arguments.share,
        metavar="0..1",
        help="exit with 3 where a quality is lower",
    )


def align(options: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status."""
    tasks = _tasks(options)
    rendering = arguments.rendering(options)
    target = arguments.target(options, len(rendering.formats), many=tasks is not None)
    how = AlignOptions(
        options.gaps,
        options.segments,
        _read_pronunciations(options.pronunciations),
        options.characters or rendering.with_characters,
    )
    cores = arguments.cores(options, many=tasks is not None)
    shortlist = arguments.shortlist(options, settings, cores, many=tasks is not None)
    work = cores.holding(_work(shortlist, settings, how, rendering))
    if tasks is None:
        task = _one(options)
        paths = target.files(task.name, rendering.suffixes())
        arguments.check_apart(paths, task.audio, task.beside)
        return run_one(task, work, target, options.min_quality)
    return run_all(
        Run(
            tasks=tasks,
            work=work,
            jobs=arguments.jobs(options),
            target=target,
            report=arguments.report(options, target),
            suffixes=lambda _: rendering.suffixes(),
            depends_on=Circumstances("align", shortlist, (how, rendering)).hashed,
            min_quality=options.min_quality,
        )
    )


def _tasks(options: argparse.Namespace) -> Tasks | None:
    """Of several recordings; None for one alone. Raises WrongUsage."""
    audio, transcript, manifest = options.audio, options.transcript, options.manifest
    if (audio is None) == (manifest is None):
        got = "neither" if audio is None else "both"
        raise WrongUsage(f"expected a recording or --manifest, got {got}")
    if manifest is not None:
        return partial(manifest_tasks, manifest)
    if not is_many(audio):
        return None
    if transcript is not None:
        raise WrongUsage(f"expected texts beside the recordings of {audio}, got {transcript}")
    outputs = Path(options.output) if options.output else None
    return partial(pairs, audio, TEXT_SUFFIXES, outputs)


def _one(options: argparse.Namespace) -> Task:
    """Raises WrongUsage."""
    audio = options.audio
    text = options.transcript or (DASH if audio == DASH else str(Path(audio).with_suffix(".txt")))
    if text == audio == DASH:
        raise WrongUsage("expected a text file beside a recording from standard input, got none")
    return replace(next(recordings(audio)), beside=source(text))


def _work(
    shortlist: Shortlist, settings: Settings, how: AlignOptions, rendering: Rendering
) -> Work:
    def work(task: Task, tell: Tell) -> Outcome:
        text = _text(task)
        with recording_of(sound_of(task), settings.max_audio_sec) as recording:
            aligned = dispatch.align(
                shortlist, recording, text, how, on_progress=telling(recording, tell)
            )
        made = {JSON: lambda: json_of(align_answer(aligned))}
        return rendering.outcome(aligned.result, made, task.name)

    return work


def _text(task: Task) -> str:
    given = beside_of(task)
    text = text_of(given, "transcript")
    if not text.strip():
        where = "" if isinstance(given, Inline) else f"{given.shown}: "
        raise EmptyTranscript(f"{where}expected a text to align, got none", param="transcript")
    return text


def _read_pronunciations(path: Path | None) -> dict[str, str]:
    return {} if path is None else read_pronunciations(text_of(FileSource(path), "pronunciations"))
