"""Decoders of SMP on a backbone: their networks are SMP's own, at any width, and errors name what would work."""

from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import nn

from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RunSpec
from experiments.models.build import Shape, build
from experiments.models.decoders import NECK_ENCODER, build_on_encoder
from tests.test_experiments.made import run_spec

SHAPE = Shape(3, 160, 160, 4)


def spec(decoder: DecoderSpec, backbone: str = "test_vit") -> RunSpec:
    changed = {"backbone": BackboneSpec(name=backbone), "decoder": decoder}
    return run_spec("segmentation", arm=ArmSpec()).model_copy(update=changed)


def on_resnet(decoder: DecoderSpec, width: float = 1.0) -> nn.Module:
    torch.manual_seed(0)
    return build_on_encoder(
        decoder, "resnet18", width=width, channels=3, classes=4, pretrained=False, args={}
    ).eval()


@pytest.mark.parametrize("neck", [None, 16])
def test_an_argument_that_the_decoder_does_not_have_is_an_error(neck: int | None) -> None:
    decoder = DecoderSpec(name="unet", neck=neck, args={"decoder_chanels": [8, 8, 8, 8, 8]})
    with pytest.raises(ValueError, match=r"unet has no argument 'decoder_chanels'.*decoder_channels"):
        build(spec(decoder), SHAPE)


def test_a_misspelt_decoder_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"^decoder\.name: SMP has no 'unett'; did you mean 'unet'"):
        build(spec(DecoderSpec(name="unett"), "resnet18"), SHAPE)


@pytest.mark.parametrize("neck", [None, 16])
@pytest.mark.parametrize(
    "args", [{"decoder_channels": [8, 8]}, {"decoder_attention_type": "x"}, {"decoder_use_norm": "x"}]
)
def test_a_wrong_value_of_the_decoder_is_not_blamed_on_the_backbone(
    args: dict[str, Any], neck: int | None
) -> None:
    with pytest.raises(ValueError, match=r"^decoder: unet cannot be built with these arguments"):
        build(spec(DecoderSpec(name="unet", neck=neck, args=args), "resnet18"), SHAPE)


def test_a_wrong_argument_of_the_backbone_stays_the_backbones() -> None:
    run = spec(DecoderSpec(name="unet"), "resnet18")
    wrong = run.model_copy(update={"backbone": BackboneSpec(name="resnet18", args={"stem_widt": 8})})
    with pytest.raises(ValueError, match=r"^backbone\.args.*stem_widt"):
        build(wrong, SHAPE)


def test_the_backbone_is_not_left_registered_in_smp() -> None:
    build(spec(DecoderSpec(neck=16)), SHAPE)
    assert NECK_ENCODER not in smp.encoders.encoders


def test_a_neck_below_dpt_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"decoder.neck: dpt reads the maps of a vision transformer directly"
    ):
        build(spec(DecoderSpec(name="dpt", neck=16)), SHAPE)


@pytest.mark.parametrize("name", ["unet", "fpn"])
def test_a_decoder_on_an_encoder_is_smps_own_network(name: str) -> None:
    network = on_resnet(DecoderSpec(name=name))
    torch.manual_seed(0)
    oracle = smp.create_model(name, "tu-resnet18", encoder_weights=None, in_channels=3, classes=4).eval()
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(network(x), oracle(x))


def test_the_channels_of_a_unet_follow_the_width() -> None:
    head = on_resnet(DecoderSpec(), width=0.5).get_submodule("segmentation_head.0")
    assert isinstance(head, nn.Conv2d)
    assert head.in_channels == 16 // 2
    given = DecoderSpec(args={"decoder_channels": [64, 32, 16, 8, 6]})
    head = on_resnet(given, width=2.0).get_submodule("segmentation_head.0")
    assert isinstance(head, nn.Conv2d)
    assert head.in_channels == 12


def test_a_decoder_without_channels_to_set_keeps_its_width() -> None:
    def count(width: float) -> int:
        return sum(
            p.numel()
            for p in on_resnet(DecoderSpec(name="segformer"), width).get_submodule("decoder").parameters()
        )

    assert count(2.0) == count(1.0)


def test_a_backbone_that_smp_rejects_is_named_with_what_would_work() -> None:
    with pytest.raises(
        ValueError, match=r"test_vit does not halve its grid as SMP's unet needs; neck: 128 .*dpt"
    ):
        build_on_encoder(
            DecoderSpec(), "test_vit", width=1.0, channels=3, classes=4, pretrained=False, args={}
        )
