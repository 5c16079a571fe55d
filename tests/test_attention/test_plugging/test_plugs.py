"""Plugs reach the right places of timm's CNNs and SMP's U-Nets, keep every name, and start as identities."""

import copy
import io
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from attention import Site, build, find, plug, sites, unplug
from attention.contracts.example_inputs import fixed_seed, images, randomize
from tests.test_attention.oracles import reference

timm = reference("timm")


def backbone(name: str = "test_resnet", **arguments: Any) -> nn.Module:
    """A small timm model in evaluation mode whose zero-initialised norms are randomised."""
    with fixed_seed(0):
        model: nn.Module = timm.create_model(name, num_classes=5, **arguments)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomize(module)
    return model.eval()


ACTED = {"test_resnet": "act2", "resnest14d": "act3", "regnety_002": "act3"}


def unet(encoder: str = "tu-test_resnet") -> nn.Module:
    """A small segmenter in evaluation mode, whose residual branches are not zero."""
    with fixed_seed(0):
        model: nn.Module = reference("segmentation_models_pytorch").Unet(encoder, encoder_weights=None)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomize(module)
    return model.eval()


def cbam(site: Site) -> nn.Module:
    return build("cbam", site.channels)


def photo(size: int = 64) -> Tensor:
    return images(1, 3, (size, size))


def test_blocks_of_a_resnet_are_the_last_norms_before_the_addition() -> None:
    found = sites(backbone("resnet18"), "block", example=photo())
    assert [site.name for site in found] == [f"layer{i}.{j}.bn2" for i in (1, 2, 3, 4) for j in (0, 1)]
    assert [site.stage for site in found] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [site.channels for site in found] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [site.grid for site in found[::2]] == [(16, 16), (8, 8), (4, 4), (2, 2)]


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


@pytest.mark.parametrize("where", ["block", "stage", "block@1,2", "stage@4"])
@pytest.mark.parametrize("module", ["cbam", "scse", "non_local"])
def test_fresh_plugs_change_no_bit_and_no_name(where: str, module: str) -> None:
    model = backbone("resnet18")
    before, keys = model(photo()), list(model.state_dict())
    places = sites(model, where, example=photo())
    assert plug(model, places, lambda site: build(module, site.channels)) == [site.name for site in places]
    assert torch.equal(model(photo()), before)
    assert [key for key in model.state_dict() if not key.startswith("plugs.")] == keys
    assert len(model.get_submodule("plugs").state_dict()) > 0


@pytest.mark.parametrize("where", ["block", "stage"])
def test_every_plug_changes_the_output_and_gets_gradients(where: str) -> None:
    model = backbone("resnet10t")
    before = model(photo())
    places = sites(model, where, example=photo())
    plug(model, places, cbam)
    randomize(model.get_submodule("plugs"))
    after = model(photo())
    assert not torch.equal(after, before)
    after.square().sum().backward()
    for name, parameter in model.get_submodule("plugs").named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


@pytest.mark.parametrize("copier", ["deepcopy", "pickle"])
def test_a_plugged_model_can_be_copied_and_the_copy_is_its_own(copier: str) -> None:
    model = backbone()
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    if copier == "deepcopy":
        other = copy.deepcopy(model)
    else:
        buffer = io.BytesIO()
        torch.save(model, buffer)
        buffer.seek(0)
        other = torch.load(buffer, weights_only=False)
    wanted = model(photo())
    assert torch.equal(other(photo()), wanted)
    randomize(other.get_submodule("plugs"), seed=8)
    assert not torch.equal(other(photo()), wanted)
    assert torch.equal(model(photo()), wanted)


def test_a_plugged_model_compiles_into_one_graph() -> None:
    torch.compiler.reset()
    model = backbone()
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(photo()), model(photo()), atol=1e-5)


def test_unplugging_gives_the_model_back() -> None:
    model = backbone()
    before, keys = model(photo()), list(model.state_dict())
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    unplug(model)
    assert torch.equal(model(photo()), before)
    assert list(model.state_dict()) == keys
    assert not any(module._forward_hooks for module in model.modules())


def test_finding_sites_changes_neither_weights_nor_modes_nor_random_numbers() -> None:
    model = backbone().train()
    model.get_submodule("layer1").eval()
    modes, state = [m.training for m in model.modules()], copy.deepcopy(model.state_dict())
    random = torch.get_rng_state()
    sites(model, "block", example=photo())
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


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


def test_channels_last_models_stay_channels_last() -> None:
    model = cast(Any, backbone("resnet10t")).to(memory_format=torch.channels_last)
    plug(model, sites(model, "block", example=photo()), cbam)
    seen: list[bool] = []
    model.get_submodule("layer4").register_forward_hook(
        lambda m, args, out: seen.append(out.is_contiguous(memory_format=torch.channels_last))
    )
    model(photo().contiguous(memory_format=torch.channels_last))
    assert seen == [True]


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("blok", r"no site 'blok'; did you mean 'block'\?"),
        ("block@0", "after @ write stage numbers from 1, such as block@1,2"),
        ("block@", "after @ write stage numbers"),
        ("stage@7", "ResNet has no stage at stage 7; it has them at 1, 2, 3, 4"),
        ("skip", "ResNet has no encoder and decoder"),
    ],
)
def test_a_misspelt_or_absent_site_is_told(where: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sites(backbone(), where, example=photo())


def test_a_model_without_residual_branches_has_no_block() -> None:
    with pytest.raises(ValueError, match="Sequential has no block; it has none"):
        sites(nn.Sequential(nn.Conv2d(3, 3, 3)), "block", example=photo())


def test_plugging_nothing_twice_or_what_does_not_fit_is_told() -> None:
    model = backbone()
    places = sites(model, "stage", example=photo())
    with pytest.raises(ValueError, match="no sites given"):
        plug(model, [], cbam)
    with pytest.raises(ValueError, match="a site appears twice"):
        plug(model, [places[0], places[0]], cbam)
    with pytest.raises(ValueError, match=r"site layer1 \(32 channels\): se: no option 'k'"):
        plug(model, places, lambda site: build("se", site.channels, k=1))
    assert not hasattr(model, "plugs")
    plug(model, places, cbam)
    with pytest.raises(ValueError, match="plugged already"):
        plug(model, places, cbam)


def test_unplugging_what_is_not_plugged_is_told() -> None:
    with pytest.raises(ValueError, match="not plugged"):
        unplug(backbone())


def test_plugs_follow_the_models_mode() -> None:
    model = backbone().eval()
    plug(model, sites(model, "stage", example=photo()), cbam)
    assert not any(module.training for module in model.modules())
    assert find("cbam").identity == "exact"
