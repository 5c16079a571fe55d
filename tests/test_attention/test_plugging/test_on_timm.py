"""Plugs in 28 timm models that represent its families: identity start, liveness, gradients, special cases."""

import functools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention import Site, build, plug, reach_output, sites, unplug
from attention.contracts.example_inputs import fixed_seed, images, randomize

from ..oracles import reference

timm = reference("timm")


SMALL, FIXED = 64, 224


MODELS = {
    "resnet18": SMALL,
    "seresnext26d_32x4d": SMALL,
    "resnest14d": SMALL,
    "res2net50_14w_8s": SMALL,
    "efficientnet_b0": SMALL,
    "mobilenetv3_small_050": SMALL,
    "lcnet_050": SMALL,
    "regnety_002": SMALL,
    "convnext_atto": SMALL,
    "test_nfnet": SMALL,
    "densenet121": SMALL,
    "vgg11": SMALL,
    "dla34": SMALL,
    "dpn68": SMALL,
    "hrnet_w18_small": SMALL,
    "rexnet_100": SMALL,
    "repvgg_a0": SMALL,
    "edgenext_xx_small": SMALL,
    "vit_tiny_patch16_224": FIXED,
    "pit_ti_distilled_224": FIXED,
    "swin_tiny_patch4_window7_224": FIXED,
    "mixer_s32_224": FIXED,
    "crossvit_9_240": 240,
    "coat_tiny": FIXED,
    "hiera_tiny_224": FIXED,
    "mvitv2_tiny": FIXED,
    "efficientvim_m1": FIXED,
    "nest_tiny": FIXED,
}


BLOCKS = {
    "resnet18": 8,
    "seresnext26d_32x4d": 8,
    "resnest14d": 4,
    "res2net50_14w_8s": 16,
    "efficientnet_b0": 9,
    "regnety_002": 13,
    "convnext_atto": 12,
    "rexnet_100": 11,
    "dpn68": 22,
    "vit_tiny_patch16_224": 24,
    "swin_tiny_patch4_window7_224": 24,
    "mixer_s32_224": 16,
    "hiera_tiny_224": 24,
    "nest_tiny": 24,
    "pit_ti_distilled_224": 24,
}


NOT_RESIDUAL = {"densenet121", "lcnet_050", "vgg11"}


DEAD = {
    "vit_tiny_patch16_224": ({"blocks.11"}, {"blocks.11.drop_path1", "blocks.11.drop_path2"}),
    "pit_ti_distilled_224": (
        {"transformers.2[0]"},
        {"transformers.2.blocks.3.drop_path1", "transformers.2.blocks.3.drop_path2"},
    ),
    "crossvit_9_240": ({"blocks.2[0]", "blocks.2[1]"}, set()),
    "coat_tiny": (
        {f"parallel_blocks.5[{at}]" for at in (1, 2, 3)},
        {f"parallel_blocks.5.drop_path#{at}" for at in range(1, 7)},
    ),
    "efficientvim_m1": ({f"stages.{at}[0]" for at in range(3)}, set()),
}


@functools.cache
def backbone(name: str) -> Any:
    with fixed_seed(0):
        model = timm.create_model(name, num_classes=5)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomize(module)
    return model.eval()


def photo(name: str) -> Tensor:
    return images(1, 3, (MODELS[name], MODELS[name]))


def gate(site: Site) -> nn.Module:
    """One gate that is spatial and channelwise."""
    return build("cbam", site.channels)


@functools.cache
def both(name: str) -> tuple[list[Site], list[Site]]:
    model = backbone(name)
    stage, block = (sites(model, where, example=photo(name)) for where in ("stage", "block"))
    return stage, block


def separate(name: str) -> list[Site]:
    """List all sites that can be plugged together."""
    stage, block = both(name)
    taken = {site.path for site in stage}
    return [*stage, *(site for site in block if site.path not in taken)]


