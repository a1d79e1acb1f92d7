"""What of OpenAI's `chunking_strategy` is heeded."""

import pytest
from starlette.datastructures import FormData

from service.speech import SKIPPING, Skipping
from service.web.openai.chunking import skipping_of


@pytest.mark.parametrize("fields", [{}, {"chunking_strategy": ""}, {"chunking_strategy": " "}])
def test_without_a_strategy_everything_is_heard(fields: dict[str, str]) -> None:
    """As OpenAI does: one block."""
    assert skipping_of(FormData(fields)) is None


def test_auto_is_ours() -> None:
    """So is an object that says no more than its type."""
    assert skipping_of(FormData({"chunking_strategy": "auto"})) == SKIPPING
    assert skipping_of(FormData({"chunking_strategy": '{"type": "server_vad"}'})) == SKIPPING


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"threshold": "0.7"}, Skipping(threshold=0.7)),
        ({"prefix_padding_ms": "300", "silence_duration_ms": "200"}, SKIPPING),
        ({"prefix_padding_ms": "2500"}, Skipping(padding_sec=2.5)),
        ({"silence_duration_ms": "9000"}, Skipping(least_sec=7.0)),
        (
            {"prefix_padding_ms": "2000", "silence_duration_ms": "9000"},
            Skipping(padding_sec=2.0, least_sec=5.0),
        ),
    ],
)
def test_a_detectors_members_are_heeded(members: dict[str, str], expected: Skipping) -> None:
    """The threshold as it is; times where they are longer than ours. Silence is as long as it is
    between two words, and what is heard around them is part of it.
    """
    fields = {f"chunking_strategy[{name}]": value for name, value in members.items()}
    assert skipping_of(FormData({"chunking_strategy[type]": "server_vad", **fields})) == expected
