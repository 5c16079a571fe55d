"""`runs`: list recorded runs, one line each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from user_error import UserError

from ...config.exit_codes import DONE
from ..options import add_json, add_store, print_json

if TYPE_CHECKING:
    from ...store import Cell, StoreReader


EXAMPLES = """  python -m experiments runs --where arm=cbam state=failed
  python -m experiments runs --where study=quick --json"""
FIELDS = ("study", "setting", "arm", "seed", "trial", "role", "state", "key")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    add_store(parser)
    parser.add_argument(
        "--where",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help=f"only matching runs, such as arm=cbam state=failed; fields: {', '.join(FIELDS)}",
    )
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print every run that meets all conditions."""
    from ..records import open_reader

    with open_reader(arguments.store) as records:
        selected = list(select_runs(records, arguments.where))
    if arguments.json:
        print_json([{"study": study, **cell._asdict()} for study, cell in selected])
        return DONE
    for study, cell in selected:
        print(_format_run(study, cell))
    print(f"{len(selected)} runs")
    return DONE


def select_runs(store: StoreReader, conditions: Sequence[str]) -> Iterator[tuple[str, Cell]]:
    """Yield study and cell of each run that meets every `field=value` condition; keys match by prefix.

    Raises UserError for a field that does not exist.
    """
    parsed = [_parse_condition(text) for text in conditions]
    for study in store.studies():
        for cell in store.cells(study):
            fields = {**cell._asdict(), "study": study}
            if all(_matches(fields, field, value) for field, value in parsed):
                yield study, cell


def _parse_condition(text: str) -> tuple[str, str]:
    from user_error import nearest

    field, equals, value = text.partition("=")
    if not equals or field not in FIELDS:
        raise UserError(f"write FIELD=VALUE{nearest(field, FIELDS)}", place=f"--where {text}")
    return field, value


def _matches(fields: Mapping[str, Any], field: str, value: str) -> bool:
    return str(fields[field]).startswith(value) if field == "key" else str(fields[field]) == value


def _format_run(study: str, cell: Cell) -> str:
    from ..overview import seed_or_trial

    score = cell.validation if cell.role == "trial" else cell.test
    result = "" if score is None else f"  {cell.primary} {100 * score:.2f}"
    seconds = "" if cell.seconds is None else f"  {cell.seconds:.0f} s"
    left = "" if cell.current else "  (left the study)"
    run = f"{cell.key[:12]}  {cell.state:13} {study}  {cell.setting}  {cell.arm}  {seed_or_trial(cell)}"
    return f"{run}{result}{seconds}{left}"
