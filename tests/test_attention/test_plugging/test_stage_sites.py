"""Stages are the outputs that timm and SMP call features."""

import pytest
import torch

from attention import plug, sites
from attention.contracts.example_inputs import randomize

from ..oracles import reference
from .models import backbone, cbam, photo, unet

timm = reference("timm")


@pytest.mark.parametrize(
    ("name", "blocks", "stages", "last"),
    [
        ("resnet10t", 4, 4, "layer4.0.bn2"),
        ("resnet50", 16, 4, "layer4.2.bn3"),
        ("seresnext26d_32x4d", 8, 4, "layer4.1.se"),
        ("resnest14d", 4, 4, "layer4.0.bn3"),
        ("convnext_atto", 12, 4, "stages.3.blocks.1.drop_path"),
        ("test_convnext", 9, 4, "stages.3.blocks.1.drop_path"),
        ("efficientnet_b0", 9, 5, "blocks.5.3.drop_path"),
        ("mobilenetv3_small_050", 7, 4, "blocks.4.2.drop_path"),
        ("regnety_002", 13, 4, "s4.b7.drop_path"),
    ],
)
def test_blocks_and_stages_are_as_many_as_the_architecture_has(
    name: str, blocks: int, stages: int, last: str
) -> None:
    model = backbone(name)
    found = sites(model, "block", example=photo())
    assert (len(found), found[-1].name) == (blocks, last)
    assert [site.stage for site in sites(model, "stage", example=photo())] == list(range(1, stages + 1))


@pytest.mark.parametrize("encoder", ["tu-test_resnet", "tu-resnet18", "resnet18", "tu-convnext_atto"])
def test_blocks_and_stages_of_a_segmenter_are_its_encoders(encoder: str) -> None:
    model = unet(encoder)
    blocks, stages = (sites(model, where, example=photo()) for where in ("block", "stage"))
    assert all(site.name.startswith("encoder.") for site in (*blocks, *stages))
    assert [site.stage for site in stages] == [1, 2, 3, 4]
    before = model(photo())
    plug(model, [*blocks, *stages], cbam)
    assert torch.equal(model(photo()), before)
    randomize(model.get_submodule("plugs"))
    assert not torch.equal(model(photo()), before)
