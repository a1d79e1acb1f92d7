"""A real Prometheus, and a service for it to watch that is busy in every way."""

import concurrent.futures
import contextlib
import io
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
from servers import POLL_SEC, START_TIMEOUT_SEC, Server, free_port

RATE = 16_000  # Hz
ALERTS = Path(__file__).parents[2] / "deploy/prometheus/alerts.yaml"
MAX_UPLOAD_BYTES = 4 << 20
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{alerts}"]
scrape_configs:
  - job_name: kolvani
    static_configs: [{{targets: ["{target}"]}}]
"""


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus, asked over its HTTP API."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401  # JSON
        """The data of an answer, which is no error."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        body = answer.json()
        assert body["status"] == "success", (parameters, body)
        return body["data"]

    def query(self, expression: str) -> list[Mapping[str, Any]]:
        """What an expression gives now."""
        result: list[Mapping[str, Any]] = self.ask("query", query=expression)["result"]
        return result

    def wait_for_scrapes(self, count: int) -> None:
        """Until so many more have succeeded."""
        scrapes = 'sum_over_time(up{job="kolvani"}[1h])'
        first = self._number(scrapes)
        deadline = time.monotonic() + START_TIMEOUT_SEC
        while self._number(scrapes) < first + count:
            assert time.monotonic() < deadline, "no scrape succeeds"
            time.sleep(POLL_SEC)

    def _number(self, expression: str) -> float:
        return sum(float(series["value"][1]) for series in self.query(expression))


def models_with_a_broken_one(folder: Path, root: Path) -> Path:
    models = folder / "models"
    (models / "broken").mkdir(parents=True)
    (models / "broken/manifest.json").write_text("{")
    for name in ("he-demo", "hi-demo"):
        (models / name).symlink_to(root / "models" / name)
    return models


@contextlib.contextmanager
def running_prometheus(folder: Path, server: Server) -> Iterator[Prometheus]:
    """On loopback, with its data in `folder`; stopped by its process id."""
    folder.mkdir()
    configuration = folder / "prometheus.yml"
    target = server.url.removeprefix("http://")
    configuration.write_text(CONFIGURATION.format(alerts=ALERTS, target=target))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process, folder / "log")
        yield Prometheus(url)
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SEC
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/-/ready").status_code == httpx.codes.OK:
                return
        time.sleep(POLL_SEC)
    raise RuntimeError(f"Prometheus does not start: {log.read_text()[-2000:]}")


def be_busy(server: Server, examples: Path, seed: int) -> None:
    """Requests that end in every way that the dashboard and the alerts tell apart.

    seed: of sound that no model has heard before.
    """
    clip, text = (examples / "he-1.wav").read_bytes(), (examples / "he-1.txt").read_text()
    other = (examples / "he-2.txt").read_text()
    hindi = (examples / "hi-1.wav").read_bytes()
    with server.client() as client:

        def post(path: str, audio: bytes, **fields: str) -> int:
            return client.post(path, files={"audio": audio}, data=fields).status_code

        assert post("/transcribe", clip, language="he") == 200
        assert post("/transcribe", hindi) == 200
        assert post("/align", clip, transcript=text, language="he") == 200
        assert post("/align", clip, transcript=other) == 200
        assert post("/align", silence(1), transcript=text) == 422
        assert post("/transcribe", b"no audio") == 415
        assert post("/transcribe", bytes(MAX_UPLOAD_BYTES + 1)) == 413
        assert client.get("/models/broken").status_code == 500
        assert post("/transcribe", noise(2, seed), language="he") == 200
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            statuses = set(pool.map(lambda _: post("/transcribe", noise(20, seed)), range(6)))
        assert statuses == {200, 503}


def silence(seconds: int) -> bytes:
    return wav(np.zeros(seconds * RATE))


def noise(seconds: int, seed: int) -> bytes:
    return wav(np.random.default_rng(seed).normal(0, 0.05, seconds * RATE))


def wav(samples: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
