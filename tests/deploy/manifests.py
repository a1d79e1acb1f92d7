"""The manifests of deploy/k8s, as kustomize builds them."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/k8s"
TOOLS = ROOT / ".tools"
OVERLAYS = ("base", "overlays/small", "overlays/large", "overlays/hpa-queue")
NAME = "kolvani"
MEBI, GIBI = 1 << 20, 1 << 30  # bytes
UNITS = {"Mi": MEBI, "Gi": GIBI}

Manifest = dict[str, Any]


def tool(name: str) -> str:
    """A program that deploy/tools.sh has put at hand."""
    path = TOOLS / name
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a program: run `make test-deploy`")
    return str(path)


@dataclass(frozen=True)
class Overlay:
    """Everything that one `kubectl apply -k` would send."""

    name: str
    manifests: tuple[Manifest, ...]

    @classmethod
    def build(cls, name: str) -> "Overlay":
        """Let kustomize put it together."""
        command = [tool("kustomize"), "build", str(MANIFESTS / name)]
        built = subprocess.run(command, check=True, capture_output=True, text=True)
        return cls(name, tuple(yaml.safe_load_all(built.stdout)))

    def of_kind(self, kind: str) -> Iterator[Manifest]:
        """All of them, there may be none."""
        return (manifest for manifest in self.manifests if manifest["kind"] == kind)

    def one(self, kind: str) -> Manifest:
        """The only one."""
        (found,) = self.of_kind(kind)
        return found

    @property
    def pod(self) -> Manifest:
        """The pods that the Deployment makes: metadata and spec."""
        template: Manifest = self.one("Deployment")["spec"]["template"]
        return template

    @property
    def container(self) -> Manifest:
        """The only container of a pod."""
        (container,) = self.pod["spec"]["containers"]
        found: Manifest = container
        return found

    @property
    def environment(self) -> dict[str, str]:
        """What the container is given, from the ConfigMap and by itself."""
        given = {item["name"]: item["value"] for item in self.container.get("env", ())}
        (source,) = self.container["envFrom"]
        settings = self.one("ConfigMap")
        assert source["configMapRef"]["name"] == settings["metadata"]["name"]
        return {**settings["data"], **given}


def size_bytes(quantity: str) -> int:
    """A quantity as these manifests write it: 512Mi, 4Gi."""
    return int(quantity[:-2]) * UNITS[quantity[-2:]]
