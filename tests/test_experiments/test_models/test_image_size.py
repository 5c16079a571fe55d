"""A refused image size is told as the rule of the part that refuses it, with a way out that has been run."""

import re
from pathlib import Path

import pytest
import torch
from pydantic import JsonValue

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


@pytest.mark.parametrize(
    ("name", "args", "fault", "why", "size"),
    [
        ("resnet10t", {"drop_path_rate": 3}, "drop_path_rate: 3", "bernoulli_", 32),
        ("resnet10t", {"drop_rate": 2}, "drop_rate: 2", "dropout probability", 32),
        ("resnet10t", {"channels": [32, 32]}, "channels: [32, 32]", "'layer3'", 32),
        ("resnet10t", {"channels": [0, 32, 64, 64]}, "channels: [0, 32, 64, 64]", "Given groups=1", 32),
        ("resnet10t", {"global_pool": ""}, 'global_pool: ""', "mat1 and mat2", 64),
        ("resnet10t", {"channels": [8, 8, 8, 8], "drop_rate": 2}, "drop_rate: 2", "dropout", 32),
        (
            "resnet10t",
            {"zero_init_last": False, "drop_rate": 2, "drop_path_rate": 3},
            "drop_rate: 2, drop_path_rate: 3",
            "bernoulli_",
            32,
        ),
        (VIT.name, {"depth": 2, "img_size": 48, "drop_path_rate": 3}, "drop_path_rate: 3", "bernoulli_", 48),
        (VIT.name, {"depth": 2, "img_size": 64, "drop_path_rate": 3}, "drop_path_rate: 3", "bernoulli_", 48),
        (VIT.name, {"depth": 2, "drop_path_rate": 3}, "drop_path_rate: 3", "bernoulli_", 48),
    ],
)
def test_arguments_at_fault_are_named_instead_of_the_size(
    name: str, args: dict[str, JsonValue], fault: str, why: str, size: int
) -> None:
    message = refusal(plain(BackboneSpec(name=name, args=args)), size, size)
    assert message.startswith(f"backbone.args: {name} does not run with {fault} (")
    assert why in message
    assert re.search(r"\); (on images of \d+ x \d+ )?it runs without$", message)
    assert f"{size} x {size}" not in message


def test_an_argument_that_a_larger_size_takes_is_named_with_both_ways_out() -> None:
    run = plain(BackboneSpec(name="test_convnext", args={"patch_size": 64}))
    message = refusal(run, 32, 32)
    assert message.startswith(
        "backbone.args: test_convnext does not run on images of 32 x 32 with patch_size: 64 ("
    )
    assert message.endswith("); it runs without, or on images of 64 x 64")
    Blueprints().plain(run, Shape(3, 64, 64, 4))
    Blueprints().plain(plain("test_convnext"), Shape(3, 32, 32, 4))


@pytest.mark.parametrize(
    ("backbone_args", "decoder", "says"),
    [
        (
            {"output_stride": 8},
            DecoderSpec(name="linknet"),
            "backbone.args: linknet on resnet10t does not run with output_stride: 8 (",
        ),
        (
            {},
            DecoderSpec(name="fpn", args={"decoder_pyramid_channels": 0}),
            "decoder.args: fpn on resnet10t does not run with decoder_pyramid_channels: 0 (",
        ),
    ],
)
def test_arguments_that_do_not_fit_a_decoder_are_named(
    backbone_args: dict[str, JsonValue], decoder: DecoderSpec, says: str
) -> None:
    message = refusal(plain(BackboneSpec(name="resnet10t", args=backbone_args), decoder), 64, 64)
    assert message.startswith(says)
    assert message.endswith("); it runs without")


@pytest.mark.parametrize("decoder", [DecoderSpec(name="unet"), DecoderSpec(neck=16)])
def test_arguments_at_fault_are_named_below_a_decoder(decoder: DecoderSpec) -> None:
    run = plain(BackboneSpec(name="resnet10t", args={"drop_path_rate": 3}), decoder)
    message = refusal(run, 64, 64)
    assert message.startswith("backbone.args: resnet10t does not run with drop_path_rate: 3 (bernoulli_")


def test_no_warning_of_a_library_is_shown_beside_a_refusal(recwarn: pytest.WarningsRecorder) -> None:
    run = plain(BackboneSpec(name="resnet10t", args={"channels": [0, 32, 64, 64]}))
    assert describe_inert_attention(run, Shape(3, 32, 32, 4)) == ""
    refusal(run, 32, 32)
    assert [str(warning.message) for warning in recwarn] == []


def test_a_size_is_proposed_only_if_the_network_trains_on_it() -> None:
    """Dropout is checked in training mode only, so that evaluation would run on every size."""
    run = plain(BackboneSpec(name=VIT.name, args={"depth": 2, "drop_path_rate": 3}))
    network = build_plain(run, Shape(3, 224, 224, 4)).eval()
    assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 4)
    assert refusal(run, 48, 48).endswith("; on images of 224 x 224 it runs without")
