"""What onnx-asr and sherpa-onnx look for in a model's folder, beyond what the service reads.

    config.json      nemo-conformer only: onnx-asr's kind of model, mel bins and subsampling
    vocab.txt        the vocabulary in the peers' spelling: the blank `<blk>`, a space "▁"
    metadata_props   in the ONNX file, nemo-conformer only: sherpa-onnx's facts
    no mask          wav2vec2: sherpa-onnx feeds a waveform and nothing else

Nothing of it changes an answer of ours. docs/PEERS.md says how each opens a bundle, and why
onnx-asr cannot open wav2vec2.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import onnx
from onnx import TensorProto, helper

CONFIG_FILE: Final = "config.json"
VOCABULARY_FILE: Final = "vocab.txt"
BLANK: Final = "<blk>"  # the one name that both know
SPACE: Final = "▁"  # SentencePiece's; both write a space for it


def peer_vocabulary(tokens: Sequence[str], blank_id: int, word_delimiter: str) -> dict[str, str]:
    """The vocabulary's file, name and text; both peers know the blank by its name.

    tokens: all, in the order of their ids; word_delimiter: the token, or the mark within tokens,
    that stands for a space.
    """
    spelled = [SPACE if token == word_delimiter else token for token in tokens]
    spelled[blank_id] = BLANK
    lines = "".join(f"{token} {index}\n" for index, token in enumerate(spelled))
    return {VOCABULARY_FILE: lines}


def conformer_config(subsampling_factor: int, features_size: int) -> dict[str, str]:
    """What onnx-asr asks of a conformer, name and text. features_size: mel bins, 80 or 128."""
    config = {
        "model_type": "nemo-conformer-ctc",
        "features_size": features_size,
        "subsampling_factor": subsampling_factor,  # onnx-asr takes 8 where it is not told
    }
    return {CONFIG_FILE: f"{json.dumps(config, indent=2)}\n"}


def conformer_metadata(width: int, subsampling_factor: int, normalize: str) -> dict[str, str]:
    """What sherpa-onnx reads of a conformer from the ONNX file itself.

    width: of the log-probabilities, the blank included; normalize: NeMo's
    `preprocessor.normalize`.
    """
    return {
        # Without the first two, sherpa-onnx ends the process; without the third, it normalises
        # nothing and hears noise. The fourth tells its command line what this is.
        "vocab_size": str(width - 1),
        "subsampling_factor": str(subsampling_factor),
        "normalize_type": normalize,
        "model_type": "EncDecCTCModelBPE",
    }


def add_metadata(path: Path, metadata: Mapping[str, str]) -> None:
    """Put `metadata` into an ONNX file, beside or in place of what it has."""
    model = onnx.load(path)
    present = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, {**present, **metadata})
    onnx.save(model, path)


def fold_mask(path: Path, waveform_input: str, mask_input: str) -> None:
    """Take the mask, where there is one, from an ONNX file's inputs: in its place, ones in the
    waveform's shape.

    One waveform at a time has no padding, so that its mask is always of ones. Whoever batches needs
    the mask; this is for a graph that is served.
    """
    model = onnx.load(path)
    graph = model.graph
    mask = next((value for value in graph.input if value.name == mask_input), None)
    if mask is None:
        return
    graph.input.remove(mask)
    shape = f"{mask_input}_shape"
    one = helper.make_tensor("one", TensorProto.INT64, dims=[1], vals=[1])
    graph.node.insert(0, helper.make_node("Shape", [waveform_input], [shape], name=shape))
    ones = helper.make_node("ConstantOfShape", [shape], [mask_input], name=mask_input, value=one)
    graph.node.insert(1, ones)
    onnx.checker.check_model(model)
    onnx.save(model, path)
