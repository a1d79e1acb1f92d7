"""From a checkpoint to a bundle, step by step: the page to read first."""

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from export import parity
from export.bundle import UNKNOWN_LICENCE, complete, tool_versions
from export.disk import publish, workspace
from export.hub import Source, locate, read_licence
from export.huggingface import (
    LOGITS_OUTPUT,
    WAVEFORM_INPUT,
    Checkpoint,
    export_onnx,
    one_thread,
    read_checkpoint,
)
from export.probes import Waveform, default_lengths, make_probes, speech_like
from export.quantize import QuantizationReport, quantize
from export.report import ParityReport
from export.vocabulary import check_frozen, freeze
from service.acoustic import OnnxAcousticModel
from service.bundle import MODEL_FILE, Bundle, Manifest, open_bundle
from service.features import wav2vec2_input

logger = logging.getLogger(__name__)

BATCH_SEC: Final = 2  # of the longer one in the batch of two


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `lengths`: synthetic probes, samples; None: the default."""

    checkpoint: str
    revision: str | None
    id: str
    language: str
    licence: str | None
    output: Path
    tokens_dir: Path
    lengths: tuple[int, ...] | None
    recordings: tuple[Path, ...]


@dataclass(frozen=True)
class Exported:
    """A bundle in its place, with the figures it was let through on."""

    bundle: Bundle
    parity: ParityReport
    quantization: QuantizationReport


def export_huggingface(options: Options) -> Exported:
    """Export a Wav2Vec2ForCTC.

    Raises ExportError or BundleError, and then leaves nothing behind.
    """
    target = options.output / options.id
    token_map = options.tokens_dir / f"{options.id}.txt"
    with workspace(options.output) as work:
        logger.info("1/7 fetching %s", options.checkpoint)
        source = locate(options.checkpoint, options.revision)
        logger.info("2/7 reading the checkpoint, revision %s", source.revision)
        checkpoint = read_checkpoint(source.folder)
        tokens = checkpoint.vocabulary.tokens
        check_frozen(token_map, tokens)
        trial = _trial(checkpoint, options)
        inputs = [checkpoint.features(probe.waveform) for probe in trial.probes]
        logger.info("3/7 asking the source about %d probes", len(inputs))
        with one_thread():
            answers = trial.ask(checkpoint.logits, inputs)
        logger.info("4/7 tracing the float32 graph")
        fp32 = export_onnx(checkpoint, work / "fp32")
        logger.info("5/7 quantizing to int8")
        staged = work / options.id
        staged.mkdir()
        sizes = quantize(fp32, staged / MODEL_FILE)
        logger.info("6/7 holding the graphs against their source")
        manifest = _manifest(options, source, checkpoint)
        traced, batch = _ask_fp32(fp32, checkpoint, trial, inputs)
        quantized = _ask_runtime(complete(staged, tokens, manifest), trial)
        report = parity.compare(trial, answers, traced, quantized, batch)
        parity.check(report)
        logger.info("7/7 writing the bundle")
        figures = {**report.as_manifest(), **asdict(sizes)}
        complete(staged, tokens, replace(manifest, report=figures))
        _put_in_place(staged, target, token_map, tokens)
    return Exported(open_bundle(target), report, sizes)


def _trial(checkpoint: Checkpoint, options: Options) -> parity.Trial:
    rate, vocabulary = checkpoint.extractor.sampling_rate, checkpoint.vocabulary
    lengths = options.lengths or default_lengths(checkpoint.framing, rate)
    probes = make_probes(lengths, options.recordings, rate)
    width, blank_id = len(vocabulary.tokens), vocabulary.blank_id
    return parity.Trial(probes, rate, checkpoint.framing, width, blank_id)


def _ask_fp32(
    fp32: Path, checkpoint: Checkpoint, trial: parity.Trial, inputs: list[Waveform]
) -> tuple[parity.Answers, float | None]:
    graph = parity.open_graph(fp32, WAVEFORM_INPUT, checkpoint.mask_input, LOGITS_OUTPUT)
    answers = trial.ask(graph.logits, inputs)
    if checkpoint.mask_input is None:
        return answers, None
    waveform = speech_like(BATCH_SEC * trial.sample_rate, trial.sample_rate)
    return answers, parity.batch_error(graph, checkpoint.features(waveform), trial.framing)


def _ask_runtime(bundle: Bundle, trial: parity.Trial) -> parity.Answers:
    """Int8 is judged as it will be served: by the runtime's own features and model."""
    model = OnnxAcousticModel(bundle, intra_op_threads=parity.THREADS)
    inputs = [wav2vec2_input(probe.waveform, bundle.manifest) for probe in trial.probes]
    return trial.ask(model.logits, inputs)


def _manifest(options: Options, source: Source, checkpoint: Checkpoint) -> Manifest:
    """All but the figures and the files' hashes, which are not known yet."""
    vocabulary = checkpoint.vocabulary
    return Manifest(
        id=options.id,
        language=options.language,
        family="wav2vec2",
        sample_rate=checkpoint.extractor.sampling_rate,
        blank_id=vocabulary.blank_id,
        word_delimiter=vocabulary.word_delimiter,
        special_tokens=vocabulary.special_tokens,
        framing=checkpoint.framing,
        normalize=checkpoint.extractor.do_normalize,
        waveform_input=WAVEFORM_INPUT,
        mask_input=checkpoint.mask_input,
        logits_output=LOGITS_OUTPUT,
        files={},
        licence=options.licence or read_licence(source.folder) or UNKNOWN_LICENCE,
        source=source.as_manifest(),
        tools=tool_versions(),
        report={},
    )


def _put_in_place(staged: Path, target: Path, token_map: Path, tokens: tuple[str, ...]) -> None:
    new = freeze(token_map, tokens)
    try:
        publish(staged, target)
    except OSError:
        if new:
            token_map.unlink()
        raise
