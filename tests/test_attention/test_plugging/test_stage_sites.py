"""Stages are the outputs that timm and SMP call features."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

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


class Pyramid(nn.Module):
    """A stem and three convolutions of stride 2, listed in `feature_info` or returned as a list."""

    def __init__(self, returns_list: bool) -> None:
        super().__init__()
        self.returns_list = returns_list
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(4 * 2**i, 8 * 2**i, 3, stride=2, padding=1), nn.Conv2d(8 * 2**i, 8 * 2**i, 1)
            )
            for i in range(3)
        )
        self.feature_info = [
            {"module": f"stages.{i}", "num_chs": 8 * 2**i, "reduction": 4 * 2**i} for i in range(3)
        ]

    def forward(self, x: Tensor) -> Any:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps if self.returns_list else maps[-1]


@pytest.mark.parametrize("returns_list", [False, True])
def test_stages_are_found_by_the_list_or_by_the_returned_maps_without_the_stem(returns_list: bool) -> None:
    found = sites(Pyramid(returns_list), "stage", example=photo())
    assert [site.name for site in found] == ["stages.0", "stages.1", "stages.2"]
    assert [(site.channels, site.grid) for site in found] == [(8, (16, 16)), (16, (8, 8)), (32, (4, 4))]
    assert [site.second and site.second.name for site in found] == [None, "stages.0", "stages.1"]


def test_a_listed_stage_that_returns_no_map_is_rejected() -> None:
    model = Pyramid(returns_list=False)
    model.feature_info[1]["num_chs"] = 17
    with pytest.raises(ValueError, match=r"Pyramid: the stage 'stages\.1' returns no map"):
        sites(model, "stage", example=photo())
