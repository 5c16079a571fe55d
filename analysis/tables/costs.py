"""The table of what the arms cost."""

from __future__ import annotations

from ..comparing import Comparison
from ..comparing.costs import Cost
from .number_format import format_amount, format_number, format_percent
from .table import Column, Row, Table

COLUMNS = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("parameters", "parameters"),
    Column("more_parameters", "extra"),
    Column("macs", "MACs", hint="multiply-adds of one image"),
    Column("more_macs", "extra"),
    Column("seconds", "training s", True),
    Column("more_seconds", "extra"),
    Column(
        "latency",
        "latency ms",
        True,
        "median forward pass of one batch, in evaluation mode; each run's record has the batch size and threads",
    ),
    Column("more_latency", "extra"),
    Column("memory", "peak MB", True),
)


def build_cost_table(comparison: Comparison) -> Table:
    """Build the table of every arm's cost, absolute and against the baseline."""
    caption = (
        f"Medians over seeds; extra: against {comparison.main.baseline}. Seconds: one training run, with others "
        "running beside it."
    )
    return Table("cost", "Cost", caption, COLUMNS, tuple(_build_row(cost) for cost in comparison.costs))


def _build_row(cost: Cost) -> Row:
    texts = {
        "setting": cost.setting,
        "arm": cost.arm,
        "parameters": format_amount(cost.parameters),
        "more_parameters": format_percent(cost.more_parameters),
        "macs": format_amount(cost.macs),
        "more_macs": format_percent(cost.more_macs),
        "seconds": format_number(cost.seconds, 1),
        "more_seconds": format_percent(cost.more_seconds),
        "latency": format_number(cost.latency_ms, 2),
        "more_latency": format_percent(cost.more_latency),
        "memory": format_number(cost.peak_bytes / 1e6, 0),
    }
    return Row(dict(cost._asdict()), texts, block=cost.setting)
