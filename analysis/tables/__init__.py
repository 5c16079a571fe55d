"""The report's tables: each is built once, and written as CSV at full precision, Markdown, LaTeX and HTML."""

from .catalog import build_tables
from .formats import to_csv, to_latex, to_markdown
from .table import Column, Row, Table

__all__ = ["Column", "Row", "Table", "build_tables", "to_csv", "to_latex", "to_markdown"]
