"""Segmentation's metrics against torchmetrics and segmentation_models_pytorch, its Dice loss against plain loops."""

import math

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_jaccard_index

from experiments.training.metrics import Evaluation
from experiments.training.segmentation import NO_IGNORED_VALUE, Segmentation, dice_loss

IGNORE = 255


def made(
    classes: int, *, seed: int = 0, count: int = 12, absent: tuple[int, ...] = ()
) -> tuple[Tensor, Tensor]:
    """Logits (N,C,8,9) and masks (N,8,9); the absent classes occur in neither."""
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(0, classes, (count, 8, 9), generator=generator)
    logits = torch.randn(count, classes, 8, 9, generator=generator) + F.one_hot(masks, classes).movedim(-1, 1)
    for label in absent:
        masks[masks == label] = 0
        logits[:, label] = -99
    return logits, masks.to(torch.uint8)


def evaluated(logits: Tensor, masks: Tensor, *, ignore: int | None = None, batch: int = 5) -> Evaluation:
    names = tuple(str(label) for label in range(logits.shape[1]))
    tally = Segmentation(names, ignore_index=ignore).tally()
    for start in range(0, len(masks), batch):
        tally.add(logits[start : start + batch], masks[start : start + batch])
    return tally.evaluation()


@pytest.mark.parametrize("seed", range(3))
def test_two_classes_are_scored_by_the_foreground(seed: int) -> None:
    logits, masks = made(2, seed=seed)
    metrics = evaluated(logits, masks).metrics
    counts = [
        part.sum(0, keepdim=True)
        for part in smp.metrics.get_stats(logits.argmax(1)[:, None], masks.long()[:, None], mode="binary")
    ]
    assert metrics["iou"] == pytest.approx(float(smp.metrics.iou_score(*counts, reduction="micro")))
    assert metrics["dice"] == pytest.approx(float(smp.metrics.f1_score(*counts, reduction="micro")))
    expected = multiclass_jaccard_index(logits.argmax(1), masks.long(), 2, average="none")
    assert metrics["iou"] == pytest.approx(float(expected[1]), rel=1e-5)
    assert metrics["pixel_accuracy"] == pytest.approx(float((logits.argmax(1) == masks).float().mean()))
    assert metrics["loss"] == pytest.approx(float(F.cross_entropy(logits, masks.long())), rel=1e-5)


@pytest.mark.parametrize("absent", [(), (3,), (2, 4)])
def test_several_classes_are_scored_by_the_mean_over_those_that_occur(absent: tuple[int, ...]) -> None:
    logits, masks = made(5, absent=absent)
    evaluation = evaluated(logits, masks)
    each = multiclass_jaccard_index(logits.argmax(1), masks.long(), 5, average="none")
    present = [label for label in range(5) if label not in absent]
    assert evaluation.metrics["iou"] == pytest.approx(float(each[present].mean()), rel=1e-5)
    assert evaluation.metrics["dice"] == pytest.approx(
        float((2 * each / (1 + each))[present].mean()), rel=1e-5
    )
    assert [value is None for value in evaluation.per_class.values] == [label in absent for label in range(5)]


def test_a_class_that_is_predicted_but_never_there_counts_as_missed() -> None:
    logits, masks = made(3)
    masks[masks == 2] = 0
    evaluation = evaluated(logits, masks)
    assert evaluation.per_class.values[2] == 0.0
    assert evaluation.metrics["iou"] == pytest.approx(
        sum(value or 0.0 for value in evaluation.per_class.values) / 3
    )


def test_the_score_is_that_of_the_split_and_not_the_mean_of_its_images() -> None:
    logits, masks = made(2)
    masks[0] = 0
    evaluation = evaluated(logits, masks)
    scores = evaluation.per_example["iou"]
    assert len(scores) == len(masks)
    assert abs(float(scores.mean()) - (evaluation.metrics["iou"] or 0.0)) > 1e-3
    assert evaluation.metrics == pytest.approx(evaluated(logits, masks, batch=1).metrics, rel=1e-5)


def test_an_image_without_foreground_that_is_left_alone_has_no_score() -> None:
    logits = torch.zeros(1, 2, 4, 4)
    logits[:, 0] = 1
    scores = evaluated(logits, torch.zeros(1, 4, 4, dtype=torch.uint8)).per_example["iou"]
    assert math.isnan(scores[0])


def test_ignored_pixels_count_nowhere() -> None:
    logits, masks = made(3)
    hidden = masks.clone()
    hidden[:, :, 6:] = IGNORE
    whole, cut = evaluated(logits, hidden, ignore=IGNORE), evaluated(logits[..., :6], masks[..., :6])
    assert whole.metrics == pytest.approx(cut.metrics, rel=1e-5)
    losses = (
        dice_loss(logits, hidden.long(), IGNORE),
        dice_loss(logits[..., :6], masks[..., :6].long(), IGNORE),
    )
    assert torch.allclose(*losses)


