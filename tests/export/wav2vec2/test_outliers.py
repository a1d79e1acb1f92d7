"""Planted outliers: there, and without a trace in float32."""

import copy

import numpy as np
import pytest
import torch
from test_integer_graph import FAMILIES, network, noise, torch_logits
from torch import Tensor
from transformers import Wav2Vec2ForCTC

from export.wav2vec2.outliers import Outliers, plant

HEARD = torch.from_numpy(noise(16000)[0])


def planted(model: Wav2Vec2ForCTC, outliers: Outliers) -> Wav2Vec2ForCTC:
    changed = copy.deepcopy(model)
    plant(changed, outliers, HEARD)
    return changed


def into(model: Wav2Vec2ForCTC, part: str) -> Tensor:
    """What one of the first layer's products gets of other noise, [T, C]."""
    found: list[Tensor] = []
    module = model.wav2vec2.encoder.layers[0].get_submodule(part)
    handle = module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0][0]))
    with torch.inference_mode():
        model(HEARD[None])
    handle.remove()
    return found[0]


@pytest.mark.parametrize("factor", [20, 50])
@pytest.mark.parametrize("changes", FAMILIES.values(), ids=FAMILIES.keys())
def test_the_network_stays_what_it_was(changes: dict[str, object], factor: float) -> None:
    """In float32 torch answers the same, on other sound than that which was heard in planting."""
    model = network(**changes)
    changed = planted(model, Outliers(factor))
    for length in (400, 5000, 16000):
        expected = torch_logits(model, noise(length + 1), None)
        logits = torch_logits(changed, noise(length + 1), None)
        assert np.abs(logits - expected).max() < 1e-4


@pytest.mark.parametrize("part", ["attention.q_proj", "attention.out_proj", "feed_forward"])
def test_channels_stick_out(part: str) -> None:
    """As many channels as are asked for are as many times larger, in what each product gets."""
    model = network(**FAMILIES["layer norm, stable"])
    before, after = (
        into(changed, part) for changed in (model, planted(model, Outliers(30, pairs=0)))
    )
    ratios = (after.abs().max(dim=0).values / before.abs().max(dim=0).values).sort().values
    assert ratios[-6:] == pytest.approx(30, rel=1e-3)
    assert ratios[:-6] == pytest.approx(1, rel=1e-3)


def test_frames_stick_out() -> None:
    """The new units are silent in most frames, and in a few larger than all others ever are."""
    model = network(**FAMILIES["layer norm, stable"])
    part = "feed_forward.output_dense"
    before, after = into(model, part), into(planted(model, Outliers(30)), part)
    units = after[:, before.shape[1] :]
    assert units.shape[1] == 8
    fired = units > before.abs().max()
    assert fired.any(dim=0).all()
    assert fired.float().mean() < 0.1
    assert float(units.max()) == pytest.approx(30 * float(before.abs().max()), rel=1e-3)


def test_the_planted_checkpoint_is_one(tmp_path: pytest.TempPathFactory) -> None:
    """It is saved and read as any other."""
    changed = planted(network(**FAMILIES["layer norm, stable"]), Outliers(20))
    changed.save_pretrained(tmp_path)
    again = Wav2Vec2ForCTC.from_pretrained(tmp_path).eval()
    assert np.array_equal(
        torch_logits(again, noise(4000), None), torch_logits(changed, noise(4000), None)
    )
