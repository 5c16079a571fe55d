"""`list modules|studies|datasets|schemas|table`: print what a study can choose from."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from user_error import UserError

from ..config.command_line.exit_codes import DONE
from .options import add_json, add_modules, print_json

if TYPE_CHECKING:
    pass


EXAMPLES = """  python -m experiments list modules
  python -m experiments list modules --modules my_gate.py
  python -m experiments list studies --json
  python -m experiments list schemas       # JSON schemas of the modules' options
  python -m experiments list table         # docs/modules.md"""

Row = dict[str, Any]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("what", choices=(*TABLES, *TEXTS), help="what to list")
    add_modules(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print one list. Raises UserError for options that do not go with it."""
    what: str = arguments.what
    if arguments.modules and what != "modules":
        raise UserError("--modules belongs to `list modules`", place=f"list {what}")
    if arguments.json and what == "table":
        raise UserError(
            "is Markdown, not JSON; `list modules --json` has the same content", place="list table"
        )
    with _own_modules(arguments.modules):
        if what in TEXTS:
            print(TEXTS[what]())
            return DONE
        rows, format_row = TABLES[what]
        if arguments.json:
            print_json(list(rows()))
            return DONE
        for row in rows():
            print(format_row(row))
    return DONE


@contextmanager
def _own_modules(files: Sequence[str]) -> Iterator[None]:
    """Add the modules of these files to the catalog in the body."""
    from ..config.study_file import read_module_source

    if not files:
        yield
        return
    from attention.custom_modules import register_modules

    with register_modules((name, read_module_source(Path(name), name)) for name in files):
        yield


def _module_rows() -> Iterator[Row]:
    from attention.documentation import rows

    return (row._asdict() for row in rows())


def _format_module(row: Row) -> str:
    """Return name, kind, parameters at 64 and 256 channels, paper; then each option with its default and domain."""
    counts = (f"{'-' if n is None else f'{n:,}':>9}" for n in (row["parameters_64"], row["parameters_256"]))
    headline = (
        f"{row['name']:22}{row['kind']:10}{' /'.join(counts)} parameters  {row['paper']}"
        f"  (held against {row['oracle']})"
    )
    return "\n".join([headline, *(f"{'':22}{option}" for option in row["options"])])


def _study_rows() -> Iterator[Row]:
    from ..config.study_file import read_study, shipped_studies

    for name in shipped_studies():
        study = read_study(name)
        yield {"name": name, "title": study.title, "question": study.question}


def _format_study(row: Row) -> str:
    return f"{row['name']:16} {row['title']}"


def _dataset_rows() -> Iterator[Row]:
    from datasets.catalog import CATALOG, GeneratedDataset

    for name, dataset in CATALOG.items():
        row: Row = {
            "name": name,
            "tasks": list(dataset.tasks),
            "title": dataset.title,
            "license": dataset.license,
        }
        if not isinstance(dataset, GeneratedDataset) and dataset.url:
            row |= {
                "megabytes": dataset.megabytes,
                "checksum": dataset.checksum,
                "citation": dataset.citation,
                "url": dataset.url,
            }
        yield row


def _format_dataset(row: Row) -> str:
    """Return name, tasks and license; for benchmark sets also size, checksum, citation and source."""
    headline = f"{row['name']:16} {', '.join(row['tasks']):28} {row['title']} ({row['license']})"
    if "url" not in row:
        return headline
    about = (f"{row['megabytes']} MB", row["checksum"], row["citation"], row["url"])
    return f"{headline}\n{'':16} {'; '.join(part for part in about if part)}"


def _schemas_json() -> str:
    from attention.documentation import schemas

    return json.dumps(schemas(), indent=1)


def _markdown_table() -> str:
    from attention.documentation import markdown

    return markdown().removesuffix("\n")


TABLES: dict[str, tuple[Callable[[], Iterator[Row]], Callable[[Row], str]]] = {
    "modules": (_module_rows, _format_module),
    "studies": (_study_rows, _format_study),
    "datasets": (_dataset_rows, _format_dataset),
}
TEXTS: dict[str, Callable[[], str]] = {"schemas": _schemas_json, "table": _markdown_table}
