"""A refused image size is told as the rule of the part that refuses it, with a way out that has been run."""

import re
from pathlib import Path

import pytest
import torch

import attention
from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RunSpec
from experiments.models.blueprint import Blueprints
from experiments.models.build import Shape, build_plain
from experiments.models.image_size import describe_inert_attention
from experiments.planning.resolver import Resolver
from tests.test_experiments.made import run_spec, setting
from user_error import UserError

VIT = BackboneSpec(name="vit_tiny_patch16_224", args={"depth": 2})


def plain(backbone: BackboneSpec | str, decoder: DecoderSpec | None = None) -> RunSpec:
    backbone = BackboneSpec(name=backbone) if isinstance(backbone, str) else backbone
    base = run_spec("segmentation" if decoder else "classification", arm=ArmSpec())
    return base.model_copy(update={"backbone": backbone, "decoder": decoder})


def refusal(run: RunSpec, height: int, width: int) -> str:
    with pytest.raises(UserError) as error:
        Blueprints().plain(run, Shape(3, height, width, 4))
    assert "\n" not in str(error.value)
    return str(error.value)


def at_size(run: RunSpec, size: int | list[int]) -> RunSpec:
    args = {**run.backbone.args, "img_size": size}
    return run.model_copy(update={"backbone": run.backbone.model_copy(update={"args": args})})


@pytest.mark.parametrize(("height", "width", "size"), [(48, 48, 48), (48, 80, [48, 80])])
def test_an_argument_that_works_is_proposed(height: int, width: int, size: int | list[int]) -> None:
    message = refusal(plain(VIT), height, width)
    assert message.startswith("backbone: vit_tiny_patch16_224, made for 224 x 224, does not run on images of")
    assert message.endswith(f"; it runs on them with backbone.args: {{img_size: {size}}}")
    Blueprints().plain(at_size(plain(VIT), size), Shape(3, height, width, 4))


def test_an_argument_that_would_leave_attention_inert_is_not_proposed() -> None:
    message = refusal(plain("test_maxvit"), 48, 48)
    assert message.endswith("; it runs on images of 64 x 64 with backbone.args: {img_size: 64}")
    assert "img_size: 48" not in message
    network = build_plain(at_size(plain("test_maxvit"), 64), Shape(3, 64, 64, 4))
    layers = attention.attention_layers(network, torch.rand(1, 3, 64, 64))
    assert layers
    assert not any(layer.inert for layer in layers)


def test_a_backbone_without_such_an_argument_is_answered_with_a_size_that_it_takes() -> None:
    message = refusal(plain("inception_v3"), 32, 32)
    assert message.endswith("; it runs on images of 299 x 299")
    assert "img_size" not in message


@pytest.mark.parametrize(
    ("decoder", "way_out"),
    [
        ("unetplusplus", "it takes images of 64 x 96, or with neck: 128 beside the decoder's name"),
        ("linknet", "it takes images of 64 x 96, or with neck: 128 beside the decoder's name"),
        ("pan", "it takes images of 128 x 192"),
    ],
)
def test_a_decoders_rule_is_told_as_the_decoders(decoder: str, way_out: str) -> None:
    run = plain(BackboneSpec(name="resnet10t"), DecoderSpec(name=decoder))
    message = refusal(run, 48, 80)
    assert message.startswith(f"decoder: {decoder} on resnet10t does not take images of 48 x 80 (")
    assert message.endswith(way_out)
    found = re.search(r"images of (\d+) x (\d+)[^x]*$", message)
    assert found
    Blueprints().plain(run, Shape(3, int(found[1]), int(found[2]), 4))
    if "neck" in way_out:
        on_neck = run.model_copy(update={"decoder": DecoderSpec(name=decoder, neck=128)})
        Blueprints().plain(on_neck, Shape(3, 48, 80, 4))


def test_a_size_that_the_backbone_refuses_below_a_neck_is_the_backbones() -> None:
    message = refusal(plain(VIT, DecoderSpec(neck=16)), 48, 48)
    assert message.startswith("backbone: vit_tiny_patch16_224, made for 224 x 224, does not run on images of")
    assert message.endswith("; it runs on them with backbone.args: {img_size: 48}")


def test_a_refused_size_is_told_while_the_dtype_is_measured(cache: Path) -> None:
    place = setting(dtype="auto").model_copy(update={"backbone": VIT})
    with pytest.raises(
        UserError, match=r"does not run on images of 48 x 48 .*backbone.args: \{img_size: 48\}"
    ):
        Resolver(cache).resolve_setting("digits", place)


def test_wrong_arguments_below_a_neck_are_not_taken_for_a_size() -> None:
    wrong = BackboneSpec(name=VIT.name, args={"dept": 2})
    assert "unexpected keyword argument 'dept'" in refusal(plain(wrong, DecoderSpec(neck=16)), 48, 48)


@pytest.mark.parametrize(
    ("backbone", "side", "says"),
    [
        (
            BackboneSpec(name="test_maxvit", args={"img_size": 48}),
            48,
            "8 of 8 attention layers of test_maxvit",
        ),
        (BackboneSpec(name="edgenext_xx_small"), 32, "1 of 3 attention layers of edgenext_xx_small"),
        (VIT.model_copy(update={"args": {"depth": 2, "img_size": 48}}), 48, ""),
        (BackboneSpec(name="resnet10t"), 32, ""),
        (VIT, 48, ""),
    ],
)
def test_attention_layers_that_weigh_one_position_are_counted(
    backbone: BackboneSpec, side: int, says: str
) -> None:
    told = describe_inert_attention(plain(backbone), Shape(3, side, side, 4))
    assert told.startswith(says)
    assert bool(told) == bool(says)
    assert not told or "; none is inert on images of 64 x 64" in told