def plain_dice_loss(logits: Tensor, masks: Tensor, *, first: int = 1) -> float:
    """The same, one number at a time."""
    likely = logits.double().softmax(1)
    losses = []
    for label in range(first, logits.shape[1]):
        overlap = size = seen = 0.0
        for image in range(len(masks)):
            for row in range(masks.shape[1]):
                for column in range(masks.shape[2]):
                    here = float(likely[image, label, row, column])
                    true = float(masks[image, row, column] == label)
                    overlap, size, seen = overlap + here * true, size + here + true, seen + true
        if seen:
            losses.append(1 - (2 * overlap + 1) / (size + 1))
    return sum(losses) / max(1, len(losses))


@pytest.mark.parametrize(("classes", "absent"), [(2, ()), (4, ()), (4, (2,)), (2, (1,))])
def test_the_dice_loss_is_that_of_plain_loops(classes: int, absent: tuple[int, ...]) -> None:
    logits, masks = made(classes, count=3, absent=absent)
    assert float(dice_loss(logits, masks.long(), NO_IGNORED_VALUE)) == pytest.approx(
        plain_dice_loss(logits, masks), rel=1e-5
    )


def test_the_dice_loss_of_two_classes_is_smps_up_to_the_smoothing() -> None:
    logits, masks = made(2)
    oracle = smp.losses.DiceLoss(mode="multiclass", classes=[1])(logits, masks.long())
    assert float(dice_loss(logits, masks.long(), NO_IGNORED_VALUE)) == pytest.approx(float(oracle), abs=1e-3)


def test_the_loss_adds_the_dice_loss_by_its_weight() -> None:
    logits, masks = made(2)
    cross_entropy = F.cross_entropy(logits, masks.long())
    dice = dice_loss(logits, masks.long(), NO_IGNORED_VALUE)
    for weight in (0.0, 0.5, 1.0):
        loss = Segmentation(("a", "b"), ignore_index=None, dice=weight).loss(logits, masks)
        assert torch.allclose(loss, cross_entropy + weight * dice)


def test_a_batch_without_a_counted_pixel_of_foreground_has_a_finite_gradient() -> None:
    logits, masks = made(2, count=2)
    masks[:] = 0
    logits.requires_grad_()
    torch.autograd.backward(Segmentation(("a", "b"), ignore_index=None).loss(logits, masks))
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_a_split_without_a_counted_pixel_has_no_metric() -> None:
    logits, masks = made(3)
    masks[:] = IGNORE
    evaluation = evaluated(logits, masks, ignore=IGNORE)
    assert evaluation.metrics == dict.fromkeys(("iou", "dice", "pixel_accuracy", "loss"))
    assert evaluation.per_class.values == [None, None, None]


def test_a_foreground_that_is_neither_there_nor_predicted_has_no_score_and_a_predicted_one_has_zero() -> None:
    logits, masks = made(2, absent=(1,))
    metrics = evaluated(logits, masks).metrics
    assert (metrics["iou"], metrics["dice"], metrics["pixel_accuracy"]) == (None, None, 1.0)
    logits[0, 1, 0, 0] = 99
    metrics = evaluated(logits, masks).metrics
    assert (metrics["iou"], metrics["dice"]) == (0.0, 0.0)


@pytest.mark.parametrize(("classes", "absent"), [(2, ()), (4, ()), (4, (0, 2)), (3, (1, 2))])
def test_the_dice_loss_of_all_classes_counts_class_0(classes: int, absent: tuple[int, ...]) -> None:
    logits, masks = made(classes, count=3)
    for label in absent:
        masks[masks == label] = next(other for other in range(classes) if other not in absent)
    found = float(dice_loss(logits, masks.long(), NO_IGNORED_VALUE, first=0))
    assert found == pytest.approx(plain_dice_loss(logits, masks, first=0), rel=1e-5)


@pytest.mark.parametrize(("of_all", "first"), [(False, 1), (True, 0)])
def test_the_loss_takes_the_classes_that_it_is_told(of_all: bool, first: int) -> None:
    logits, masks = made(3)
    loss = Segmentation(("road", "b", "c"), ignore_index=None, dice_of_all=of_all).loss(logits, masks)
    expected = F.cross_entropy(logits, masks.long()) + dice_loss(
        logits, masks.long(), NO_IGNORED_VALUE, first=first
    )
    assert torch.allclose(loss, expected)
