"""Published gains beside our own."""

from analysis.comparing import Comparison
from analysis.comparing.published_results import gain_ranges


def test_published_gains_are_of_the_same_module_and_task(comparison: Comparison) -> None:
    result = {
        (c.cell.arm, c.cell.setting, c.published.module, c.published.task) for c in comparison.published
    }
    assert ("cbam", "classification", "cbam", "classification") in result
    assert ("scse", "segmentation", "scse", "segmentation") in result
    assert all(arm == module and setting == task for arm, setting, module, task in result)


def test_every_difference_is_named_and_the_recipe_always_differs(comparison: Comparison) -> None:
    scse = next(c for c in comparison.published if c.cell.arm == "scse" and c.published.dataset == "malc")
    assert scse.differences[:2] == (
        "data: malc, ours cluttered_digits",
        f"network: {scse.published.backbone}, ours resnet10t",
    )
    assert scse.differences[2] == f"recipe: theirs {scse.published.recipe}"


def test_the_fewest_differences_come_first(comparison: Comparison) -> None:
    cell = comparison.main.cell("cbam", "classification")
    counts = [len(c.differences) for c in comparison.published if c.cell is cell]
    assert counts == sorted(counts)


def test_ranges_hold_the_gains_of_each_kind(comparison: Comparison) -> None:
    cell, ranges = gain_ranges(comparison.published)["cbam", "classification"]
    assert cell is comparison.main.cell("cbam", "classification")
    gains = [
        c.published.gain for c in comparison.published if c.cell is cell and c.published.kind == "replication"
    ]
    assert ranges[1] == ("replication", len(gains), min(gains), max(gains))
