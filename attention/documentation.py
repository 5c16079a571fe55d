"""The catalog as a table of modules for readers, and as JSON schemas of their options for editors.

Everything is derived from the entries and the constructors' signatures; `docs/modules.md` is generated here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from .catalog import CATALOG, Entry, find
from .options import Domain, LogRange, Scalar, read_options

INTRODUCTION = """# Modules

Generated from the catalog; a test fails when it is out of date. Each option shows its default and, in parentheses, its
values. Parameters are counted at default options, for 64 and 256 channels. Identity is the start of a fresh module:
`exact` returns its input bit for bit, `approximate` up to rounding, `none` changes it from the first step on. The last
column is the reference that the tests compare values and gradients with. `python -m experiments list table` prints this
page, `list schemas` the JSON schemas of the options.
"""


class Row(NamedTuple):
    """One row of the table; the parameter count is None for a width that the module does not support."""

    name: str
    kind: str
    options: tuple[str, ...]
    parameters_64: int | None
    parameters_256: int | None
    identity: str
    paper: str
    year: int
    oracle: str


def rows(entries: Iterable[Entry] | None = None) -> list[Row]:
    """Build the rows of the table for these entries, by default the whole catalog, in their order."""
    return [_make_row(entry) for entry in (CATALOG.values() if entries is None else entries)]


def _make_row(entry: Entry) -> Row:
    options = tuple(
        f"{o.name}={format_value(o.default)} ({o.domain.describe()})"
        for o in read_options(entry.make).values()
    )
    narrow, wide = (count_parameters(entry, channels) for channels in (64, 256))
    return Row(
        entry.name, entry.kind, options, narrow, wide, entry.identity, entry.paper, entry.year, entry.oracle
    )


def format_value(value: Scalar) -> str:
    """Format a value as it is written in a module's options: `eca:kernel_size=none`."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def count_parameters(entry: Entry, channels: int) -> int | None:
    """Count trainable and frozen parameters at default options; None if the module does not support the width."""
    try:
        with torch.device("meta"):
            module: nn.Module = cast(Any, entry.make)(channels)
    except ValueError:
        return None
    return sum(parameter.numel() for parameter in module.parameters())


def markdown() -> str:
    """Format the table of all modules, the text of `docs/modules.md`."""
    lines = [INTRODUCTION]
    lines += [
        "| module | kind | options | at 64 | at 256 | identity | paper | tested against |",
        "|---|---|---|--:|--:|---|---|---|",
    ]
    lines += [_format_row(row) for row in rows()]
    return "\n".join(lines) + "\n"


def _format_row(row: Row) -> str:
    counts = ("" if n is None else f"{n:,}" for n in (row.parameters_64, row.parameters_256))
    cells = (
        f"`{row.name}`",
        row.kind,
        "<br>".join(row.options),
        *counts,
        row.identity,
        row.paper,
        row.oracle,
    )
    return f"| {' | '.join(cells)} |"


def schema(name: str) -> dict[str, Any]:
    """Build the JSON schema of a module's options. Raises UserError for an unknown module."""
    known = read_options(find(name).make)
    properties = {key: {**_domain_schema(o.domain), "default": o.default} for key, o in known.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _domain_schema(domain: Domain) -> Mapping[str, Any]:
    if isinstance(domain, LogRange):
        return {"type": "number", "minimum": domain.low, "maximum": domain.high}
    return {"enum": list(domain.values() or ())}


def schemas() -> dict[str, dict[str, Any]]:
    """Build the JSON schemas of all modules' options, by name."""
    return {name: schema(name) for name in CATALOG}
