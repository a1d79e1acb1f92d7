"""What a request may be, as far as disk and memory allow."""

import pytest
from pydantic import ValidationError

from service.ops.settings import Settings

HOUR = 3600.0


@pytest.mark.parametrize("seconds", [1.0, HOUR, 24 * HOUR])
def test_audio_may_be_up_to_a_day(seconds: float) -> None:
    """Hours are no exception; past a day, and from nothing down, the start stops."""
    assert Settings(max_audio_sec=seconds).max_audio_sec == seconds
    for wrong in (0, -seconds, seconds + 24 * HOUR):
        with pytest.raises(ValidationError, match="max_audio_sec"):
            Settings(max_audio_sec=wrong)


def test_the_default_upload_holds_the_default_audio() -> None:
    """As plain 16-bit samples at 16 kHz."""
    settings = Settings()
    assert settings.max_upload_bytes > settings.max_audio_sec * 16_000 * 2


def test_an_empty_cache_folder_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a container sets it; without the variable it is the user's."""
    monkeypatch.setenv("KOLVANI_CACHE_DIR", "")
    assert Settings().cache_dir is None
    monkeypatch.delenv("KOLVANI_CACHE_DIR")
    assert str(Settings(_env_file=None).cache_dir) == "~/.cache/kolvani"
