"""Claims over all settings of a family."""

from __future__ import annotations

from ..comparing import Family
from ..comparing.sentences import signed
from .number_format import p_cell
from .table import Column, Row, Table

COLUMNS = (
    Column("arm", "arm"),
    Column("mean", "mean difference", True, "each setting with the same weight, points"),
    Column("on_these", "p on these", True, "would other seeds on the same settings say the same?"),
    Column("on_such", "p on such", True, "would other settings of this kind say the same?"),
    Column("interval", "95 % interval on such"),
)


def across_table(family: Family) -> Table:
    """Empty where the family has one setting."""
    degrees = len(family.settings) - 1
    caption = (
        f"Differences from {family.baseline} over {len(family.settings)} settings, in points. On these: joint sign "
        "flips of all (setting, seed) blocks, step-down over the arms. On such: one mean a setting, Student t with "
        f"{degrees} {'degree' if degrees == 1 else 'degrees'} of freedom, Holm over the arms; with few settings it can "
        "say little, and that is the honest answer."
    )
    rows = [
        Row(
            dict(one._asdict()),
            {
                "arm": one.arm,
                "mean": signed(one.mean),
                "on_these": p_cell(one.on_these),
                "on_such": p_cell(one.on_such),
                "interval": f"{signed(one.low)} to {signed(one.high)}",
            },
        )
        for one in family.across
    ]
    return Table(f"across-{family.slug}", "Over all settings", caption, COLUMNS, tuple(rows))
