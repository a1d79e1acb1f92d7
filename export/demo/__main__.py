"""Make the embedded models again, from texts to measured bundles.

python -m export.demo he --text VERSES.txt --recordings FOLDER
python -m export.demo hi --sentences SENTENCES.txt --words FREQUENCIES.txt
python -m export.demo restore --model models/he-demo --output build/he-demo-restored
python -m export.demo restore --model models/hi-demo --output build/hi-demo-restored.nemo
    read the checkpoint back from its bundle, to be exported again without training
python -m export.demo choice --text ... --recordings ... --sentences ... --words ...
    how often the service chooses the language that is spoken
python -m export.demo edges --text ... --sentences ... --words ...
    fit the rule of word ends, and measure it on held-out voices
python -m export.demo trust --text ... --recordings ... --sentences ... --words ...
    fit what decides how far an alignment is trusted, and measure it
python -m export.demo clips     speak the example clips, and write down their onsets
python -m export.demo hour --text ... --output FOLDER   (or --sentences ... --words ...)
    speak an hour of sentences with pauses and music between them, and write down their places
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from export.__main__ import main as export_main
from export.__main__ import show_progress
from export.demo.choice import measure_choice
from export.demo.clips import write_all
from export.demo.edges import Model, fit_edges
from export.demo.evaluate import Listener
from export.demo.hebrew import corpus as hebrew_corpus
from export.demo.hebrew import recipe as hebrew_recipe
from export.demo.hebrew.evaluation import evaluate_hebrew
from export.demo.hebrew.restored import restore_hebrew
from export.demo.hindi import corpus as hindi_corpus
from export.demo.hindi import recipe as hindi_recipe
from export.demo.hindi.evaluation import evaluate_hindi
from export.demo.hindi.model import UnspellableText
from export.demo.hindi.restored import restore_hindi
from export.demo.hour import SEED, Corpus, write_hour
from export.demo.speech.espeak import EspeakError
from export.demo.speech.festival import Festival, FestivalError
from export.demo.trust.report import measure_trust
from export.errors import ExportError
from service.bundle import open_bundle
from service.errors import KolvaniError
from service.recognizer import Recognizer

logger = logging.getLogger("export.demo")

EXAMPLES: Final = Path("examples")
GOLDEN: Final = Path("tests/golden")
LICENCE: Final = "Apache-2.0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    show_progress()
    try:
        status: int = options.run(options)
    except (EspeakError, ExportError, FestivalError, KolvaniError, UnspellableText) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser
    hebrew = add("he", help="synthesise, train, export and evaluate he-demo")
    hebrew.add_argument("--text", type=Path, nargs="+", required=True, help="pointed verses")
    hebrew.add_argument("--recordings", type=Path, help="folder of recordings with words.tsv")
    _add_common(hebrew, _make_hebrew, "he", hebrew_recipe.STEPS)
    hindi = add("hi", help="synthesise, train, export and evaluate hi-demo")
    hindi.add_argument("--sentences", type=Path, required=True, help="sentences, one a line")
    hindi.add_argument("--words", type=Path, required=True, help="`word count` lines")
    hindi.add_argument("--festival", action="store_true", help="measure on Festival's voice too")
    _add_common(hindi, _make_hindi, "hi", hindi_recipe.STEPS)
    restored = add("restore", help="read a checkpoint back from its bundle")
    restored.add_argument("--model", type=Path, required=True, help="folder of the bundle")
    restored.add_argument(
        "--output", type=Path, required=True, help="the checkpoint: a folder, or a .nemo file"
    )
    restored.set_defaults(run=_restore)
    choice = add("choice", help="measure how often the spoken language is chosen")
    _add_texts(choice, _measure_choice)
    edges = add("edges", help="fit the rule of word ends, and measure it")
    _add_texts(edges, _fit_edges)
    trust = add("trust", help="fit and measure how far an alignment can be trusted")
    _add_texts(trust, _measure_trust)
    spoken = add("clips", help="speak the example clips again")
    spoken.add_argument("--output", type=Path, default=EXAMPLES)
    spoken.add_argument("--onsets", type=Path, default=GOLDEN, help="folder of the onsets")
    spoken.set_defaults(run=_speak_clips)
    _add_hour(add("hour", help="speak an hour of sentences, and write down their places"))
    return parser


def _add_common(
    command: argparse.ArgumentParser,
    run: Callable[[argparse.Namespace], int],
    language: str,
    steps: int,
) -> None:
    name = f"{language}-demo"
    add = command.add_argument
    add("--work", type=Path, default=Path("build") / name, help="resumed if there (%(default)s)")
    add("--id", default=name, help="the bundle's name (%(default)s)")
    add("--output", type=Path, default=Path("models"), help="folder of bundles (%(default)s)")
    add("--tokens-dir", type=Path, default=Path("tokens"), help="token maps (%(default)s)")
    add("--steps", type=int, default=steps, help="training steps (%(default)s)")
    command.set_defaults(run=run)


def _add_texts(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """What both models were trained on, and they themselves."""
    add = command.add_argument
    add("--text", type=Path, nargs="+", required=True, help="pointed verses")
    add("--recordings", type=Path, help="folder of recordings with words.tsv")
    add("--sentences", type=Path, required=True, help="sentences, one a line")
    add("--words", type=Path, required=True, help="`word count` lines")
    add("--models", type=Path, default=Path("models"), help="folder of bundles (%(default)s)")
    command.set_defaults(run=run)


def _add_hour(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    text = command.add_mutually_exclusive_group(required=True)
    text.add_argument("--text", type=Path, nargs="+", help="pointed verses: Hebrew is spoken")
    text.add_argument("--sentences", type=Path, help="sentences, one a line: Hindi is spoken")
    add("--words", type=Path, help="`word count` lines, with --sentences")
    add("--output", type=Path, required=True, help="folder of the sound, its text and its times")
    add("--minutes", type=float, default=60.0, help="how long it is (%(default)g)")
    add("--seed", type=int, default=SEED, help="another one speaks another hour (%(default)s)")
    command.set_defaults(run=_speak_hour)


def _make_hebrew(options: argparse.Namespace) -> int:
    split = hebrew_corpus.split_corpus(options.text, options.recordings)
    logger.info(
        "%d verses to speak, %d kept apart; %d recordings, %d kept apart",
        len(split.lines),
        len(split.held_out_lines),
        len(split.recordings),
        len(split.held_out_recordings),
    )
    checkpoint = hebrew_recipe.train_hebrew(split, options.work, options.steps)
    status = _export(options, "hf", checkpoint)
    return status or _measure(options, lambda listener: evaluate_hebrew(listener, split))


def _make_hindi(options: argparse.Namespace) -> int:
    if options.festival:
        Festival()  # its absence is told before hours of training, not after
    split = hindi_corpus.split_corpus(options.sentences, options.words)
    logger.info(
        "%d sentences and %d words to speak, %d sentences kept apart",
        len(split.phrases.lines),
        len(split.phrases.words),
        len(split.held_out_lines),
    )
    checkpoint = options.work / f"{options.id}.nemo"
    hindi_recipe.train_hindi(split, options.work, options.steps, checkpoint)
    status = _export(options, "nemo", checkpoint)
    return status or _measure(
        options, lambda listener: evaluate_hindi(listener, split, festival=options.festival)
    )


def _restore(options: argparse.Namespace) -> int:
    bundle = open_bundle(options.model)
    restore = restore_hebrew if bundle.manifest.family == "wav2vec2" else restore_hindi
    restore(bundle, options.output)
    return 0


def _export(options: argparse.Namespace, source: str, checkpoint: Path) -> int:
    language: str = options.command
    return export_main(
        [
            source,
            *("--checkpoint", str(checkpoint), "--id", options.id, "--language", language),
            *("--output", str(options.output), "--tokens-dir", str(options.tokens_dir)),
            *("--licence", LICENCE),
            "--reduce-range",  # they must run as they were measured on any CPU
            *("--probe", *map(str, sorted(EXAMPLES.glob(f"{language}-*.wav")))),
        ]
    )


def _measure(options: argparse.Namespace, evaluate: Callable[[Listener], Mapping[str, Any]]) -> int:
    logger.info("measuring the bundle on held-out speech")
    figures = evaluate(Recognizer.load(open_bundle(options.output / options.id)))
    report = json.dumps(figures, indent=2)
    (options.work / "evaluation.json").write_text(report + "\n", encoding="utf-8")
    sys.stdout.write(report + "\n")
    return 0


def _measure_choice(options: argparse.Namespace) -> int:
    figures = measure_choice(
        {
            language: Recognizer.load(open_bundle(options.models / f"{language}-demo"))
            for language in ("he", "hi")
        },
        hebrew_corpus.split_corpus(options.text, options.recordings),
        hindi_corpus.split_corpus(options.sentences, options.words),
    )
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


def _fit_edges(options: argparse.Namespace) -> int:
    hebrew = hebrew_corpus.split_corpus(options.text, options.recordings)
    hindi = hindi_corpus.split_corpus(options.sentences, options.words)
    bundles = (open_bundle(options.models / f"{language}-demo") for language in ("he", "hi"))
    corpora = (
        (hebrew_corpus.HEBREW, hebrew.lines, hebrew.held_out_lines),
        (hindi_corpus.HINDI, hindi.phrases.lines, hindi.held_out_lines),
    )
    models = [Model(bundle, *corpus) for bundle, corpus in zip(bundles, corpora, strict=True)]
    for line in fit_edges(models):
        sys.stdout.write(line + "\n")
    return 0


def _measure_trust(options: argparse.Namespace) -> int:
    lines = measure_trust(
        open_bundle(options.models / "he-demo"),
        open_bundle(options.models / "hi-demo"),
        hebrew_corpus.split_corpus(options.text, options.recordings),
        hindi_corpus.split_corpus(options.sentences, options.words),
    )
    for line in lines:
        sys.stdout.write(line + "\n")
    return 0


def _speak_clips(options: argparse.Namespace) -> int:
    write_all(options.output, options.onsets)
    return 0


def _speak_hour(options: argparse.Namespace) -> int:
    said = write_hour(_spoken(options), options.output, options.minutes, options.seed)
    logger.info("%d sentences, %.0f s", len(said), said[-1].end)
    return 0


def _spoken(options: argparse.Namespace) -> Corpus:
    """What an hour is made of, without what is recorded."""
    if options.text:
        hebrew = hebrew_corpus.split_corpus(options.text, None)
        return Corpus(hebrew_corpus.HEBREW, hebrew.held_out_lines, hebrew.lines)
    hindi = hindi_corpus.split_corpus(options.sentences, options.words)
    return Corpus(hindi_corpus.HINDI, hindi.held_out_lines, hindi.phrases.lines)


if __name__ == "__main__":
    sys.exit(main())
