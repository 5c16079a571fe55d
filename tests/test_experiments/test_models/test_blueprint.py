"""Networks are checked before training, each distinct one once."""

from typing import Any

import pytest
from torch import nn

from experiments.config.run_spec import ArmSpec, BackboneSpec, RunSpec
from experiments.models import blueprint
from experiments.models.blueprint import Blueprints, network_key
from experiments.models.build import Shape, build_plain
from tests.test_experiments.made import run_spec

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
        blueprints.check_plain(run_spec(seed=seed), SHAPE)
    assert len(builds) == 1
    for reduction in (4, 8):
        blueprints.sites(run_spec(arm=ArmSpec(module="se", options={"reduction": reduction})), SHAPE)
    assert len(builds) == 2


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
        Blueprints().check_plain(on("vit_tiny_patch16_224"), SHAPE)
    Blueprints().check_plain(on("vit_tiny_patch16_224", img_size=32), SHAPE)


def test_a_module_that_does_not_fit_a_site_is_named_with_the_site() -> None:
    arm = ArmSpec(module="split_attention", site="conv", options={"radix": 3})
    why = Blueprints().why_it_does_not_fit(run_spec(arm=arm), SHAPE)
    assert why.startswith("site ")
    assert "radix" in why
    fits = arm.model_copy(update={"options": {"radix": 2}})
    assert Blueprints().why_it_does_not_fit(run_spec(arm=fits), SHAPE) == ""


def test_an_arm_that_cannot_run_is_an_error_and_one_that_can_is_not() -> None:
    Blueprints().check_arm(run_spec(arm=ArmSpec(module="cbam")), SHAPE)
    with pytest.raises(ValueError, match="did you mean 'cbam'"):
        Blueprints().check_arm(run_spec(arm=ArmSpec(module="cbamm")), SHAPE)
