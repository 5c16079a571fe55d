"""What a table is, before anybody formats it."""

from __future__ import annotations

from typing import NamedTuple

Value = str | int | float | None


class Column(NamedTuple):
    """A column that is shown. `numeric` columns align at the decimal sign and sort by value."""

    key: str
    header: str
    numeric: bool = False
    hint: str = ""


class Row(NamedTuple):
    """Values at full precision by raw column, and texts for people by shown column."""

    raw: dict[str, Value]
    shown: dict[str, str]
    bold: bool = False
    part: str = ""


class Table(NamedTuple):
    """Rows keep the order in which they are to be read; `part` starts a new block where it changes."""

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
