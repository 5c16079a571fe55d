"""What arms cost."""

from __future__ import annotations

from ..comparing import Comparison
from .number_format import amount, percent
from .table import Column, Row, Table


def cost_table(comparison: Comparison) -> Table:
    """What every arm costs, absolute and against the baseline."""
    columns = (
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
            "median forward pass of one batch, in evaluation; batch and threads: each run's record",
        ),
        Column("more_latency", "extra"),
        Column("memory", "peak MB", True),
    )
    rows = [
        Row(
            dict(cost._asdict()),
            {
                "setting": cost.setting,
                "arm": cost.arm,
                "parameters": amount(cost.parameters),
                "more_parameters": percent(cost.more_parameters),
                "macs": amount(cost.macs),
                "more_macs": percent(cost.more_macs),
                "seconds": "–" if cost.seconds != cost.seconds else f"{cost.seconds:.1f}",
                "more_seconds": percent(cost.more_seconds),
                "latency": "–" if cost.latency_ms != cost.latency_ms else f"{cost.latency_ms:.2f}",
                "more_latency": percent(cost.more_latency),
                "memory": "–" if cost.peak_bytes != cost.peak_bytes else f"{cost.peak_bytes / 1e6:.0f}",
            },
            part=cost.setting,
        )
        for cost in comparison.costs
    ]
    text = (
        f"Medians over seeds; extra: against {comparison.main.baseline}. Seconds: one training, among others."
    )
    return Table("cost", "Cost", text, columns, tuple(rows))
