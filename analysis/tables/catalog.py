"""All of a study's tables."""

from __future__ import annotations

from ..comparing import Comparison
from .across_settings import across_table
from .classes import class_table
from .controls import control_table, gate_table, reliance_table
from .costs import cost_table
from .ledger import ledger_table
from .search import search_table
from .table import Table
from .verdicts import verdict_table


def study_tables(comparison: Comparison) -> list[Table]:
    """In the report's order."""
    tables = [verdict_table(comparison, family) for family in comparison.families]
    tables += [table for family in comparison.families if (table := across_table(family)).rows]
    tables.append(cost_table(comparison))
    others = (control_table, gate_table, reliance_table, search_table, class_table, ledger_table)
    return tables + [table for make in others if (table := make(comparison)).rows]
