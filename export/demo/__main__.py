"""Make the embedded models again.

python -m export.demo he --text VERSES.txt --recordings FOLDER   from texts to a measured bundle
python -m export.demo clips                                      the example clips, their onsets
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from export.__main__ import main as export_main
from export.__main__ import show_progress
from export.demo.clips import write_clips
from export.demo.corpus import split_corpus
from export.demo.espeak import EspeakError
from export.demo.evaluate import evaluate
from export.demo.train import Schedule, save_checkpoint, train
from service.bundle import open_bundle
from service.recognizer import Recognizer

logger = logging.getLogger("export.demo")

STEPS: Final = 8000
EXAMPLES: Final = Path("examples")
ONSETS: Final = Path("tests/golden/he-clips.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    show_progress()
    if options.command == "clips":
        write_clips(options.output, options.onsets)
        return 0
    try:
        return _make_hebrew(options)
    except EspeakError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    hebrew = commands.add_parser("he", help="synthesise, train, export and evaluate he-demo")
    hebrew.add_argument("--text", type=Path, nargs="+", required=True, help="pointed verses")
    hebrew.add_argument("--recordings", type=Path, help="folder of recordings with words.tsv")
    hebrew.add_argument("--work", type=Path, default=Path("build/he-demo"), help="resumed if there")
    hebrew.add_argument("--id", default="he-demo", help="the bundle's name")
    hebrew.add_argument("--output", type=Path, default=Path("models"), help="folder of bundles")
    hebrew.add_argument("--tokens-dir", type=Path, default=Path("tokens"), help="token maps")
    hebrew.add_argument("--steps", type=int, default=STEPS, help="training steps")
    clips = commands.add_parser("clips", help="speak the example clips again")
    clips.add_argument("--output", type=Path, default=EXAMPLES)
    clips.add_argument("--onsets", type=Path, default=ONSETS)
    return parser


def _make_hebrew(options: argparse.Namespace) -> int:
    split = split_corpus(options.text, options.recordings)
    logger.info(
        "%d verses to speak, %d kept apart; %d recordings, %d kept apart",
        len(split.lines),
        len(split.held_out_lines),
        len(split.recordings),
        len(split.held_out_recordings),
    )
    checkpoint = options.work / "checkpoint"
    save_checkpoint(train(split, options.work, Schedule(steps=options.steps)), checkpoint)
    status = export_main(
        [
            "hf",
            *("--checkpoint", str(checkpoint), "--id", options.id, "--language", "he"),
            *("--output", str(options.output), "--tokens-dir", str(options.tokens_dir)),
            *("--licence", "Apache-2.0"),
            *("--probe", *map(str, sorted(EXAMPLES.glob("he-*.wav")))),
        ]
    )
    if status != 0:
        return status
    logger.info("measuring the bundle on held-out speech")
    figures = evaluate(Recognizer.load(open_bundle(options.output / options.id)), split)
    report = json.dumps(figures, indent=2)
    (options.work / "evaluation.json").write_text(report + "\n", encoding="utf-8")
    sys.stdout.write(report + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
