"""The catalogue for people and for editors: a table of modules, and JSON schemas of their options.

Everything comes from the entries and the constructors' signatures; `docs/modules.md` is this text.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from .catalog import CATALOG, Entry, find
from .options import Domain, LogRange, Scalar, read

INTRODUCTION = """# Modules

Generated from the catalogue; a test fails when it is not up to date. Options take the values listed, the first one
named being the default. Parameters are at default options, for 64 and 256 channels. Identity says what a fresh module
does: `exact` returns its input bit for bit, `approximate` within rounding, `none` changes it from the first step on.
The last column says what the tests hold values and gradients against. `python -m experiments list table` prints this
page, `list schemas` the JSON schemas of the options.
"""


class Row(NamedTuple):
    """One module as the table shows it; a width that the module does not fit has no count of parameters."""

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
    """The catalogue, or some entries, as rows of the table, in their order."""
    return [_row(entry) for entry in (CATALOG.values() if entries is None else entries)]


def _row(entry: Entry) -> Row:
    options = tuple(f"{o.name}={text(o.default)} ({o.domain.describe()})" for o in read(entry.make).values())
    narrow, wide = (parameters(entry, channels) for channels in (64, 256))
    return Row(
        entry.name, entry.kind, options, narrow, wide, entry.identity, entry.paper, entry.year, entry.oracle
    )


def text(value: Scalar) -> str:
    """A value as it is written after a colon: `eca:kernel_size=none`."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def parameters(entry: Entry, channels: int) -> int | None:
    """Trainable and frozen parameters at default options; None where the module does not fit the width."""
    try:
        with torch.device("meta"):
            module: nn.Module = cast(Any, entry.make)(channels)
    except ValueError:
        return None
    return sum(parameter.numel() for parameter in module.parameters())


def markdown() -> str:
    """The table of all modules, as `docs/modules.md` has it."""
    lines = [INTRODUCTION]
    lines += [
        "| module | kind | options | at 64 | at 256 | identity | paper | held against |",
        "|---|---|---|--:|--:|---|---|---|",
    ]
    lines += [_line(row) for row in rows()]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
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
    """The JSON schema of a module's options."""
    known = read(find(name).make)
    properties = {key: {**_values(o.domain), "default": o.default} for key, o in known.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _values(domain: Domain) -> Mapping[str, Any]:
    if isinstance(domain, LogRange):
        return {"type": "number", "minimum": domain.low, "maximum": domain.high}
    return {"enum": list(domain.values() or ())}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schemas of all modules' options, by name."""
    return {name: schema(name) for name in CATALOG}
