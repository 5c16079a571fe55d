"""Decides: frames and statistics to named tuples. Tables and figures draw what is computed here."""

from .study import Comparison, compare
from .verdicts import Cell, Family, Level

__all__ = ["Cell", "Comparison", "Family", "Level", "compare"]
