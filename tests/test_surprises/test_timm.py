"""timm's behaviors of docs/surprises.md: a version that changes one of them fails here."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pytest
import timm
import torch
from timm.layers.squeeze_excite import SEModule
from timm.models import load_state_dict
from timm.optim._optim_factory import create_optimizer_v2, list_optimizers
from timm.optim._param_groups import param_groups_layer_decay
from torch import Tensor, nn

NEEDS_CUDA = ("bnb", "fused")
"""How the names begin of the optimizers that need a CUDA card."""


def parameter_names(network: nn.Module) -> dict[int, str]:
    return {id(parameter): name for name, parameter in network.named_parameters()}


def position_gradients(size: int) -> list[float]:
    """The largest gradient of each table of relative positions of a MaxViT for square images of this size."""
    torch.manual_seed(0)
    network = timm.create_model("maxvit_pico_rw_256", img_size=size, num_classes=2)
    torch.autograd.backward(network(torch.randn(2, 3, size, size)).square().sum())
    grads = {name: weight.grad for name, weight in network.named_parameters() if "rel_pos" in name}
    return [float(grad.abs().max()) for grad in grads.values() if grad is not None]


@pytest.mark.parametrize(("size", "windows_of_one_pixel"), [(32, True), (48, True), (64, False)])
def test_maxvit_at_a_small_img_size_attends_within_windows_of_one_pixel(
    size: int, windows_of_one_pixel: bool
) -> None:
    gradients = position_gradients(size)
    assert len(gradients) == 22
    assert all((gradient < 1e-6) is windows_of_one_pixel for gradient in gradients)


def test_an_overlaid_input_size_becomes_the_img_size_of_a_fixed_size_backbone() -> None:
    vit: Any = timm.create_model("vit_tiny_patch16_224", pretrained_cfg_overlay={"input_size": (3, 1, 1)})
    assert vit.patch_embed.img_size == (1, 1)


def test_a_file_for_another_number_of_classes_is_loaded_however_little_of_it_fits() -> None:
    unrelated = {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    overlay = {"state_dict": unrelated, "custom_load": False, "num_classes": 1000}
    torch.manual_seed(0)
    loaded = timm.create_model("resnet10t", pretrained=True, num_classes=7, pretrained_cfg_overlay=overlay)
    torch.manual_seed(0)
    untouched = timm.create_model("resnet10t", num_classes=7).state_dict()
    assert all(torch.equal(tensor, untouched[name]) for name, tensor in loaded.state_dict().items())
    with pytest.raises(RuntimeError, match="Missing key"):
        timm.create_model("resnet10t", pretrained=True, num_classes=1000, pretrained_cfg_overlay=overlay)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint as timm's train.py writes it: weights of ones, averaged weights of twos, the arguments."""
    content = {
        "state_dict": {"weight": torch.ones(2)},
        "state_dict_ema": {"weight": torch.full((2,), 2.0)},
        "args": argparse.Namespace(lr=0.1),
    }
    torch.save(content, tmp_path / "model_best.pth.tar")
    return tmp_path / "model_best.pth.tar"


def test_torch_refuses_a_checkpoint_of_train_py_as_weights_only(checkpoint: Path) -> None:
    with pytest.raises(UnpicklingError, match=r"(?s)Weights only load failed.*argparse\.Namespace"):
        torch.load(checkpoint, weights_only=True)


def test_timm_takes_the_averaged_weights_of_a_checkpoint_without_saying_so(
    checkpoint: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    taken = load_state_dict(str(checkpoint), weights_only=True)
    assert taken["weight"].tolist() == [2, 2]
    assert load_state_dict(str(checkpoint), use_ema=False)["weight"].tolist() == [1, 1]
    assert capfd.readouterr() == ("", "")


def test_timm_lists_optimizers_that_only_run_on_a_card() -> None:
    names = [str(name) for name in list_optimizers()]
    needing = [name for name in names if name.startswith(NEEDS_CUDA)]
    assert (len(names), len(needing)) == (101, 15)
    for name in needing:
        with pytest.raises(AssertionError, match="CUDA required"):
            create_optimizer_v2(nn.Linear(2, 2), opt=name, lr=0.1)


def test_adahessian_is_created_and_fails_at_its_first_step() -> None:
    layer = nn.Linear(2, 2)
    optimizer = create_optimizer_v2(layer, opt="adahessian", lr=0.1)
    torch.autograd.backward(layer(torch.ones(1, 2)).sum())
    with pytest.raises(RuntimeError, match="does not require grad"):
        optimizer.step()


class Gated(nn.Module):
    """A convolution with one scale per channel, as a gate has it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.norm = nn.BatchNorm2d(4)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))


def test_timm_decays_a_scale_per_channel_of_three_axes_and_not_one_of_one_axis() -> None:
    network = Gated()
    optimizer = create_optimizer_v2(network, opt="adamw", lr=0.1, weight_decay=0.5)
    names = parameter_names(network)
    decays = {
        names[id(one)]: group["weight_decay"] for group in optimizer.param_groups for one in group["params"]
    }
    assert decays == {
        "conv.weight": 0.5,
        "scale": 0.5,
        "conv.bias": 0.0,
        "norm.weight": 0.0,
        "norm.bias": 0.0,
    }


def layer_scales(network: nn.Module) -> Iterator[tuple[str, float]]:
    """The factor of the learning rate that timm's layer decay of 0.75 gives each parameter."""
    names = parameter_names(network)
    for group in param_groups_layer_decay(network, layer_decay=0.75):
        parameters: list[Tensor] = group["params"]
        yield from ((names[id(one)], group["lr_scale"]) for one in parameters)


def test_layer_decay_trains_a_part_added_to_a_stage_at_the_rate_of_the_head() -> None:
    network: Any = timm.create_model("resnet18", num_classes=2)
    network.layer1.gate = nn.Conv2d(64, 64, 1)
    network.layer1[0].gate = nn.Conv2d(64, 64, 1)
    scales = dict(layer_scales(network))
    assert scales["layer1.gate.weight"] == scales["fc.weight"] == 1.0
    assert scales["layer1.0.gate.weight"] == scales["layer1.0.conv1.weight"] == pytest.approx(0.75**8)
    assert scales["layer1.1.conv1.weight"] == pytest.approx(0.75**7)


def calls_of_a_stage(*, checkpointing: bool) -> tuple[int, int]:
    """How often a hook on a stage is called in one training step, and how many batches a norm inside it counts."""
    network: Any = timm.create_model("resnet18", num_classes=2).train()
    network.set_grad_checkpointing(checkpointing)
    calls: list[str] = []
    network.layer1.register_forward_hook(lambda module, inputs, output: calls.append("layer1"))
    torch.autograd.backward(network(torch.randn(2, 3, 32, 32)).sum())
    return len(calls), int(network.layer1[0].bn1.num_batches_tracked)


def test_gradient_checkpointing_calls_no_hook_of_a_stage_and_counts_each_batch_twice() -> None:
    assert calls_of_a_stage(checkpointing=False) == (1, 1)
    assert calls_of_a_stage(checkpointing=True) == (0, 2)


def test_squeeze_and_excitation_rounds_its_hidden_width_up_to_eight() -> None:
    assert [SEModule(64, rd_ratio=1 / reduction).fc1.out_channels for reduction in (8, 16, 32, 64)] == [8] * 4
    assert SEModule(64, rd_ratio=1 / 16, rd_divisor=1).fc1.out_channels == 4
