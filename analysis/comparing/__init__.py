"""Compare the arms of a study: from data frames and statistics to named tuples that tables and figures show."""

from .family import Cell, Family, Level
from .study import Comparison, compare

__all__ = ["Cell", "Comparison", "Family", "Level", "compare"]
