"""Networks are checked before training, each distinct one once."""

from typing import Any

import pytest
import torch
from torch import nn

from attention.networks import GatedNet
from experiments.config.paths import ROOT
from experiments.config.run_spec import ArmSpec, BackboneSpec, RunSpec
from experiments.models import blueprint
from experiments.models.blueprint import Blueprints, network_key
from experiments.models.build import Shape, build_plain
from tests.test_experiments.made import run_spec
from user_error import UserError

SHAPE = Shape(1, 32, 32, 3)


def on(backbone: str, arm: ArmSpec | None = None, **args: Any) -> RunSpec:
    changed = {"backbone": BackboneSpec(name=backbone, args=args)}
    return run_spec(arm=arm or ArmSpec()).model_copy(update=changed)


def test_the_key_of_a_network_depends_on_all_that_it_is_built_from_and_nothing_else() -> None:
    key = network_key(run_spec(), SHAPE)
    assert network_key(run_spec(seed=5, epochs=9), SHAPE) == key
    assert network_key(run_spec(), SHAPE._replace(height=64)) != key
    assert network_key(run_spec(arm=ArmSpec(module="se")), SHAPE) != key
    assert network_key(on("resnet18"), SHAPE) != key


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    """The networks that are built."""
    built: list[RunSpec] = []

    def counted(run: RunSpec, shape: Shape) -> nn.Module:
        built.append(run)
        return build_plain(run, shape)

    monkeypatch.setattr(blueprint, "build_plain", counted)
    return built


def test_a_network_is_built_once_however_often_it_is_asked_for(builds: list[RunSpec]) -> None:
    blueprints = Blueprints()
    for seed in range(3):
        blueprints.plain(run_spec(seed=seed), SHAPE)
    for reduction in (4, 8):
        blueprints.sites(run_spec(arm=ArmSpec(module="se", options={"reduction": reduction})), SHAPE)
    assert len(builds) == 1


def test_sites_are_those_of_the_backbones_stages() -> None:
    sites = Blueprints().sites(run_spec(arm=ArmSpec(module="se", site="stage")), SHAPE)
    assert [(site.name, site.channels, site.grid) for site in sites] == [
        ("layer1", 8, (8, 8)),
        ("layer2", 8, (4, 4)),
        ("layer3", 16, (2, 2)),
        ("layer4", 16, (1, 1)),
    ]


def test_a_backbone_that_does_not_take_the_images_is_named_with_the_size_it_was_made_for() -> None:
    message = "backbone: vit_tiny_patch16_224, made for 224 x 224, does not run on images of 32 x 32"
    with pytest.raises(ValueError, match=message):
        Blueprints().plain(on("vit_tiny_patch16_224"), SHAPE)
    Blueprints().plain(on("vit_tiny_patch16_224", img_size=32), SHAPE)


def test_a_module_that_does_not_fit_a_site_is_named_with_the_site() -> None:
    arm = ArmSpec(module="split_attention", site="conv", options={"radix": 3})
    why = Blueprints().why_it_does_not_fit(run_spec(arm=arm), SHAPE)
    assert why.startswith("site ")
    assert "radix" in why
    fits = arm.model_copy(update={"options": {"radix": 2}})
    assert Blueprints().why_it_does_not_fit(run_spec(arm=fits), SHAPE) == ""


def test_an_arm_of_a_module_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="did you mean 'cbam'"):
        Blueprints().plugged(run_spec(arm=ArmSpec(module="cbamm")), SHAPE)


def test_a_plugged_network_is_a_copy_and_the_plain_one_stays_as_it_is() -> None:
    blueprints, run = Blueprints(), run_spec(arm=ArmSpec(module="se"))
    plain = blueprints.plain(run, SHAPE)
    before = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    plugged = blueprints.plugged(run, SHAPE)
    with torch.no_grad():
        for parameter in plugged.parameters():
            parameter.add_(1)
    assert {name for name in plugged.state_dict() if name.startswith("plugs.")}
    assert before.keys() == plain.state_dict().keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in plain.state_dict().items())
    assert blueprints.plain(run, SHAPE) is plain


@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyError("x"), False), (AttributeError("x"), False), (RuntimeError("sizes do not match"), True)],
)
def test_a_fault_of_our_code_is_not_blamed_on_the_backbone(
    error: Exception, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace: dict[str, Any] = {"error": error}
    text = "def forward(self, x):\n    raise error"
    exec(compile(text, str(ROOT / "attention" / "networks.py"), "exec"), namespace)
    monkeypatch.setattr(GatedNet, "forward", namespace["forward"])
    with pytest.raises(UserError if told else type(error)):
        Blueprints().plain(on("spatial_attention_net"), SHAPE)
