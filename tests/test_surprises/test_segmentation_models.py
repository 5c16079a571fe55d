"""Behaviors of segmentation_models_pytorch in docs/surprises.md: a version that changes one of them fails here."""

from typing import Any

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor
from torch.nn import functional as F


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def masks() -> Tensor:
    return torch.randint(0, 4, (2, 8, 8), generator=torch.Generator().manual_seed(1))


def test_an_encoder_of_timm_hides_which_of_its_weights_must_not_decay() -> None:
    network = smp.create_model("dpt", "tu-vit_tiny_patch16_224", encoder_weights=None, classes=2)
    alone: Any = timm.create_model("vit_tiny_patch16_224")
    assert "pos_embed" in alone.no_weight_decay()
    assert "pos_embed" in network.encoder.model.no_weight_decay()
    assert not hasattr(network.encoder, "no_weight_decay")
    assert not hasattr(network, "no_weight_decay")


def shapes(decoder: str, **arguments: object) -> dict[str, tuple[int, ...]]:
    """The tensors of a network with this decoder, made without memory."""
    with torch.device("meta"):
        network = smp.create_model(decoder, "resnet18", encoder_weights=None, **arguments)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def test_a_misspelled_argument_of_a_decoder_is_ignored() -> None:
    assert shapes("unet", decoder_chanels=(8, 8, 8, 8, 8)) == shapes("unet")
    assert shapes("unet", decoder_channels=(8, 8, 8, 8, 8)) != shapes("unet")


def test_nine_decoders_drop_the_attention_that_they_are_asked_for() -> None:
    decoders = [name for name in smp.MODEL_ARCHITECTURES_MAPPING if name != "dpt"]
    attended = [name for name in decoders if shapes(name, decoder_attention_type="scse") != shapes(name)]
    assert attended == ["unet", "unetplusplus"]
    assert len(decoders) == 11


def test_the_multiclass_focal_loss_is_a_mean_of_sigmoid_losses(logits: Tensor, masks: Tensor) -> None:
    one_hot = F.one_hot(masks, 4).movedim(-1, 1).float()
    sigmoids = F.binary_cross_entropy_with_logits(logits, one_hot)
    focal = smp.losses.FocalLoss("multiclass", gamma=0.0)(logits, masks)
    assert float(focal) == pytest.approx(float(sigmoids), rel=1e-5)
    assert float(F.cross_entropy(logits, masks)) > 1.9 * float(focal)


def test_the_soft_cross_entropy_divides_by_ignored_pixels_too(logits: Tensor, masks: Tensor) -> None:
    masks[:, :4] = 255
    theirs = smp.losses.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=255)(logits, masks)
    assert float(theirs) == pytest.approx(float(F.cross_entropy(logits, masks, ignore_index=255)) / 2)


@pytest.mark.parametrize("classes", [2, 21])
def test_the_dice_loss_of_an_image_that_is_all_wrong_falls_with_the_number_of_classes(classes: int) -> None:
    logits = torch.full((1, classes, 8, 8), -20.0)
    logits[:, 1] = 20.0
    loss = smp.losses.DiceLoss("multiclass")(logits, torch.zeros(1, 8, 8, dtype=torch.long))
    assert float(loss) == pytest.approx(1 / classes)


def test_a_class_that_occurs_nowhere_has_an_iou_of_one() -> None:
    predicted, truth = torch.tensor([[0, 0, 1, 1]]), torch.tensor([[0, 0, 1, 0]])
    counts = smp.metrics.get_stats(predicted, truth, mode="multiclass", num_classes=4)
    scores = smp.metrics.iou_score(*counts)
    assert scores[0].tolist() == pytest.approx([2 / 3, 1 / 2, 1, 1])
    assert float(smp.metrics.iou_score(*counts, reduction="macro")) == pytest.approx(19 / 24)
