"""Backbones that SMP rejects work with every decoder through a neck, with modules at every site."""

import math

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn

import attention
from attention.contracts.example_inputs import fixed_seed, images
from attention.layers.resampling import linear_matrix, resize
from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RunSpec
from experiments.models.build import Shape, build
from experiments.models.neck import Pyramid
from tests.test_attention.oracles import copy_model
from tests.test_experiments.made import run_spec

SIDE = 160
SHAPE = Shape(3, SIDE, SIDE, 4)
DECODERS = [name for name in smp.MODEL_ARCHITECTURES_MAPPING if name != "dpt"]


def spec(decoder: DecoderSpec, backbone: str = "test_vit", arm: ArmSpec | None = None) -> RunSpec:
    changed = {"backbone": BackboneSpec(name=backbone), "decoder": decoder}
    return run_spec("segmentation", arm=arm or ArmSpec()).model_copy(update=changed)


def photo(batch: int = 2) -> Tensor:
    return images(batch, 3, (SIDE, SIDE))


def pyramid(name: str, side: int = SIDE, *, output_stride: int = 32) -> Pyramid:
    with fixed_seed(0):
        model = timm.create_model(name, num_classes=0).eval()
        return Pyramid(model, images(1, 3, (side, side)), channels=8, output_stride=output_stride).eval()


@pytest.mark.parametrize(
    "decoder",
    [name if name in ("unet", "pan") else pytest.param(name, marks=pytest.mark.slow) for name in DECODERS],
)
def test_every_decoder_of_smp_works_on_a_vision_transformer(decoder: str) -> None:
    with pytest.raises(ValueError, match=r"neck: 128 beside the decoder's name adds such maps"):
        build(spec(DecoderSpec(name=decoder)), SHAPE)
    network, _ = build(spec(DecoderSpec(name=decoder, neck=16)), SHAPE)
    with torch.no_grad():
        plain = network.eval()(photo())
    assert plain.shape == (2, 4, SIDE, SIDE)
    for site in ("block", "stage", "skip", "decoder"):
        plugged, plugs = build(
            spec(DecoderSpec(name=decoder, neck=16), arm=ArmSpec(module="se", site=site)), SHAPE
        )
        assert plugs
        with torch.no_grad():
            assert torch.equal(plugged.eval()(photo()), plain)


@pytest.mark.parametrize(
    ("name", "side", "stages"),
    [
        ("resnet18", 64, [0, 1, 2, 3]),
        ("test_vit", 160, [-1, -1, -1, -1]),
        ("mixer_s32_224", 224, [-1, -1, -1, -1]),
        ("nest_tiny", 224, [0, 1, 2, 2]),
    ],
)
def test_each_stride_gets_the_deepest_of_the_nearest_stages(name: str, side: int, stages: list[int]) -> None:
    made = pyramid(name, side)
    found = attention.sites(made.model, "stage", example=images(1, 3, (side, side)))
    assert [tap.layout for tap in made.taps] == [found[at].view for at in stages]


def test_maps_have_the_strides_that_decoders_expect() -> None:
    with torch.no_grad():
        wide, narrow = (pyramid("test_vit", output_stride=stride)(photo()) for stride in (32, 16))
    assert [tuple(one.shape[1:]) for one in wide] == [
        (3, 160, 160),
        (0, 80, 80),
        (8, 40, 40),
        (8, 20, 20),
        (8, 10, 10),
        (8, 5, 5),
    ]
    assert [one.shape[2] for one in narrow] == [160, 80, 40, 20, 10, 10]


def test_images_of_any_size_have_scores_of_their_size() -> None:
    backbone = BackboneSpec(name="test_vit", args={"img_size": [80, 112]})
    changed = {"backbone": backbone, "decoder": DecoderSpec(name="fpn", neck=16)}
    network, _ = build(run_spec("segmentation").model_copy(update=changed), Shape(3, 80, 112, 4))
    x = images(2, 3, (80, 112))
    with torch.no_grad():
        assert network.eval()(x).shape == (2, 4, 80, 112)
        assert [tuple(one.shape[2:]) for one in network.get_submodule("encoder")(x)] == [
            (80, 112),
            (48, 64),
            (24, 32),
            (12, 16),
            (6, 8),
            (3, 4),
        ]


def test_a_map_is_averaged_towards_fewer_places_and_interpolated_towards_more() -> None:
    made = pyramid("test_vit")
    for module in made.levels.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data.fill_(1 / module.in_channels)
    with torch.no_grad():
        found = made(photo())
        own = made.taps[0].map().mean(1)
    finest, same, coarsest = found[2][:, 0], found[4][:, 0], found[5][:, 0]
    scale = math.sqrt(1 + 1e-5)  # of a fresh norm in evaluation
    torch.testing.assert_close(same * scale, own)
    torch.testing.assert_close(coarsest * scale, nn.functional.avg_pool2d(own[:, None], 2)[:, 0])
    wanted = nn.functional.interpolate(own[:, None], scale_factor=4, mode="bilinear")[:, 0]
    torch.testing.assert_close(finest * scale, wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("copier", ["deepcopy", "pickle"])
def test_a_copy_reads_its_own_backbone(copier: str) -> None:
    network, _ = build(spec(DecoderSpec(neck=16), arm=ArmSpec(module="se", site="stage")), SHAPE)
    before = network.eval()(photo())
    other = copy_model(copier, network)
    with torch.no_grad():
        assert torch.equal(other(photo()), before)
        for parameter in other.get_submodule("encoder.model").parameters():
            parameter.add_(0.1)
        assert not torch.equal(other(photo()), before)
        assert torch.equal(network(photo()), before)


def test_taking_modules_out_leaves_the_neck_in() -> None:
    network, _ = build(spec(DecoderSpec(neck=16), arm=ArmSpec(module="scale_only", site="stage")), SHAPE)
    with torch.no_grad():
        before = network.eval()(photo())
        attention.unplug(network)
        assert torch.equal(network(photo()), before)
        assert torch.equal(network(-photo()), network(-photo()))
        assert not torch.equal(network(-photo()), before)


def test_everything_before_the_last_stage_learns() -> None:
    network, _ = build(spec(DecoderSpec(neck=16)), SHAPE)
    network.train()(photo()).square().sum().backward()
    dead = [name for name, p in network.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert [name for name in dead if not name.startswith("encoder.model.norm")] == []


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "efficientnet_b0", "vgg11"])
def test_a_classifiers_last_layers_are_left_out(name: str) -> None:
    made = pyramid(name, 64).train()
    stock = sum(p.numel() for p in timm.create_model(name, num_classes=0).parameters())
    assert sum(p.numel() for p in made.model.parameters()) < stock
    total = torch.zeros(())
    for one in made(images(2, 3, (64, 64)))[2:]:
        total = total + one.square().sum()
    torch.autograd.backward(total)
    assert [key for key, p in made.model.named_parameters() if p.grad is None] == []


def test_in_bfloat16_scores_are_those_of_float32_within_its_rounding() -> None:
    ones = torch.ones(1, 1, 320, 8, dtype=torch.bfloat16)
    assert torch.equal(resize(ones, 313, 8), torch.ones(1, 1, 313, 8, dtype=torch.bfloat16))
    for dtype in (torch.bfloat16, torch.float16):
        rows = linear_matrix(300, 512, torch.zeros((), dtype=dtype)).float().sum(1)
        torch.testing.assert_close(rows, torch.ones(512), atol=0.01, rtol=0)
