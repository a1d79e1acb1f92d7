"""he-demo's checkpoint, read back from a graph of the stock policy: done once.

    python -m export.demo.hebrew.stock models/he-demo build/he-demo-restored

The checkpoint that was trained is gone; the bundle was of the stock policy. Its products have
7 bits, all else is as it was trained. Once the bundle is an integer graph, `restored.py` reads it.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import Wav2Vec2ForCTC

from export.demo.hebrew.model import demo_config, save_checkpoint
from export.huggingface import TRAINING_WEIGHTS
from service.bundle import open_bundle


def main(bundle: Path, folder: Path) -> None:
    """Write the checkpoint of `bundle` into `folder`."""
    graph = onnx.load(open_bundle(bundle).model_path).graph
    tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    model = Wav2Vec2ForCTC(demo_config())
    state = {name: tensors[name] for name in model.state_dict() if name in tensors}
    for node in graph.node:
        if node.op_type == "MatMulInteger":  # /wav2vec2/.../q_proj/MatMul_quant
            base = node.input[1].removesuffix("_quantized")
            assert not tensors[f"{base}_zero_point"].any()  # noqa: S101
            weight = tensors[node.input[1]].astype(np.float32) * tensors[f"{base}_scale"]
            state[f"{node.name[1:].replace('/', '.').removesuffix('.MatMul_quant')}.weight"] = (
                weight.T
            )
    state |= {name: np.zeros_like(model.state_dict()[name]) for name in TRAINING_WEIGHTS}
    model.load_state_dict({name: torch.tensor(values) for name, values in state.items()})
    save_checkpoint(model, folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
