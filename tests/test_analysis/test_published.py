import re

import pytest

from analysis.comparing import Comparison
from analysis.comparing.published_results import gain_ranges
from analysis.published import PublishedGain, load_published_gains
from analysis.tables import build_tables, to_markdown


@pytest.mark.parametrize("one", load_published_gains())
def test_every_published_number_says_where_it_stands_and_how_it_was_checked(one: PublishedGain) -> None:
    assert one.source
    assert one.table
    assert one.recipe
    assert one.checked in ("read", "third-party transcription", "unverified")
    assert -5 < one.gain < 12
    if one.baseline is not None and one.value is not None:
        assert one.gain == pytest.approx(one.value - one.baseline, abs=1e-3)


def test_known_numbers_are_the_papers() -> None:
    found = {(p.module, p.backbone, p.dataset, p.source): p.gain for p in load_published_gains()}
    assert found["se", "resnet50", "imagenet", "arXiv 1709.01507"] == pytest.approx(1.51)
    assert found["cbam", "resnet101", "imagenet", "github.com implus/PytorchInsight"] == 0.15
    assert found["scse", "unet", "malc", "arXiv 1803.02579"] == pytest.approx(8.0)


def test_published_gains_stand_beside_arms_of_the_same_module_and_task(comparison: Comparison) -> None:
    found = {(e.cell.arm, e.cell.setting, e.published.module, e.published.task) for e in comparison.published}
    assert ("cbam", "classification", "cbam", "classification") in found
    assert ("scse", "segmentation", "scse", "segmentation") in found
    assert all(arm == module and setting == task for arm, setting, module, task in found)


def test_what_differs_is_named_and_the_unverified_stay_marked(comparison: Comparison) -> None:
    table = next(t for t in build_tables(comparison) if t.name == "published")
    scse = next(row for row in table.rows if row.values["arm"] == "scse")
    assert scse.texts["differs"] == "data, network, recipe"
    assert str(scse.values["differs"]).startswith(
        "data: malc, ours cluttered_digits; network: densenet, ours resnet10t"
    )
    assert scse.texts["checked"] == "unverified"
    assert re.search(r"unverified", to_markdown(table))


def test_published_gains_are_summed_up_by_their_range(comparison: Comparison) -> None:
    cell, kinds = gain_ranges(comparison.published)["cbam", "classification"]
    assert cell is comparison.main.cell("cbam", "classification")
    gains = [
        e.published.gain for e in comparison.published if e.cell is cell and e.published.kind == "replication"
    ]
    assert kinds[1] == ("replication", len(gains), min(gains), max(gains))
