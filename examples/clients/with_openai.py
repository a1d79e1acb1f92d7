"""A transcript with OpenAI's client: as it is heard, and then with the time of every word.

Usage: python with_openai.py [server] [audio]
"""

import sys
from pathlib import Path

from openai import OpenAI

EXAMPLES = Path(__file__).parents[1]


def main(server: str, audio: Path) -> None:
    """Print the text as it comes, and a word a line."""
    with OpenAI(base_url=f"{server}/v1", api_key="none is needed") as client:
        for event in client.audio.transcriptions.create(file=audio, model="whisper-1", stream=True):
            if event.type == "transcript.text.delta":
                print(event.delta, end="", flush=True)
        print()
        answer = client.audio.transcriptions.create(
            file=audio,
            model="he-demo",  # or any other of client.models.list()
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
        for word in answer.words or []:
            print(word.start, word.end, word.word)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    main(given.get(0, "http://localhost:8000"), Path(given.get(1, EXAMPLES / "he-1.wav")))
