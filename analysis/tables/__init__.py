"""One table, four formats: CSV at full precision, Markdown, LaTeX and HTML say the same."""

from .catalog import study_tables
from .formats import csv_text, latex, markdown
from .table import Column, Row, Table

__all__ = ["Column", "Row", "Table", "csv_text", "latex", "markdown", "study_tables"]
