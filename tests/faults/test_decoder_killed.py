"""kill -9 of the processes that decode, in a real service."""

import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from asking import RATE, post, speech
from servers import ROOT, running_server

from bench.loads.served import children, cpu_sec

LONG_SEC = 1800  # of FLAC: long enough to be killed in the middle
AT_WORK_SEC = 0.05  # of CPU beyond what it had used before


@pytest.fixture(scope="module")
def long_flac() -> bytes:
    samples, _ = soundfile.read(ROOT / "examples/he-1.wav", dtype="int16")
    buffer = io.BytesIO()
    soundfile.write(buffer, np.resize(samples, LONG_SEC * RATE), RATE, format="FLAC")
    return buffer.getvalue()


def test_a_decoder_that_is_killed_at_work_is_replaced_and_the_file_decoded_again(
    tmp_path: Path, long_flac: bytes
) -> None:
    """The client notices nothing; nor does whoever comes next."""
    with (
        running_server(tmp_path, workers=1) as server,
        server.client() as client,
        ThreadPoolExecutor(1) as clients,
    ):
        before = {pid: cpu_sec(pid) for pid in children(server.process.pid)}
        answer = clients.submit(post, client, long_flac)
        busy = None
        while busy is None and not answer.done():
            known = [pid for pid in children(server.process.pid) if pid in before]
            busy = next((pid for pid in known if cpu_sec(pid) > before[pid] + AT_WORK_SEC), None)
        assert busy is not None, "none of them decoded"
        os.kill(busy, signal.SIGKILL)
        response = answer.result()
        assert response.status_code == 200
        assert response.json()["duration_sec"] == pytest.approx(LONG_SEC)
        assert busy not in children(server.process.pid)
        assert post(client, speech(3)).status_code == 200
        assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()


def test_all_decoders_can_be_killed_and_the_service_goes_on(tmp_path: Path) -> None:
    """What comes next is decoded by new ones, as many as before."""
    with running_server(tmp_path) as server, server.client() as client:
        before = children(server.process.pid)
        assert before
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert post(client, speech(3)).status_code == 200
        while set(children(server.process.pid)) & set(before) or len(
            children(server.process.pid)
        ) < len(before):
            pass
    assert not server.has_logged_errors()
