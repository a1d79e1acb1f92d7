"""hi-demo's checkpoint, read back from a graph of the stock policy: done once.

    python -m export.demo.hindi.stock models/hi-demo build/hi-demo-restored.nemo

As export/demo/hebrew/stock.py: its products have 7 bits, all else is as it was trained, but for the
norms of the batch, which NeMo's export folds into the convolutions before them.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from export.demo.hindi.restored import unfolded, write_checkpoint
from service.bundle import open_bundle


def main(folder: Path, path: Path) -> None:
    """Write the checkpoint of the bundle in `folder` to `path`."""
    bundle = open_bundle(folder)
    graph = onnx.load(bundle.model_path).graph
    tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    state = {name: tensors[name] for name in tensors if name.startswith(("encoder.", "decoder."))}
    for node in graph.node:
        place = f"encoder{node.name.replace('/', '.')}"
        if node.op_type == "MatMulInteger":  # /layers.0/.../linear_q/MatMul_quant
            base = node.input[1].removesuffix("_quantized")
            assert not tensors[f"{base}_zero_point"].any()  # noqa: S101
            weight = tensors[node.input[1]].astype(np.float32) * tensors[f"{base}_scale"]
            state[f"{place.removesuffix('.MatMul_quant')}.weight"] = weight.T
        elif node.name.endswith("/depthwise_conv/Conv"):
            kernel, bias = (tensors[name] for name in node.input[1:])
            state |= unfolded(kernel, bias, place.removesuffix(".depthwise_conv.Conv"))
    write_checkpoint(bundle, state, path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
