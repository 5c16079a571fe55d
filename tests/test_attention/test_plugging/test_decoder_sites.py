"""Skips and decoder blocks of segmentation models."""

import torch

from attention import plug, sites, unplug
from attention.contracts.example_inputs import randomize

from .models import cbam, photo, unet


def test_skips_are_what_the_decoder_receives_without_the_image() -> None:
    model = unet("tu-resnet18")
    found = sites(model, "skip", example=photo())
    assert [site.name for site in found] == [f"encoder[{i}]" for i in range(1, 6)]
    assert [site.channels for site in found] == [64, 64, 128, 256, 512]
    assert [site.grid[0] for site in found] == [32, 16, 8, 4, 2]


def test_skips_leave_empty_entries_alone() -> None:
    found = sites(unet("tu-convnext_atto"), "skip", example=photo())
    assert [(site.stage, site.channels) for site in found] == [(2, 40), (3, 80), (4, 160), (5, 320)]


def test_skip_plugs_gate_each_map_by_its_own_module() -> None:
    model = unet()
    before, encoded = model(photo()), model.get_submodule("encoder")(photo())
    plug(model, sites(model, "skip@2,4", example=photo()), cbam)
    assert torch.equal(model(photo()), before)
    plugs = model.get_submodule("plugs")
    randomize(plugs)
    after = model.get_submodule("encoder")(photo())
    assert [torch.equal(a, b) for a, b in zip(after, encoded, strict=True)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
    assert torch.equal(after[2], plugs.get_submodule("encoder[2]")(encoded[2]))
    unplug(model)
    assert torch.equal(model(photo()), before)