@pytest.mark.parametrize("name", MODELS)
def test_a_fresh_plug_at_every_site_changes_no_bit_and_no_name(name: str) -> None:
    model, x = backbone(name), photo(name)
    keys = list(model.state_dict())
    with torch.no_grad():
        before = model(x)
        plug(model, separate(name), gate)
        after = model(x)
    named = [key for key in model.state_dict() if not key.startswith("plugs.")]
    unplug(model)
    assert torch.equal(before, after)
    assert named == keys == list(model.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_site_reaches_the_output_or_is_known_to_be_dead(name: str) -> None:
    model = backbone(name)
    for places, dead in zip(both(name), DEAD.get(name, (set(), set())), strict=True):
        alive = reach_output(model, places, example=photo(name))
        assert {site.name for site, is_live in zip(places, alive, strict=True) if not is_live} == dead
    assert not hasattr(model, "plugs")


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_gradients_reach_every_live_plug(name: str) -> None:
    model, dead = backbone(name), set().union(*DEAD.get(name, (set(), set())))
    places = [site for site in separate(name) if site.name not in dead]
    plug(model, places, lambda site: build("se", site.channels, start="paper"))
    try:
        with Awake(model):
            model(photo(name)).square().sum().backward()
        still = [
            place
            for place, module in model.get_submodule("plugs").named_children()
            if not any(p.grad is not None and bool(p.grad.any()) for p in module.parameters())
        ]
        assert still == []
    finally:
        unplug(model)
        model.zero_grad()


class Awake:
    """Parameters that start at (nearly) zero are not, for a while: behind them nothing learns at first."""

    def __init__(self, model: nn.Module) -> None:
        self.asleep = [p for p in model.parameters() if p.dim() and float(p.detach().abs().max()) < 1e-3]

    def __enter__(self) -> None:
        self.were = [p.detach().clone() for p in self.asleep]
        with torch.no_grad():
            for parameter in self.asleep:
                parameter.normal_(std=0.1, generator=torch.Generator().manual_seed(0))

    def __exit__(self, *_: Any) -> None:
        with torch.no_grad():
            for parameter, was in zip(self.asleep, self.were, strict=True):
                parameter.copy_(was)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_as_many_as_the_architecture_has(name: str) -> None:
    assert len(both(name)[1]) == BLOCKS[name]


@pytest.mark.parametrize("name", MODELS)
def test_sites_without_an_addition_are_marked_as_not_residual(name: str) -> None:
    assert {site.residual for site in both(name)[1]} == {name not in NOT_RESIDUAL}


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("hiera_tiny_224", 0),
        ("hiera_tiny_224", 1),
        ("hiera_tiny_224", 3),
        ("swin_tiny_patch4_window7_224", 1),
        ("vit_tiny_patch16_224", 3),
        ("pit_ti_distilled_224", 2),
        ("mvitv2_tiny", 2),
        ("nest_tiny", 0),
    ],
)
def test_a_plugs_map_is_the_one_that_timm_calls_the_feature(name: str, at: int) -> None:
    model, x, seen = backbone(name), photo(name), Seen()
    with torch.no_grad():
        wanted = model.forward_intermediates(x, indices=[at], intermediates_only=True)[0]
        plug(model, [both(name)[0][at]], lambda site: seen)
        model(x)
        unplug(model)
    assert torch.equal(seen.map, wanted)


@pytest.mark.parametrize("at", [0, 9])
def test_nests_blocks_are_joined_as_its_own_function_joins_them(at: int) -> None:
    model, seen, blocked = backbone("nest_tiny"), Seen(), dict[str, Tensor]()
    place = both("nest_tiny")[1][at]
    handle = model.get_submodule(place.path).register_forward_hook(lambda m, a, out: blocked.update(out=out))
    plug(model, [place], lambda site: seen)
    with torch.no_grad():
        model(photo("nest_tiny"))
    unplug(model)
    handle.remove()
    joined = timm.models.nest.deblockify(blocked["out"], 14).permute(0, 3, 1, 2)
    assert torch.equal(seen.map, joined)


class Seen(nn.Module):
    """Keeps the map it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.map = torch.empty(0)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        self.map = x_BCHW.clone()
        return x_BCHW


def test_a_shared_slot_has_one_plug_for_each_call() -> None:
    model, x = backbone("mixer_s32_224"), photo("mixer_s32_224")
    places = [site for site in both("mixer_s32_224")[1] if site.path == "blocks.0.drop_path"]
    assert [site.name for site in places] == ["blocks.0.drop_path#1", "blocks.0.drop_path#2"]
    gates = [Seen(), Seen()]
    left = iter(gates)
    plug(model, places, lambda site: next(left))
    with torch.no_grad():
        model(x)
        first = [seen.map for seen in gates]
        model(x)
    unplug(model)
    assert not torch.equal(*first)
    assert all(torch.equal(seen.map, was) for seen, was in zip(gates, first, strict=True))


def test_prefix_tokens_stay_unchanged() -> None:
    model, x = backbone("vit_tiny_patch16_224"), photo("vit_tiny_patch16_224")
    place = both("vit_tiny_patch16_224")[0][0]
    out: list[Tensor] = []
    handle = model.get_submodule(place.path).register_forward_hook(lambda m, a, tokens: out.append(tokens))
    with torch.no_grad():
        model(x)
        plug(model, [place], lambda site: Negative())
        model.get_submodule(place.path).register_forward_hook(lambda m, a, tokens: out.append(tokens))
        model(x)
    unplug(model)
    handle.remove()
    assert torch.equal(out[-1][:, :1], out[0][:, :1])
    assert torch.equal(out[-1][:, 1:], -out[0][:, 1:])


class Negative(nn.Module):
    def forward(self, x_BCHW: Tensor) -> Tensor:
        return -x_BCHW
