"""The data type of a table, independent of its output format."""

from __future__ import annotations

from typing import NamedTuple

Value = str | int | float | None


class Column(NamedTuple):
    """A column for readers; `numeric` columns are aligned at the decimal point and sorted by value."""

    key: str
    header: str
    numeric: bool = False
    hint: str = ""


class Row(NamedTuple):
    """A row: `values` at full precision by CSV column, and `texts` for readers by column key.

    `bold`: emphasize the row; `block`: consecutive rows with the same block are not separated by a line."""

    values: dict[str, Value]
    texts: dict[str, str]
    bold: bool = False
    block: str = ""


class Table(NamedTuple):
    """A table with its rows in reading order; `name`: of its files."""

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
