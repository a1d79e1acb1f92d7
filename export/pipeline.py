"""From a checkpoint to a bundle, step by step: the page to read first."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from export import parity
from export.bundle import UNKNOWN_LICENCE, complete, tool_versions
from export.disk import publish, workspace
from export.integer import write_int8
from export.network import Array, Network, Provenance, Source
from export.probes import default_lengths, make_probes, speech_like
from export.quantize import QuantizationReport
from export.report import ParityReport
from export.vocabulary import check_frozen, freeze
from service.acoustic import OnnxAcousticModel
from service.bundle import MODEL_FILE, Bundle, open_bundle
from service.features import features_of
from service.quantization import FULL_BITS, SAFE_BITS

logger = logging.getLogger(__name__)

BATCH_SEC: Final = (2.0, 1.24)  # of the two in the gate's batch: no common frame boundary

Fetch = Callable[[], tuple[Source, Network]]


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `lengths`: synthetic probes, samples; None: the default."""

    checkpoint: str
    id: str
    language: str
    licence: str | None
    output: Path
    tokens_dir: Path
    lengths: tuple[int, ...] | None
    recordings: tuple[Path, ...]
    reduce_range: bool = False  # weights of 7 bits, for CPUs that sum pairs of products in 16


@dataclass(frozen=True)
class Exported:
    """A bundle in its place, with the figures it was let through on."""

    bundle: Bundle
    parity: ParityReport
    quantization: QuantizationReport


def export(fetch: Fetch, options: Options) -> Exported:
    """Export the checkpoint that `fetch` finds and reads.

    Raises ExportError or BundleError, and then leaves nothing behind.
    """
    target = options.output / options.id
    token_map = options.tokens_dir / f"{options.id}.txt"
    with workspace(options.output) as work:
        logger.info("1/6 reading %s", options.checkpoint)
        source, network = fetch()
        tokens = network.tokens
        check_frozen(token_map, tokens)
        # A known model is held to its own map under whatever name it is exported.
        check_frozen(options.tokens_dir / f"{Path(source.name).name}.txt", tokens)
        trial = _trial(network, options)
        inputs = [network.prepare(probe.waveform) for probe in trial.probes]
        logger.info("2/6 asking revision %s about %d probes", source.revision, len(inputs))
        with parity.one_thread():
            answers = trial.ask(network.logits, inputs)
        logger.info("3/6 tracing the float32 graph")
        (work / "fp32").mkdir()
        fp32 = network.trace(work / "fp32")
        logger.info("4/6 quantizing to int8")
        staged = work / options.id
        staged.mkdir()
        bits = SAFE_BITS if options.reduce_range else FULL_BITS
        sizes = write_int8(network, fp32, staged / MODEL_FILE, bits, trial.probes)
        network.finish(staged / MODEL_FILE)
        sizes = replace(sizes, int8_bytes=(staged / MODEL_FILE).stat().st_size)
        logger.info("5/6 holding the graphs against their source")
        manifest = replace(
            network.manifest(_provenance(options, source, network)),
            quantization=sizes.quantization,
        )
        bundle = complete(staged, tokens, manifest, network.files())
        report = _compare(network, trial, inputs, answers, fp32, bundle)
        parity.check(report)
        logger.info("6/6 writing the bundle")
        figures = {**report.as_manifest(), **asdict(sizes)}
        complete(staged, tokens, replace(manifest, report=figures), network.files())
        _put_in_place(staged, target, token_map, tokens)
    return Exported(open_bundle(target), report, sizes)


def _trial(network: Network, options: Options) -> parity.Trial:
    rate, framing = network.sample_rate, network.framing
    lengths = options.lengths or default_lengths(
        framing, rate, network.shortest_sec, network.longest_sec
    )
    probes = make_probes(lengths, options.recordings, rate)
    return parity.Trial(probes, rate, framing, len(network.tokens), network.blank_id)


def _compare(
    network: Network,
    trial: parity.Trial,
    inputs: Sequence[Array],
    answers: parity.Answers,
    fp32: Path,
    bundle: Bundle,
) -> ParityReport:
    """The source's answers against the float32 graph's, and int8's as it will be served: by the
    runtime's own features and model.
    """
    graph = parity.open_graph(fp32, network.feed, network.output)
    traced = trial.ask(graph.logits, inputs)
    batch = None
    if network.batches:
        waveform = speech_like(round(BATCH_SEC[0] * trial.sample_rate), trial.sample_rate)
        shorter = waveform[: round(BATCH_SEC[1] * trial.sample_rate)]
        batch = parity.batch_error(graph, network.prepare(waveform), network.prepare(shorter))
    features = features_of(bundle.manifest)
    served = [features(probe.waveform) for probe in trial.probes]
    model = OnnxAcousticModel(bundle, intra_op_threads=parity.THREADS)
    return parity.compare(
        trial,
        answers,
        traced,
        trial.ask(model.logits, served),
        batch=batch,
        features=parity.feature_error(trial, inputs, served),
    )


def _provenance(options: Options, source: Source, network: Network) -> Provenance:
    return Provenance(
        id=options.id,
        language=options.language,
        licence=options.licence or source.licence() or UNKNOWN_LICENCE,
        source=source.as_manifest(),
        tools=tool_versions(network.tools),
    )


def _put_in_place(staged: Path, target: Path, token_map: Path, tokens: tuple[str, ...]) -> None:
    new = freeze(token_map, tokens)
    try:
        publish(staged, target)
    except OSError:
        if new:
            token_map.unlink()
        raise
