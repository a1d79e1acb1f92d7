"""The import rules of the design, held over every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From left to right: a module may import what stands in an earlier layer, or in its own.
LAYERS = (
    {"service", "service.errors", "service.spans", "service.recipes"},
    {"service.samples", "service.moments", "service.stages"},
    {"service.fields", "service.framing", "service.quantization"},
    {"service.manifest", "service.bundle"},
    {"service.windows"},
    {
        "service.text",
        "service.subtitles",
        "service.formats",
        "service.audio",
        "service.align",
        "service.search",
        "service.ctc",
        "service.levels",
        "service.edges",
        "service.emissions",
        "service.admission",
        "service.access",
        "service.ops",
        "service.monitoring",
        "service.progress",
    },
    {"service.decoding"},
    {"service.words", "service.characters", "service.phonemes", "service.dictation"},
    {"service.placing"},
    {"service.quality", "service.plausibility"},
    {"service.voice"},
    {"service.speech"},
    {"service.features"},
    {"service.acoustic"},
    {"service.preparing"},
    {"service.crew"},
    {"service.chunking"},
    {"service.recognizer"},
    {"service.serving", "service.serving.emission_cache"},
    {"service.serving.recording"},
    {"service.serving.fit"},
    {"service.serving.choice", "service.serving.served"},
    {"service.serving.catalogue"},
    {"service.serving.dispatch"},
    {"service.serving.retiming"},
    {"service.web.page"},
    {"service.web"},
    {"service.web.answers"},
    {"service.web.forms", "service.web.events", "service.web.guards"},
    {"service.web.described"},
    {"service.web.openai", "service.web.elevenlabs"},
    {"service.web.api_info"},
    {"service.web.asked"},
    {"service.web.routes"},
    {"service.app"},
    {"service.batch", "service.diagnosis"},
    {"service.commands"},
    {"service.cli", "service.__main__"},
)
WEB = LAYERS.index({"service.web.page"})  # what stands here and right of it may know HTTP
TORCH_SIDE = {"torch", "transformers", "optimum", "nemo", "librosa"}
HTTP_SIDE = {"fastapi", "starlette", "uvicorn", "httpx"}
ONNXRUNTIME_HOMES = {"service/acoustic.py"}
ENVIRONMENT_HOMES = {
    "service/__init__.py",  # opts out of telemetry and of numpy's threads; reads nothing
    "service/ops/settings.py",
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, `from a import b` as both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int | None:
    """The layer of a module or of the nearest package that holds it."""
    while module:
        for index, names in enumerate(LAYERS):
            if module in names:
                return index
        module = module.rpartition(".")[0]
    return None


def in_repository(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("path", modules("service"), ids=dotted)
def test_service_modules_import_only_from_their_left(path: Path) -> None:
    """A module imports from earlier layers or its own, so that the flow goes one way."""
    own = layer(dotted(path))
    assert own is not None, f"{dotted(path)} stands in no layer: add it to the design"
    for name in imports(path):
        if name.startswith("service") and in_repository(name) and name != "service":
            other = layer(name)
            assert other is not None
            assert other <= own, f"{dotted(path)} (layer {own}) imports {name} (layer {other})"


@pytest.mark.parametrize("path", modules("service"), ids=dotted)
def test_the_runtime_never_imports_export_or_torch(path: Path) -> None:
    """The runtime runs without torch and knows nothing of export."""
    roots = {name.partition(".")[0] for name in imports(path)}
    assert not roots & (TORCH_SIDE | {"export"})


@pytest.mark.parametrize("path", modules("service"), ids=dotted)
def test_nothing_left_of_web_knows_http(path: Path) -> None:
    """Web frameworks are imported by web and what stands right of it alone."""
    own = layer(dotted(path))
    assert own is not None
    if own < WEB:
        assert not {name.partition(".")[0] for name in imports(path)} & HTTP_SIDE


def test_onnxruntime_stays_where_models_are_opened() -> None:
    """One module runs ONNX Runtime."""
    homes = {
        str(path.relative_to(ROOT))
        for path in modules("service")
        if any(name.partition(".")[0] == "onnxruntime" for name in imports(path))
    }
    assert homes == ONNXRUNTIME_HOMES


def test_the_environment_is_read_in_settings_only() -> None:
    """No module but the settings touches os.environ, os.getenv or pydantic-settings."""
    readers = set()
    for path in modules("service"):
        source = path.read_text(encoding="utf-8")
        if "environ" in source.replace("environment", "") or "getenv" in source:
            readers.add(str(path.relative_to(ROOT)))
        if any(name.startswith("pydantic_settings") for name in imports(path)):
            readers.add(str(path.relative_to(ROOT)))
    assert readers <= ENVIRONMENT_HOMES


@pytest.mark.parametrize("path", modules("export"), ids=dotted)
def test_export_stays_left_of_the_web(path: Path) -> None:
    """Export may use the runtime's own code, but not its web side."""
    for name in imports(path):
        if name.startswith("service.") and in_repository(name):
            other = layer(name)
            assert other is not None
            assert other < WEB, f"{dotted(path)} imports {name}"


def test_torch_is_imported_under_export_and_bench_only() -> None:
    """Torch belongs to export, bench and the export side's tests."""
    for folder in ("service", "tests"):
        for path in modules(folder):
            if "tests/export" not in path.as_posix():
                assert not {name.partition(".")[0] for name in imports(path)} & TORCH_SIDE
