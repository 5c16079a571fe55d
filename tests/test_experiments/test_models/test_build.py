"""An arm's network starts from the baseline's weights: they depend on the seed alone."""

import functools
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import attention
from attention.networks import NETWORKS
from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RunSpec, Task
from experiments.models.build import Shape, build, check_backbone
from experiments.models.placement import takes_two_maps
from experiments.models.width import scale_channels
from experiments.reproducibility.tensor_hash import hash_network
from tests.test_experiments.made import run_spec

SHAPE = Shape(1, 32, 32, 3)
WIDE_ENOUGH = BackboneSpec(name="resnet10t", args={"channels": [16, 16, 32, 32], "stem_width": 8})
PLACES: list[tuple[Task, str]] = [
    ("classification", "block"),
    ("classification", "stage"),
    ("segmentation", "block"),
    ("segmentation", "stage"),
    ("segmentation", "skip"),
]


def spec(task: Task, arm: ArmSpec, *, seed: int = 0) -> RunSpec:
    return run_spec(task, arm=arm, seed=seed).model_copy(update={"backbone": WIDE_ENOUGH})


@functools.cache
def without_plugs(task: Task, *, seed: int = 0) -> str:
    network, plugs = build(spec(task, ArmSpec(), seed=seed), SHAPE)
    assert plugs == []
    return hash_network(network)


@pytest.mark.parametrize(
    ("module", "task", "site"),
    [
        (module, task, site)
        for module in attention.CATALOG
        for task, site in PLACES
        if site != "block" or not takes_two_maps(module)
    ],
)
def test_every_module_leaves_the_first_weights_of_backbone_decoder_and_head(
    module: str, task: Task, site: str
) -> None:
    network, plugs = build(spec(task, ArmSpec(module=module, site=site)), SHAPE)
    assert plugs
    assert hash_network(network, without_plugs=True) == without_plugs(task)


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_first_weights_differ_between_seeds_and_are_the_same_twice(task: Task) -> None:
    assert without_plugs(task) != without_plugs(task, seed=1)
    assert hash_network(build(spec(task, ArmSpec()), SHAPE)[0]) == without_plugs(task)


