"""`list modules|studies|datasets|schemas|table`: what there is to choose from."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.exit_codes import DONE
from ..config.study_file import read_module_source, read_study, shipped_studies
from .options import add_json, add_modules, print_json

EXAMPLES = """  python -m experiments list modules
  python -m experiments list modules --modules my_gate.py
  python -m experiments list studies --json
  python -m experiments list schemas       # JSON schemas of the modules' options
  python -m experiments list table         # docs/modules.md"""

Row = dict[str, Any]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=(*TABLES, *TEXTS), help="what to list")
    add_modules(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print one list."""
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
        rows, line = TABLES[what]
        if arguments.json:
            print_json(list(rows()))
            return DONE
        for row in rows():
            print(line(row))
    return DONE


@contextmanager
def _own_modules(files: Sequence[str]) -> Iterator[None]:
    """In the body the modules of these files are in the catalog."""
    if not files:
        yield
        return
    from attention.custom_modules import register_modules

    with register_modules((name, read_module_source(Path(name), name)) for name in files):
        yield


def _modules() -> Iterator[Row]:
    from attention.documentation import rows

    return (row._asdict() for row in rows())


def _module_line(row: Row) -> str:
    """Name, kind, parameters at 64 and 256 channels, paper; then each option with its default and domain."""
    counts = (f"{'-' if n is None else f'{n:,}':>9}" for n in (row["parameters_64"], row["parameters_256"]))
    headline = (
        f"{row['name']:22}{row['kind']:10}{' /'.join(counts)} parameters  {row['paper']}"
        f"  (held against {row['oracle']})"
    )
    return "\n".join([headline, *(f"{'':22}{option}" for option in row["options"])])


def _studies() -> Iterator[Row]:
    for name in shipped_studies():
        study = read_study(name)
        yield {"name": name, "title": study.title, "question": study.question}


def _study_line(row: Row) -> str:
    return f"{row['name']:16} {row['title']}"


def _datasets() -> Iterator[Row]:
    from datasets.catalog import CATALOG, GeneratedDataset

    for name, dataset in CATALOG.items():
        row: Row = {
            "name": name,
            "tasks": list(dataset.tasks),
            "title": dataset.title,
            "licence": dataset.license,
        }
        if not isinstance(dataset, GeneratedDataset) and dataset.url:
            row |= {
                "megabytes": dataset.megabytes,
                "checksum": dataset.checksum,
                "citation": dataset.citation,
                "url": dataset.url,
            }
        yield row


def _dataset_line(row: Row) -> str:
    """Name, tasks and licence; of benchmark sets size, checksum, citation and source as well."""
    headline = f"{row['name']:16} {', '.join(row['tasks']):28} {row['title']} ({row['licence']})"
    if "url" not in row:
        return headline
    about = (f"{row['megabytes']} MB", row["checksum"], row["citation"], row["url"])
    return f"{headline}\n{'':16} {'; '.join(part for part in about if part)}"


def _schemas() -> str:
    from attention.documentation import schemas

    return json.dumps(schemas(), indent=1)


def _table() -> str:
    from attention.documentation import markdown

    return markdown().removesuffix("\n")


TABLES: dict[str, tuple[Callable[[], Iterator[Row]], Callable[[Row], str]]] = {
    "modules": (_modules, _module_line),
    "studies": (_studies, _study_line),
    "datasets": (_datasets, _dataset_line),
}
TEXTS: dict[str, Callable[[], str]] = {"schemas": _schemas, "table": _table}
