"""Print the verdicts in a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..comparing import Comparison, Family
from ..comparing.cautions.caution import Caution
from ..comparing.sentences import format_interval, format_signed
from ..tables.number_format import format_p_value

COLORS = {"BETTER": "green", "WORSE": "red", "EQUIVALENT": "blue", "INCONCLUSIVE": "yellow"}
WIDTH = 160  # columns where the output is not a terminal


def print_verdicts(comparison: Comparison) -> None:
    """Print the main table, and the alarms and warnings."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_verdict_table(comparison.main))
    for caution in comparison.cautions:
        if caution.weight != "note":
            console.print(_format_caution(caution), soft_wrap=True)


def _verdict_table(family: Family) -> Table:
    table = Table(title=escape(family.label), title_justify="left", header_style="bold")
    for name in ("arm", "setting", "verdict"):
        table.add_column(name)
    for name in (f"vs {family.baseline}", "95 % interval", "adj. p"):
        table.add_column(escape(name), justify="right", no_wrap=True)
    for cell in family.cells:
        verdict = cell.verdict or "no verdict"
        table.add_row(
            escape(cell.arm),
            escape(cell.setting),
            f"[{COLORS.get(verdict, 'dim')}]{verdict}[/]",
            format_signed(cell.paired.mean),
            escape(format_interval(cell.paired)),
            format_p_value(cell.adjusted),
        )
    return table


def _format_caution(caution: Caution) -> str:
    style = "bold red" if caution.weight == "alarm" else "yellow"
    return f"[{style}]{caution.weight}[/]: {escape(caution.topic)}: {escape(caution.text)}"
