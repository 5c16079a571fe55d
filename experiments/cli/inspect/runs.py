"""`runs`: list recorded runs, one line each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from user_error import UserError, nearest

from ...config.command_line.exit_codes import DONE
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
        selected = select_runs(records, arguments.where)
    if arguments.json:
        print_json([{"study": study, **cell._asdict()} for study, cell in selected])
        return DONE
    for study, cell in selected:
        print(_format_run(study, cell))
    print(f"{len(selected)} runs")
    return DONE


def select_runs(store: StoreReader, conditions: Sequence[str]) -> list[tuple[str, Cell]]:
    """Return study and cell of each run that meets every `field=value` condition; keys match by prefix.

    Raises UserError for a field that does not exist, and for a value that no run has or could have.
    """
    parsed = [_parse_condition(text) for text in conditions]
    runs = [(study, cell) for study in store.studies() for cell in store.cells(study)]
    selected = [run for run in runs if all(_matches(*run, *condition) for condition in parsed)]
    if runs and not selected:
        for field, value in parsed:
            _check_value(runs, field, value)
    return selected


def _parse_condition(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if field not in FIELDS:
        raise UserError(f"no field {field!r}{nearest(field, FIELDS)}", place=f"--where {text}")
    if not equals:
        raise UserError(f"no value; write FIELD=VALUE: {field}=...", place=f"--where {text}")
    return field, value


def _check_value(runs: Sequence[tuple[str, Cell]], field: str, value: str) -> None:
    """Raise UserError with the nearest recorded value if no run has this one; states and roles may be without runs."""
    if any(_matches(*run, field, value) for run in runs) or value in _fixed_values(field):
        return
    recorded = sorted({_read_field(*run, field) for run in runs} | _fixed_values(field))
    hint = "" if field == "key" else nearest(value, recorded)
    raise UserError(f"no run has this {field}{hint}", place=f"--where {field}={value}")


def _fixed_values(field: str) -> set[str]:
    from ...store import State

    return {"state": set(get_args(State)), "role": {"run", "trial"}}.get(field, set())


def _matches(study: str, cell: Cell, field: str, value: str) -> bool:
    recorded = _read_field(study, cell, field)
    return recorded.startswith(value) if field == "key" else recorded == value


def _read_field(study: str, cell: Cell, field: str) -> str:
    return study if field == "study" else str(getattr(cell, field))


def _format_run(study: str, cell: Cell) -> str:
    from ..overview import format_score, seed_or_trial

    score = cell.validation if cell.role == "trial" else cell.test
    has_score = score is not None or cell.state == "finished"
    result = f"  {cell.primary} {format_score(score)}" if has_score else ""
    seconds = "" if cell.seconds is None else f"  {cell.seconds:.0f} s"
    left = "" if cell.current else "  (left the study)"
    run = f"{cell.key[:12]}  {cell.state:13} {study}  {cell.setting}  {cell.arm}  {seed_or_trial(cell)}"
    return f"{run}{result}{seconds}{left}"
