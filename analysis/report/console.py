"""Verdicts in a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..comparing import Comparison
from ..comparing.sentences import interval, signed
from ..tables.number_format import p_cell

COLOURS = {"BETTER": "green", "WORSE": "red", "EQUIVALENT": "blue", "INCONCLUSIVE": "yellow"}


def print_verdicts(comparison: Comparison) -> None:
    """The main table and the alarms and warnings, short."""
    console, main = Console(width=None if sys.stdout.isatty() else 160), comparison.main
    table = Table(title=escape(main.title or main.name), title_justify="left", header_style="bold")
    for name in ("arm", "setting", "verdict"):
        table.add_column(name)
    for name in (f"vs {main.baseline}", "95 % interval", "adj. p"):
        table.add_column(escape(name), justify="right", no_wrap=True)
    for cell in main.cells:
        word = cell.word or "no verdict"
        table.add_row(
            escape(cell.arm),
            escape(cell.setting),
            f"[{COLOURS.get(word, 'dim')}]{word}[/]",
            signed(cell.paired.mean),
            escape(interval(cell)),
            p_cell(cell.adjusted),
        )
    console.print(table)
    for caution in comparison.cautions:
        if caution.weight != "note":
            style = "bold red" if caution.weight == "alarm" else "yellow"
            console.print(
                f"[{style}]{caution.weight}[/]: {escape(caution.topic)}: {escape(caution.text)}",
                soft_wrap=True,
            )
