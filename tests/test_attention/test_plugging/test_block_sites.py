"""Blocks are residual branches, or outputs of repeated modules."""

import pytest
import torch
from torch import Tensor, nn

from attention import plug, sites

from ..oracles import reference
from .models import backbone, photo

timm = reference("timm")


ACTED = {"test_resnet": "act2", "resnest14d": "act3", "regnety_002": "act3"}


def test_blocks_of_a_resnet_are_the_last_norms_before_the_addition() -> None:
    found = sites(backbone("resnet18"), "block", example=photo())
    assert [site.name for site in found] == [f"layer{i}.{j}.bn2" for i in (1, 2, 3, 4) for j in (0, 1)]
    assert [site.stage for site in found] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [site.channels for site in found] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [site.grid for site in found[::2]] == [(16, 16), (8, 8), (4, 4), (2, 2)]


@pytest.mark.parametrize(
    "name", ["test_resnet", "resnest14d", "convnext_atto", "efficientnet_b0", "regnety_002"]
)
def test_a_block_plug_scales_the_branch_and_nothing_else(name: str) -> None:
    """Zeroing the first block's plug must leave the shortcut: the block's input, or its projection."""
    model = backbone(name)
    place = sites(model, "block", example=photo())[-1]
    parent = model.get_submodule(place.name.rpartition(".")[0])
    seen: dict[str, Tensor] = {}
    parent.register_forward_hook(lambda m, args, out: seen.update(given=args[0].clone(), got=out.clone()))
    model.get_submodule(place.name).register_forward_hook(
        lambda m, args, out: seen.update(branch=out.clone())
    )
    model(photo())
    whole = dict(seen)
    plug(model, [place], lambda site: Zero())
    model(photo())
    assert not torch.equal(whole["got"], seen["got"])
    shortcut = whole["given"]
    for part in ("shortcut", "downsample"):
        projection = getattr(parent, part, None)
        shortcut = projection(shortcut) if isinstance(projection, nn.Module) else shortcut
    final = parent.get_submodule(ACTED[name]) if name in ACTED else None
    torch.testing.assert_close(seen["got"], final(shortcut.clone()) if final else shortcut)


class Zero(nn.Module):
    """Nothing comes through."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * 0


class Chain(nn.Sequential):
    """Two units of convolution, norm and activation in a row, without a residual branch."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.ReLU(),
        )


def test_without_blocks_each_convolution_unit_is_a_site() -> None:
    found = sites(Chain(), "block", example=photo(16))
    assert [(site.name, site.residual) for site in found] == [("2", False), ("4", False)]


class Block(nn.Module):
    """A block of two convolutions that is no Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.first(x).relu())
        return y


def test_without_residual_branches_each_repeated_module_is_a_site() -> None:
    found = sites(nn.Sequential(nn.Sequential(Block()), Block()), "block", example=photo(16))
    assert [(site.name, site.residual) for site in found] == [("0.0", False), ("1", False)]
