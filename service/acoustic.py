"""The acoustic model: the one module that runs ONNX Runtime."""

from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from service.bundle import Bundle
from service.errors import BundleError, InferenceError
from service.ops.memory import no_memory
from service.ops.processor import read_processor
from service.quantization import SAFE_BITS, Quantization

# Packed weights are read by the build that wrote them alone.
RUNTIME: Final = f"onnxruntime {onnxruntime.__version__} {onnxruntime.get_build_info()}"
PREPARED_GRAPH: Final = "model.onnx"
PREPARED_WEIGHTS: Final = "weights.bin"
# Smaller ones stay in the graph: they are copied, larger ones are mapped.
LEAST_MAPPED_BYTES: Final = 1024
# What ONNX Runtime, which has no error of its own for it, and the C++ library say then.
NO_MEMORY: Final = ("Failed to allocate memory", "bad_alloc", "bad allocation")
ERRORS: Final = 3  # ONNX Runtime's level: nothing less is logged


class AcousticModel(Protocol):
    """Anything that turns one model input into logits."""

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """model_input: float32 [N] or [features, N]. Returns float32 [T, V], unnormalised."""
        ...


class OnnxAcousticModel:
    """One immutable session, shared by all threads; a call keeps its state to itself."""

    def __init__(
        self,
        bundle: Bundle,
        intra_op_threads: int = 1,
        *,
        prepared: Path | None = None,
        write_to: Path | None = None,
    ) -> None:
        """prepared: a folder with the bundle's graph as this CPU runs it, which is opened instead;
        write_to: one in which to write it so.

        Raises BundleError if the graph does not load, or lacks an input or output that the manifest
        names, and OutOfMemory.
        """
        self._manifest = bundle.manifest
        self._width = len(bundle.tokens)
        self._graph = bundle.model_path if prepared is None else prepared / PREPARED_GRAPH
        options = _options(intra_op_threads, bundle.manifest.quantization)
        if prepared is not None:
            disable = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.graph_optimization_level = disable  # it has been optimised
        if write_to is not None:
            _write_optimised(options, write_to)
        try:
            self._session = onnxruntime.InferenceSession(
                self._graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            if _finds_no_memory(error):
                raise no_memory() from error
            raise BundleError(
                f"{self._graph}: expected a graph that loads, got {error}", file=self._graph.name
            ) from error
        self._check_names()

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """model_input: float32 [N] samples, or [features, N] frames of them; N at least what makes
        one frame. Returns float32 [T, V].

        Raises InferenceError if the graph fails, or its answer is not finite float32 of the
        promised shape, and OutOfMemory.
        """
        manifest, length = self._manifest, model_input.shape[-1]
        feeds: dict[str, NDArray[np.generic]] = {manifest.input: model_input[np.newaxis]}
        if manifest.length_input is not None:
            feeds[manifest.length_input] = np.array([length], dtype=np.int64)
        try:
            (output,) = self._session.run([manifest.output], feeds)
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            if _finds_no_memory(error):
                raise no_memory() from error
            raise InferenceError(f"expected logits, got {error}") from error
        expected = (1, manifest.framing.output_length(length), self._width)
        if output.dtype != np.float32 or output.shape != expected:
            raise InferenceError(
                f"expected float32 logits of shape {expected}, got {output.dtype} {output.shape}"
            )
        logits: NDArray[np.float32] = output[0]
        if not np.isfinite(logits).all():
            raise InferenceError("expected finite logits, got NaN or infinity")
        return logits

    def _check_names(self) -> None:
        manifest = self._manifest
        inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name: node.shape for node in self._session.get_outputs()}
        wanted = {manifest.input} | ({manifest.length_input} - {None})
        if inputs != wanted or manifest.output not in outputs:
            raise BundleError(
                f"{self._graph}: expected inputs {sorted(map(str, wanted))} and output "
                f"{manifest.output}, got {sorted(inputs)} and {sorted(outputs)}",
                file=self._graph.name,
            )
        width = outputs[manifest.output][-1]
        if isinstance(width, int) and width != self._width:
            raise BundleError(
                f"{self._graph}: expected logits as wide as the {self._width} tokens of the "
                f"vocabulary, got {width}",
                file=self._graph.name,
            )


def _finds_no_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_MEMORY)


def _options(intra_op_threads: int, quantization: Quantization) -> onnxruntime.SessionOptions:
    """Why these: docs/decisions/013-prepared-models.md."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = intra_op_threads
    options.inter_op_num_threads = 1
    # Spinning threads take the quota from the other requests of a busy pod.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Lower memory for requests of mixed length, at no cost in speed.
    options.enable_mem_pattern = False
    # Planning is a third of the load, and saves no memory; of a stock graph it takes a third more.
    options.enable_mem_reuse = False
    if quantization.weight_bits > SAFE_BITS and read_processor().sums_exactly is False:
        # Sums in 32 bits, slower: docs/decisions/016-weight-range.md.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def _write_optimised(options: onnxruntime.SessionOptions, folder: Path) -> None:
    """The session that is opened with these options writes its graph, and packed weights beside."""
    options.optimized_model_filepath = str(folder / PREPARED_GRAPH)
    options.log_severity_level = ERRORS  # that it is for this hardware alone is known
    for name, value in {
        "save_external_prepacked_constant_initializers": "1",
        "optimized_model_external_initializers_file_name": PREPARED_WEIGHTS,
        "optimized_model_external_initializers_min_size_in_bytes": str(LEAST_MAPPED_BYTES),
    }.items():
        options.add_session_config_entry(f"session.{name}", value)
