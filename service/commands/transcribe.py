"""`transcribe`: what recordings say."""

import argparse
import itertools
from collections.abc import Iterator
from functools import partial

from service.batch.hearing import Circumstances, recording_of, run_one, sound_of, telling
from service.batch.inputs.sources import DASH
from service.batch.inputs.walking import is_many, recordings
from service.batch.outputs.answers import JSON, Rendering, json_of
from service.batch.plan import Run
from service.batch.run import run_all
from service.batch.status import WrongUsage
from service.batch.task import Outcome, Task, Tell, Work
from service.commands import arguments
from service.commands.arguments import Commands
from service.ops.settings import Settings
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.speech import NO_VAD, VAD, Skipping
from service.web.answers.speech import transcribe_answer


def add_transcribe(commands: Commands) -> None:
    """Its arguments."""
    parser = arguments.command_parser(
        commands, "transcribe", "write what recordings say", arguments.SEVERAL
    )
    parser.add_argument("audio", nargs="+", help=arguments.INPUTS)
    arguments.add_choice(parser)
    parser.add_argument(
        "--vad",
        choices=VAD,
        default=NO_VAD,
        help="auto: skip the silence of recordings longer than a window; off: hear everything "
        "(%(default)s)",
    )
    arguments.add_outputs(parser)
    arguments.add_run(parser)
    arguments.add_subtitle_options(parser)
    parser.set_defaults(run=transcribe)


def transcribe(options: argparse.Namespace, settings: Settings) -> int:
    """Returns the exit status."""
    given: list[str] = options.audio
    many = len(given) > 1 or is_many(given[0])
    if many and DASH in given:
        raise WrongUsage("expected - alone or not at all, got it beside other recordings")
    rendering = arguments.rendering(options)
    target = arguments.target(options, len(rendering.formats), many=many)
    cores = arguments.cores(options, many=many)
    shortlist = arguments.shortlist(options, settings, cores, many=many)
    skipping = VAD[options.vad]
    work = cores.holding(_work(shortlist, settings, skipping, rendering))
    if not many:
        task = next(recordings(given[0]))
        arguments.check_apart(target.files(task.name, rendering.suffixes()), task.audio)
        return run_one(task, work, target)
    return run_all(
        Run(
            tasks=partial(_tasks, given),
            work=work,
            jobs=arguments.jobs(options),
            target=target,
            report=arguments.report(options, target),
            suffixes=lambda _: rendering.suffixes(),
            depends_on=Circumstances("transcribe", shortlist, (skipping, rendering)).hashed,
        )
    )


def _tasks(given: list[str]) -> Iterator[Task]:
    return itertools.chain.from_iterable(map(recordings, given))


def _work(
    shortlist: Shortlist, settings: Settings, skipping: Skipping | None, rendering: Rendering
) -> Work:
    def work(task: Task, tell: Tell) -> Outcome:
        with recording_of(sound_of(task), settings.max_audio_sec) as recording:
            on_progress = telling(recording, tell)
            heard = dispatch.transcribe(
                shortlist, recording, on_progress=on_progress, skipping=skipping
            )
        made = {JSON: lambda: json_of(transcribe_answer(heard))}
        return rendering.outcome(heard.result, made, task.name)

    return work
