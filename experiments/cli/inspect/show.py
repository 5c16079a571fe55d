"""`show KEY`: everything that is recorded of one run."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...config.command_line.exit_codes import DONE
from ..options import add_json, add_store, print_json
from .nested import flatten

if TYPE_CHECKING:
    from ...config.run_result import Plug, RunResult
    from ...store import StoreReader
    from ...store.rows import Attempt


EXAMPLES = """  python -m experiments show 868cac3ae775
  python -m experiments show 868cac3ae775 --json"""
BARS = "▁▂▃▄▅▆▇█"
RESULT_KEYS = (
    "metrics",
    "validation",
    "parameters",
    "macs",
    "seconds",
    "cpu_seconds",
    "peak_bytes",
    "identity_key",
)
"""Keys of results.json that are shown."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("key", metavar="KEY", help="a run's key, or its first characters")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print the run as lines, or all of its record as JSON."""
    from ..records import find_key, open_reader

    with open_reader(arguments.store) as records:
        key = find_key(records, arguments.key)
        if arguments.json:
            print_json(_read_record(records, key))
            return DONE
        for text in describe_run(records, key):
            print(text)
    return DONE


def _read_record(store: StoreReader, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "state": store.state(key),
        "places": [{"study": study, "place": place} for study, place in _find_cells(store, key)],
        "spec": store.spec(key),
        "curve": store.curve(key),
        "attempts": [attempt._asdict() for attempt in store.attempts(key)],
        "result": result.content() if (result := store.result(key)) else None,
        "folder": store.folder(key),
    }


def describe_run(store: StoreReader, key: str) -> Iterator[str]:
    """Yield lines on a run: its studies, spec, curve, attempts, result, sites, files, and the end of its log."""
    from ...store import run_folder

    yield f"key      {key}"
    yield f"state    {store.state(key)}"
    yield from (f"in       {study}: {place}" for study, place in _find_cells(store, key))
    yield from (
        f"spec     {name} = {json.dumps(value)}"
        for name, value in flatten(store.spec(key))
        if name != "source"
    )
    yield from _curve_lines(store, key)
    yield from map(_format_attempt, store.attempts(key))
    yield from _result_lines(store.result(key))
    folder = store.folder(key)
    yield from (f"file     {path}" for path in sorted(folder.glob("*")))
    yield from (f"log      {text}" for text in _last_lines(folder / run_folder.LOG))


def _format_attempt(attempt: Attempt) -> str:
    message = f": {attempt.message}" if attempt.message else ""
    return (
        f"attempt  {attempt.number}  {attempt.started} to {attempt.ended or 'now'}  {attempt.state}{message}"
    )


def _result_lines(result: RunResult | None) -> Iterator[str]:
    if result is None:
        return
    content = result.content()
    for key in RESULT_KEYS:
        if key in content:
            yield from (
                f"result   {name} = {json.dumps(value)}" for name, value in flatten({key: content[key]})
            )
    if undefined := result.undefined():
        yield f"result   undefined = {json.dumps(undefined, ensure_ascii=False)}"
    yield from (f"warning  {text}" for text in result.warnings)
    yield from map(_format_plug, result.plugs)


def _format_plug(plug: Plug) -> str:
    """Return a module's site, and the widths that its options lead to there."""
    widths = "".join(f", {name} {value}" for name, value in plug.effective.items())
    clamped = " (clamped: the reduction asks for less)" if plug.clamped else ""
    return f"plug     {plug.site}  {plug.channels} channels{widths}{clamped}"


def _find_cells(store: StoreReader, key: str) -> Iterator[tuple[str, str]]:
    from ..overview import name_cell

    for study in store.studies():
        for cell in store.cells(study):
            if cell.key == key:
                yield study, name_cell(cell)


def _curve_lines(store: StoreReader, key: str) -> Iterator[str]:
    """Yield one line for each metric: its values over the epochs as bars, the first value and the last."""
    curve = store.curve(key)
    for name in sorted({name for _, metrics in curve for name in metrics}):
        values = [value for _, metrics in curve if (value := metrics.get(name)) is not None]
        span = (
            f"{sparkline(values)}  {values[0]:.4g} to {values[-1]:.4g} in {len(values)} epochs"
            if values
            else ""
        )
        yield f"curve    {name:22} {span or 'not defined in any epoch'}"


def sparkline(values: Sequence[float], *, width: int = 60) -> str:
    """Return the values as at most `width` bars, scaled from the least value to the greatest."""
    thinned = (
        [values[number * len(values) // width] for number in range(width)] if len(values) > width else values
    )
    low, span = min(thinned), max(thinned) - min(thinned)
    return "".join(BARS[round((value - low) / span * (len(BARS) - 1)) if span else 0] for value in thinned)


def _last_lines(path: Path, *, lines: int = 20) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
