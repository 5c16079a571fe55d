"""The table of published gains."""

from analysis.comparing import Comparison
from analysis.comparing.published_results import PublishedComparison
from analysis.published import PublishedGain
from analysis.tables import to_markdown
from analysis.tables.published import build_published_table

GAIN = PublishedGain(
    module="se",
    task="classification",
    dataset="imagenet",
    backbone="resnet50",
    metric="top-1",
    baseline=75.2,
    value=76.71,
    gain=1.51,
    kind="paper",
    recipe="100 epochs",
    source="arXiv 1709.01507",
    table="table 2",
    checked="unverified",
    note="",
)


def test_a_row_names_the_source_and_what_differs(comparison: Comparison) -> None:
    cell = comparison.main.cell("cse", "classification")
    entry = PublishedComparison(cell, GAIN, ("data: imagenet, ours digits", "recipe: theirs 100 epochs"))
    table = build_published_table(comparison._replace(published=[entry]))
    (row,) = table.rows
    assert row.texts["theirs"] == "+1.51"
    assert row.texts["where"] == "paper: resnet50 on imagenet"
    assert row.texts["source"] == "arXiv 1709.01507, table 2"
    assert row.texts["differs"] == "data, recipe"
    assert row.values["differs"] == "data: imagenet, ours digits; recipe: theirs 100 epochs"
    assert row.values["difference"] == cell.paired.mean
    assert row.values["published_gain"] == 1.51
    assert "unverified" in to_markdown(table)
