"""The sites of an arm's module, its inputs there, and contradictions that are errors before training."""

import pytest
import torch

from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RunSpec, Task
from experiments.models import placement
from experiments.models.build import Shape, build
from tests.test_experiments.made import run_spec

SHAPE = Shape(3, 64, 64, 4)


def spec(arm: ArmSpec, *, backbone: str = "test_resnet", decoder: str | None = None) -> RunSpec:
    task: Task = "segmentation" if decoder else "classification"
    return run_spec(task, arm=arm).model_copy(
        update={
            "backbone": BackboneSpec(name=backbone),
            "decoder": DecoderSpec(name=decoder) if decoder else None,
        }
    )


def classes(network: torch.nn.Module) -> set[str]:
    return {type(module).__name__ for module in network.modules()}


def test_none_with_stripped_attention_has_none() -> None:
    kept, _ = build(spec(ArmSpec(), backbone="seresnext26d_32x4d"), SHAPE)
    stripped, plugs = build(spec(ArmSpec(native="strip"), backbone="seresnext26d_32x4d"), SHAPE)
    assert "SEModule" in classes(kept) - classes(stripped)
    assert plugs == []
    names = stripped.state_dict().keys()
    assert names < kept.state_dict().keys()
    assert all(torch.equal(kept.state_dict()[name], stripped.state_dict()[name]) for name in names)


def test_ours_takes_the_place_of_the_backbones_own() -> None:
    arm = ArmSpec(module="eca", site="native", native="replace")
    network, plugs = build(spec(arm, backbone="seresnext26d_32x4d"), SHAPE)
    assert "SEModule" not in classes(network)
    assert [plugged.site for plugged in plugs][:2] == ["layer1.0.se", "layer1.1.se"]
    assert network(SHAPE.example().expand(2, -1, -1, -1)).shape == (2, 4)


def test_a_branch_module_stands_for_the_blocks_convolutions() -> None:
    network, plugs = build(spec(ArmSpec(module="sk", site="conv"), backbone="resnet18"), SHAPE)
    assert "layer1.0.conv1" in [plugged.site for plugged in plugs]
    assert "layer1.0.conv1.weight" not in network.state_dict()
    network.train()(torch.randn(2, 3, 64, 64)).sum().backward()
    for name, parameter in network.get_submodule("plugs").named_parameters():
        assert parameter.grad is not None, name


@pytest.mark.parametrize("module", ["attention_gate", "cross_attention"])
def test_a_module_of_two_inputs_sees_the_next_deeper_skip(module: str) -> None:
    arm = ArmSpec(module=module, site="skip")
    network, plugs = build(spec(arm, backbone="resnet18", decoder="unet"), SHAPE)
    assert [plugged.site for plugged in plugs] == [f"encoder[{at}]" for at in (1, 2, 3, 4)]
    seen = []
    gate = network.get_submodule("plugs.encoder[3]")
    gate.register_forward_hook(lambda m, args, out: seen.append([tuple(one.shape) for one in args]))
    network(SHAPE.example())
    assert seen == [[(1, 128, 8, 8), (1, 256, 4, 4)]]


@pytest.mark.parametrize("module", ["attention_gate", "cross_attention"])
@pytest.mark.parametrize("decoder", [None, "unet"])
def test_a_module_of_two_inputs_sees_the_stage_before(module: str, decoder: str | None) -> None:
    network, plugs = build(
        spec(ArmSpec(module=module, site="stage"), backbone="resnet18", decoder=decoder), SHAPE
    )
    assert [plugged.site.split(".")[-1] for plugged in plugs] == ["layer2", "layer3", "layer4"]
    seen = []
    gate = list(network.get_submodule("plugs").children())[1]
    gate.register_forward_hook(lambda m, args, out: seen.append([tuple(one.shape) for one in args]))
    network(SHAPE.example())
    assert seen == [[(1, 256, 4, 4), (1, 128, 8, 8)]]


def test_a_skip_that_the_decoder_does_not_read_is_left_out() -> None:
    _, plugs = build(spec(ArmSpec(module="se", site="skip"), backbone="resnet18", decoder="deeplabv3"), SHAPE)
    assert [plugged.site for plugged in plugs] == ["encoder[5]"]


def test_sites_that_do_not_reach_the_output_are_left_out() -> None:
    small = Shape(3, 160, 160, 4)
    _, plugs = build(spec(ArmSpec(module="se", site="stage"), backbone="test_vit"), small)
    found = [plugged.site for plugged in plugs]
    assert found[0] == "blocks.0"
    assert "blocks.5" not in found


@pytest.mark.parametrize(
    ("arm", "why"),
    [
        (ArmSpec(native="replace"), "native: replace needs a module; to only remove .*, write native: strip"),
        (ArmSpec(module="se", site="native"), "site: native and native: keep do not go together"),
        (ArmSpec(module="se", site="stage", native="replace"), "native: replace takes no site of its own"),
        (
            ArmSpec(module="se", site="conv"),
            "se cannot replace a convolution; sk, split_attention and pyramid",
        ),
        (
            ArmSpec(module="attention_gate"),
            "needs two maps, which only skips and stages have; give site: skip or stage",
        ),
    ],
)
def test_contradicting_site_and_module_are_an_error(arm: ArmSpec, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        placement.check_site(arm)


def test_stripping_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="native: strip changes nothing"):
        build(spec(ArmSpec(native="strip")), SHAPE)


def test_replacing_without_a_site_means_the_native_one() -> None:
    assert placement.resolve_site(ArmSpec(module="se", native="replace")).site == "native"


@pytest.mark.parametrize(("module", "site"), [("sk", "conv"), ("cross_attention", "stage"), ("se", "block")])
def test_a_module_without_a_site_goes_where_its_kind_belongs(module: str, site: str) -> None:
    assert placement.resolve_site(ArmSpec(module=module)).site == site
    assert placement.resolve_site(ArmSpec(module=module, site="stage@2")).site == "stage@2"
    assert placement.resolve_site(ArmSpec(module=module, site="block")).site == "block"


@pytest.mark.parametrize("arm", [ArmSpec(), ArmSpec(module="se")])
def test_arms_that_keep_native_attention_have_the_key_that_they_had(arm: ArmSpec) -> None:
    assert "native" not in arm.model_dump()
    assert ArmSpec(native="strip").model_dump()["native"] == "strip"