def test_a_modules_own_first_weights_depend_on_seed_and_site() -> None:
    arm = ArmSpec(module="scse", options={"start": "paper"}, site="stage")
    one, again, other = (build(spec("classification", arm, seed=seed), SHAPE)[0] for seed in (0, 0, 1))
    assert hash_network(one) == hash_network(again)
    weights = [drawn(network) for network in (one, other)]
    assert weights[0]
    assert all(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    places = {name.split(".")[1] for name in weights[0]}
    first = [
        next(tensor for name, tensor in weights[0].items() if place in name) for place in sorted(places)[:2]
    ]
    assert not torch.equal(first[0], first[1])


def drawn(network: nn.Module) -> dict[str, Tensor]:
    """The plugged weights that are not all alike."""
    state = network.state_dict().items()
    return {name: tensor for name, tensor in state if "plugs." in name and len(tensor.unique()) > 1}


def test_building_leaves_the_global_generator_as_it_was() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    build(spec("classification", ArmSpec(module="scse")), SHAPE)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_hidden_width_at_its_minimum_is_recorded_as_clamped() -> None:
    arm = ArmSpec(module="se", options={"reduction": 8, "min_hidden": 4}, site="stage")
    _, plugs = build(spec("classification", arm), SHAPE)
    assert [(plug.effective, plug.clamped) for plug in plugs] == [
        ({"hidden": 4}, True),
        ({"hidden": 4}, True),
        ({"hidden": 4}, False),
        ({"hidden": 4}, False),
    ]
    _, plugs = build(
        spec("classification", ArmSpec(module="ge", options={"excite": "plain"}, site="stage")), SHAPE
    )
    assert [(plug.effective, plug.clamped) for plug in plugs] == [({}, False)] * 4


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_small_networks_are_backbones(name: str, task: Task) -> None:
    changed: dict[str, object] = {"backbone": BackboneSpec(name=name, args={"width": 8})}
    if task == "segmentation":
        with pytest.raises(ValueError, match="neck: 64 beside the decoder's name takes it"):
            build(spec(task, ArmSpec()).model_copy(update=changed), SHAPE)
        changed["decoder"] = DecoderSpec(neck=8)
    plain, _ = build(spec(task, ArmSpec()).model_copy(update=changed), SHAPE)
    gated, plugs = build(spec(task, ArmSpec(module="cbam", site="stage")).model_copy(update=changed), SHAPE)
    assert [plug.site.rpartition(".")[2] for plug in plugs] == ["gate1", "gate2"]
    x = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.equal(gated.eval()(x), plain.eval()(x))
    wide, _ = build(spec(task, ArmSpec(width=2.0)).model_copy(update=changed), SHAPE)
    assert sum(p.numel() for p in wide.parameters()) > 2 * sum(p.numel() for p in plain.parameters())


def test_plugged_modules_are_recorded_with_their_channels_and_widths() -> None:
    arm = ArmSpec(module="se", options={"reduction": 8, "min_hidden": 1}, site="stage")
    _, plugs = build(spec("classification", arm), SHAPE)
    assert [(plug.channels, plug.effective) for plug in plugs] == [
        (16, {"hidden": 2}),
        (16, {"hidden": 2}),
        (32, {"hidden": 4}),
        (32, {"hidden": 4}),
    ]
    assert [plug.site for plug in plugs] == ["layer1", "layer2", "layer3", "layer4"]


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize(("width", "more"), [(1.5, True), (0.67, False)])
def test_a_width_control_has_more_or_fewer_parameters(task: Task, width: float, more: bool) -> None:
    def parameters(arm: ArmSpec) -> int:
        return sum(p.numel() for p in build(spec(task, arm), SHAPE)[0].parameters())

    plain = parameters(ArmSpec())
    changed = parameters(ArmSpec(width=width))
    assert (changed > 1.3 * plain) if more else (changed < 0.7 * plain)


def test_widths_are_multiplied_and_rounded() -> None:
    args = {"channels": [16, 32, 64, 128], "stem_width": 8, "other": 3}
    assert scale_channels(args, 0.67) == {"channels": [11, 21, 43, 86], "stem_width": 5, "other": 3}
    assert scale_channels(args, 1.5) == {"channels": [24, 48, 96, 192], "stem_width": 12, "other": 3}
    assert scale_channels(args, 1.0) == args


def test_a_width_without_channels_to_scale_is_an_error() -> None:
    with pytest.raises(ValueError, match="width: "):
        scale_channels({}, 1.5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet10t.c3_in2k", "timm has no weights 'resnet10t.c3_in2k'; did you mean 'resnet10t.c3_in1k'"),
        ("resnet10tt.c3_in1k", "timm has no 'resnet10tt'; did you mean 'resnet10t'"),
        ("resnet50_mlp.a1_in1k", "timm has no weights 'resnet50_mlp.a1_in1k'; there is none"),
        ("resnet10t.", "timm has no weights 'resnet10t.'; did you mean 'resnet10t.c3_in1k'"),
        ("behavior_net.x", "timm has no weights 'behavior_net.x'; there is none"),
    ],
)
def test_a_wrong_tag_is_answered_with_the_nearest(name: str, message: str) -> None:
    check_backbone("resnet10t.c3_in1k")
    with pytest.raises(ValueError, match=re.escape(message)):
        check_backbone(name)


def test_a_misspelt_backbone_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"timm has no 'resnet10tt'.*did you mean 'resnet10t'"):
        check_backbone("resnet10tt")


@pytest.mark.parametrize(
    ("task", "change", "says"),
    [
        (
            "classification",
            {"backbone": BackboneSpec(name="resnet10t", args={"chanels": [8]})},
            "backbone.args",
        ),
        ("segmentation", {"decoder": {"name": "unett", "args": {}}}, "unet"),
        ("classification", {"arm": ArmSpec(module="see")}, "did you mean 'se'"),
        ("classification", {"arm": ArmSpec(module="se", site="blok")}, "block"),
        ("classification", {"arm": ArmSpec(module="se", site="skip")}, "skip"),
        ("classification", {"arm": ArmSpec(module="se", site="block@9")}, "9"),
        (
            "classification",
            {"arm": ArmSpec(module="se", options={"reducton": 4})},
            "did you mean 'reduction'",
        ),
        ("classification", {"arm": ArmSpec(module="scse", options={"kernel_size": 4})}, "kernel_size"),
    ],
)
def test_a_network_that_cannot_be_built_is_an_error_of_one_line(
    task: Task, change: dict[str, Any], says: str
) -> None:
    content = spec(task, ArmSpec()).model_dump() | {
        name: value.model_dump() if hasattr(value, "model_dump") else value for name, value in change.items()
    }
    with pytest.raises(ValueError) as error:
        build(RunSpec.model_validate(content), SHAPE)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
