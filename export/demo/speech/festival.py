"""Festival's Hindi voice: another engine than espeak-ng, with diphones cut from a human's speech.

It is run once a sentence, with a small Scheme program that writes the sound and prints where each
word's first segment begins and its last one ends.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from export.demo.speech.espeak import Speech
from export.demo.speech.utterance import SAMPLE_RATE

VOICE: Final = "voice_hindi_NSK_diphone"
PACKAGES: Final = "festival festival-hi festvox-hi-nsk"
TIMEOUT_SEC: Final = 60
# The voice leaves its intonation to the voice loaded before it, which here is none.
_PROGRAM: Final = """
({voice})
(Parameter.set 'Int_Method 'Simple)
(set! int_simple_params hindi_el_int_simple_params)
(set! utterance (utt.synth (Utterance Text "{text}")))
(mapcar
  (lambda (word)
    (format t "%s %s " (item.feat word "word_start") (item.feat word "word_end"))
    (format t "%s\\n" (item.name word)))
  (utt.relation.items utterance 'Word))
(utt.save.wave utterance "{wave}" 'riff)
"""


class FestivalError(RuntimeError):
    """Festival or its Hindi voice is missing."""


class Misread(ValueError):
    """The voice says other words than the given ones: an abbreviation, a letter it cannot read."""


class Festival:
    """The program, found and tried once."""

    def __init__(self) -> None:
        program = shutil.which("festival")
        if program is None:
            raise FestivalError(
                f"expected festival with its Hindi voice (Debian: apt-get install {PACKAGES}), "
                "got no such program"
            )
        self._program = program
        self.speak(["है"])

    def speak(self, words: Sequence[str]) -> Speech:
        """Speak words, each of Devanagari letters.

        Raises Misread if the voice does not say exactly these, FestivalError if it fails.
        """
        with tempfile.TemporaryDirectory() as folder:
            wave = Path(folder) / "speech.wav"
            script = Path(folder) / "speak.scm"
            text = " ".join(words)
            if '"' in text or "\\" in text:
                raise Misread(f"expected letters, got {text!r}")
            program = _PROGRAM.format(voice=VOICE, text=text, wave=wave)
            script.write_text(program, encoding="utf-8")
            said = [line.split(" ", 2) for line in self._run(script).splitlines()]
            names = [name for *_, name in said]
            if names != list(words):
                raise Misread(f"expected {list(words)}, got {names}")
            waveform, rate = soundfile.read(wave, dtype="float32")
        sound = soxr.resample(waveform, rate, SAMPLE_RATE)
        times = np.array([(float(start), float(end)) for start, end, _ in said])
        onsets, ends = np.round(times.T * SAMPLE_RATE).astype(np.int64)
        return Speech(sound, SAMPLE_RATE, onsets, ends)

    def _run(self, script: Path) -> str:
        done = subprocess.run(  # noqa: S603  # a program of Debian's, a script of our own
            [self._program, "--batch", str(script)],
            capture_output=True,
            timeout=TIMEOUT_SEC,
            check=False,
        )
        if done.returncode != 0:
            raise FestivalError(
                f"expected the Hindi voice (Debian: apt-get install {PACKAGES}), got: "
                + done.stderr.decode("utf-8", "replace").strip()
            )
        return done.stdout.decode("utf-8", "replace")
