"""The time of every word of a text, with httpx; progress is told while a long recording is heard.

Usage: python with_httpx.py [server] [audio] [text]
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

EXAMPLES = Path(__file__).parents[1]


def events(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each server-sent event; comments only keep the connection open."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def main(server: str, audio: Path, text: Path) -> None:
    """Align a text, and print a word a line."""
    files = {"audio": audio.read_bytes(), "transcript": text.read_bytes()}
    # Something comes every 15 s, however long the recording is.
    with httpx.stream(
        "POST", f"{server}/align", files=files, data={"stream": "true"}, timeout=60
    ) as response:
        if response.is_error:  # the one shape: {"error": {"code", "message", ...}}
            sys.exit(response.read().decode())
        for name, data in events(response):
            if name == "progress":
                print(f"{data['stage']}: {data['done_sec']} of {data['duration_sec']} s")
            elif name == "error":
                sys.exit(data["error"]["message"])
            elif name == "result":
                for word in data["words"]:
                    print(word["start"], word["end"], word["score"], word["word"])


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    main(
        given.get(0, "http://localhost:8000"),
        Path(given.get(1, EXAMPLES / "he-1.wav")),
        Path(given.get(2, EXAMPLES / "he-1.txt")),
    )
