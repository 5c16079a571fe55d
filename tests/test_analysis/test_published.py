import re

import pytest

from analysis.comparing import Comparison
from analysis.comparing.published_results import ranges
from analysis.published import Published, published
from analysis.tables import markdown, study_tables


@pytest.mark.parametrize("one", published())
def test_every_published_number_says_where_it_stands_and_how_it_was_checked(one: Published) -> None:
    assert one.source
    assert one.table
    assert one.recipe
    assert one.checked in ("read", "third-party transcription", "unverified")
    assert -5 < one.gain < 12
    if one.baseline is not None and one.value is not None:
        assert one.gain == pytest.approx(one.value - one.baseline, abs=1e-3)


def test_known_numbers_are_the_papers() -> None:
    found = {(p.module, p.backbone, p.dataset, p.source): p.gain for p in published()}
    assert found["se", "resnet50", "imagenet", "arXiv 1709.01507"] == pytest.approx(1.51)
    assert found["cbam", "resnet101", "imagenet", "github.com implus/PytorchInsight"] == 0.15
    assert found["scse", "unet", "malc", "arXiv 1803.02579"] == pytest.approx(8.0)


def test_published_gains_stand_beside_arms_of_the_same_module_and_task(compared: Comparison) -> None:
    found = {(e.cell.arm, e.cell.setting, e.published.module, e.published.task) for e in compared.ledger}
    assert ("cbam", "classification", "cbam", "classification") in found
    assert ("scse", "segmentation", "scse", "segmentation") in found
    assert all(arm == module and setting == task for arm, setting, module, task in found)


def test_what_differs_is_named_and_the_unverified_stay_marked(compared: Comparison) -> None:
    table = next(t for t in study_tables(compared) if t.name == "published")
    scse = next(row for row in table.rows if row.raw["arm"] == "scse")
    assert scse.shown["differs"] == "data, network, recipe"
    assert str(scse.raw["differs"]).startswith(
        "data: malc, ours cluttered_digits; network: densenet, ours resnet10t"
    )
    assert scse.shown["checked"] == "unverified"
    assert re.search(r"unverified", markdown(table))


def test_published_gains_are_summed_up_by_their_range(compared: Comparison) -> None:
    cell, kinds = ranges(compared.ledger)["cbam", "classification"]
    assert cell is compared.main.cell("cbam", "classification")
    gains = [
        e.published.gain for e in compared.ledger if e.cell is cell and e.published.kind == "replication"
    ]
    assert kinds[1] == ("replication", len(gains), min(gains), max(gains))
