"""Paper against ours."""

from __future__ import annotations

from ..comparing import Comparison
from ..comparing.published_results import Entry
from ..comparing.sentences import signed
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


def ledger_table(comparison: Comparison) -> Table:
    """Empty where no arm's module has published gains on its task."""
    caption = (
        "Gains over each source's own baseline, in points; nearly always other data, networks and recipes, so that "
        "signs can be compared and sizes cannot. Published numbers are single runs unless their source says otherwise. "
        "Unverified: not read again in the source."
    )
    return Table(
        "published", "Paper against ours", caption, COLUMNS, tuple(_row(e) for e in comparison.ledger)
    )


def _row(entry: Entry) -> Row:
    cell, one = entry.cell, entry.published
    raw: dict[str, Value] = {
        "arm": cell.arm,
        "setting": cell.setting,
        "verdict": cell.word or "",
        "difference": cell.paired.mean,
        "low": cell.paired.low,
        "high": cell.paired.high,
        **{f"published_{name}": value for name, value in one._asdict().items()},
        "differs": "; ".join(entry.differs),
    }
    shown = {
        "arm": cell.arm,
        "setting": cell.setting,
        "ours": signed(cell.paired.mean),
        "theirs": signed(one.gain),
        "metric": one.metric,
        "where": f"{one.kind}: {one.backbone} on {one.dataset}",
        "source": f"{one.source}, {one.table}",
        "checked": one.checked,
        "differs": ", ".join(part.partition(":")[0] for part in entry.differs),
    }
    return Row(raw, shown, part=f"{cell.arm} {cell.setting}")
