"""Weights of an architecture of every family of timm load at its own size, and give timm's own output bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import nn

from attention.contracts.example_inputs import fixed_seed, images
from experiments.config.run_spec import ArmSpec, BackboneSpec
from experiments.models.build import Shape, build
from experiments.models.pretrained import pretrained_file, resolve_backbone
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_models.families import FAMILIES

SAMPLE = (
    "cait",
    "deit",
    "levit",
    "maxxvit",
    "mlp_mixer",
    "resnet",
    "swin_transformer_v2",
    "vision_transformer",
    "xcit",
)
"""Families in the fast run: those whose weights were once refused at their own size."""


def trained(name: str, args: dict[str, Any]) -> nn.Module:
    """An architecture whose parameters all differ from its first ones."""
    with fixed_seed(0):
        network: nn.Module = timm.create_model(name, **args)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.02)
    return network.eval()


def test_every_family_of_timm_has_a_member() -> None:
    modules = {module for module in timm.list_modules() if timm.list_models(module=module)}
    assert modules == FAMILIES.keys()
    assert {
        family: member.name in timm.list_models(module=family) for family, member in FAMILIES.items()
    } == (dict.fromkeys(FAMILIES, True))


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow) for name in FAMILIES]
)
def test_weights_load_at_the_architectures_own_size_and_give_timms_own_output(
    family: str, tmp_path: Path
) -> None:
    name, args, side = FAMILIES[family]
    stock: Any = trained(name, args)
    height, width = (side, side) if side else stock.pretrained_cfg["input_size"][1:]
    torch.save(stock.state_dict(), tmp_path / "model.pth")
    given = BackboneSpec(name=name, args=args, pretrained=str(tmp_path / "model.pth"))
    backbone, note = resolve_backbone(given, tmp_path)
    spec = run_spec(arm=ArmSpec()).model_copy(update={"backbone": backbone})
    shape = Shape(3, height, width, stock.num_classes)
    ours, _ = build(spec, shape, pretrained=pretrained_file(backbone, tmp_path))
    x = images(1, 3, (height, width))
    with torch.inference_mode():
        theirs = stock(x)
        assert torch.equal(ours.eval()(x), theirs)
    assert bool(theirs.isfinite().all())
    assert float(theirs.std()) > 0
    assert note == ""
