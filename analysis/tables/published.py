"""The table of published gains beside our own."""

from __future__ import annotations

from ..comparing import Comparison
from ..comparing.published_results import PublishedComparison
from ..comparing.sentences import format_signed
from .table import Column, Row, Table, Value

COLUMNS = (
    Column("arm", "arm"),
    Column("setting", "setting"),
    Column("ours", "ours", True, "mean paired difference, points"),
    Column("theirs", "published", True, "points over that source's own baseline"),
    Column("metric", "their metric"),
    Column("where", "where"),
    Column("source", "source"),
    Column("checked", "checked"),
    Column("differs", "what differs"),
)


def build_published_table(comparison: Comparison) -> Table:
    """Build the table of published gains; without rows where no arm's module has any on its task."""
    caption = (
        "Gains over each source's own baseline, in points. Data, networks and recipes nearly always differ, so that "
        "signs can be compared and sizes cannot. Published numbers are single runs unless their source says otherwise. "
        "Unverified: not read again in the source."
    )
    rows = tuple(_build_row(c) for c in comparison.published)
    return Table("published", "Published gains and ours", caption, COLUMNS, rows)


def _build_row(comparison: PublishedComparison) -> Row:
    cell, gain = comparison.cell, comparison.published
    values: dict[str, Value] = {
        "arm": cell.arm,
        "setting": cell.setting,
        "verdict": cell.verdict or "",
        "difference": cell.paired.mean,
        "low": cell.paired.low,
        "high": cell.paired.high,
        **{f"published_{name}": value for name, value in gain._asdict().items()},
        "differs": "; ".join(comparison.differences),
    }
    texts = {
        "arm": cell.arm,
        "setting": cell.setting,
        "ours": format_signed(cell.paired.mean),
        "theirs": format_signed(gain.gain),
        "metric": gain.metric,
        "where": f"{gain.kind}: {gain.backbone} on {gain.dataset}",
        "source": f"{gain.source}, {gain.table}",
        "checked": gain.checked,
        "differs": ", ".join(text.partition(":")[0] for text in comparison.differences),
    }
    return Row(values, texts, block=f"{cell.arm} {cell.setting}")
