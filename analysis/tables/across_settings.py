"""The table of comparisons over all settings of a family."""

from __future__ import annotations

from ..comparing import Family
from ..comparing.sentences import format_range, format_signed
from ..statistics import OverSettings
from .number_format import format_p_value
from .table import Column, Row, Table

COLUMNS = (
    Column("arm", "arm"),
    Column("mean", "mean difference", True, "each setting with equal weight, points"),
    Column("on_these", "p, these settings", True, "would other seeds on the same settings agree?"),
    Column("on_such", "p, similar settings", True, "would other settings of this kind agree?"),
    Column("interval", "95 % interval, similar settings"),
)


def build_across_table(family: Family) -> Table:
    """Build the table of a family over all its settings; without rows where it has one setting."""
    degrees = len(family.settings) - 1
    caption = (
        f"Differences from {family.baseline} over {len(family.settings)} settings, in points. These settings: joint "
        "sign flips of all (setting, seed) blocks, step-down over the arms. Similar settings: Student t on one mean "
        f"per setting, {degrees} {'degree' if degrees == 1 else 'degrees'} of freedom, Holm over the arms; few "
        "settings say little about others."
    )
    rows = tuple(_build_row(result) for result in family.over_settings)
    return Table(f"across-{family.slug}", "Over all settings", caption, COLUMNS, rows)


def _build_row(result: OverSettings) -> Row:
    texts = {
        "arm": result.arm,
        "mean": format_signed(result.mean),
        "on_these": format_p_value(result.on_these),
        "on_such": format_p_value(result.on_such),
        "interval": format_range(result.low, result.high),
    }
    return Row(dict(result._asdict()), texts)
