"""All tables of a study."""

from __future__ import annotations

from ..comparing import Comparison
from .across_settings import build_across_table
from .classes import build_class_table
from .controls import build_control_table, build_gate_table, build_reliance_table
from .costs import build_cost_table
from .published import build_published_table
from .search import build_search_table
from .table import Table
from .verdicts import build_verdict_table


def build_tables(comparison: Comparison) -> list[Table]:
    """Build a study's tables in the report's order, without those that would be empty."""
    tables = [build_verdict_table(comparison, family) for family in comparison.families]
    tables += [table for family in comparison.families if (table := build_across_table(family)).rows]
    tables.append(build_cost_table(comparison))
    builders = (
        build_control_table,
        build_gate_table,
        build_reliance_table,
        build_search_table,
        build_class_table,
        build_published_table,
    )
    return tables + [table for build in builders if (table := build(comparison)).rows]
