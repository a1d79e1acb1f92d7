"""A graph's answer on this CPU, or an emulated one: python -m bench.answering GRAPH INPUTS OUTPUTS.

INPUTS and OUTPUTS are .npz files of arrays by name. It imports no more than it needs: an emulator
takes seconds for every module.
"""

import sys

import numpy as np
import onnxruntime


def main(graph: str, inputs: str, outputs: str) -> None:
    """Run the graph once, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    with np.load(inputs) as feeds:
        answers = session.run(names, dict(feeds))
    np.savez(outputs, **dict(zip(names, answers, strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
