"""`runs`: recorded runs, one line each."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from user_error import UserError

from ...config.exit_codes import DONE
from ...config.suggestions import nearest
from ...store import Cell, StoreReader
from ..options import add_json, add_store, print_json, reading

EXAMPLES = """  python -m experiments runs --where arm=cbam state=failed
  python -m experiments runs --where study=quick --json"""
FIELDS = ("study", "setting", "arm", "seed", "trial", "role", "state", "key")


def add_arguments(parser: ArgumentParser) -> None:
    add_store(parser)
    parser.add_argument(
        "--where",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help=f"only these, such as arm=cbam state=failed; fields: {', '.join(FIELDS)}",
    )
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print every run that fits all conditions."""
    with reading(arguments.store) as records:
        found = list(select(records, arguments.where))
    if arguments.json:
        print_json([{"study": study, **cell._asdict()} for study, cell in found])
        return DONE
    for study, cell in found:
        print(_line(study, cell))
    print(f"{len(found)} runs")
    return DONE


def select(store: StoreReader, conditions: Sequence[str]) -> Iterator[tuple[str, Cell]]:
    """Study and cell of each run that fits every `field=value`; a key fits by its beginning."""
    wanted = [_condition(text) for text in conditions]
    for study in store.studies():
        for cell in store.cells(study):
            place = {**cell._asdict(), "study": study}
            if all(_fits(place, field, value) for field, value in wanted):
                yield study, cell


def _condition(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or field not in FIELDS:
        raise UserError(f"write FIELD=VALUE{nearest(field, FIELDS)}", place=f"--where {text}")
    return field, value


def _fits(place: Mapping[str, Any], field: str, value: str) -> bool:
    return str(place[field]).startswith(value) if field == "key" else str(place[field]) == value


def _line(study: str, cell: Cell) -> str:
    score = cell.validation if cell.role == "trial" else cell.test
    shown = "" if score is None else f"  {cell.primary} {100 * score:.2f}"
    seconds = "" if cell.seconds is None else f"  {cell.seconds:.0f} s"
    end = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
    left = "" if cell.current else "  (left the study)"
    return (
        f"{cell.key[:12]}  {cell.state:13} {study}  {cell.setting}  {cell.arm}  {end}{shown}{seconds}{left}"
    )
