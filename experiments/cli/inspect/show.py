"""`show KEY`: one run in full."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from ...config.exit_codes import DONE
from ...config.run_result import Plug
from ...store import StoreReader, run_folder
from ..options import add_json, add_store, key_of, print_json, reading
from .nested import flat

EXAMPLES = """  python -m experiments show 868cac3ae775
  python -m experiments show 868cac3ae775 --json"""
BARS = "▁▂▃▄▅▆▇█"
SHOWN = (
    "metrics",
    "validation",
    "parameters",
    "macs",
    "seconds",
    "cpu_seconds",
    "peak_bytes",
    "identity_key",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a run's key, or its first characters")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print the run for people, or all of its record as JSON."""
    with reading(arguments.store) as records:
        key = key_of(records, arguments.key)
        if arguments.json:
            print_json(_content(records, key))
            return DONE
        for text in show(records, key):
            print(text)
    return DONE


def _content(store: StoreReader, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "state": store.state(key),
        "places": [{"study": study, "place": place} for study, place in _places(store, key)],
        "spec": store.spec(key),
        "curve": store.curve(key),
        "attempts": [attempt._asdict() for attempt in store.attempts(key)],
        "result": result.content() if (result := store.result(key)) else None,
        "folder": store.folder(key),
    }


def show(store: StoreReader, key: str) -> Iterator[str]:
    """A run in full: where it stands, spec, curve, attempts, cost, files, the end of its log."""
    yield f"key      {key}"
    yield f"state    {store.state(key)}"
    yield from (f"in       {study}: {place}" for study, place in _places(store, key))
    yield from (
        f"spec     {name} = {json.dumps(value)}" for name, value in flat(store.spec(key)) if name != "source"
    )
    yield from _curve(store, key)
    for one in store.attempts(key):
        message = f": {one.message}" if one.message else ""
        yield f"attempt  {one.number}  {one.started} to {one.ended or 'now'}  {one.state}{message}"
    recorded = store.result(key)
    result = recorded.content() if recorded else {}
    yield from (
        f"result   {name} = {json.dumps(value)}"
        for part in SHOWN
        if part in result
        for name, value in flat({part: result[part]})
    )
    yield from map(_plug, recorded.plugs if recorded else [])
    folder = store.folder(key)
    yield from (f"file     {path}" for path in sorted(folder.glob("*")))
    log = folder / run_folder.LOG
    yield from (f"log      {text}" for text in _end_of(log))


def _plug(plug: Plug) -> str:
    """Where a module is, and what its options come to there."""
    widths = "".join(f", {name} {value}" for name, value in plug.effective.items())
    clamped = " (clamped: the reduction asks for less)" if plug.clamped else ""
    return f"plug     {plug.site}  {plug.channels} channels{widths}{clamped}"


def _places(store: StoreReader, key: str) -> Iterator[tuple[str, str]]:
    for study in store.studies():
        for cell in store.cells(study):
            if cell.key == key:
                end = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
                yield study, f"{cell.setting}  {cell.arm}  {end}"


def _curve(store: StoreReader, key: str) -> Iterator[str]:
    """Each metric over the epochs: a line of bars, from its first value to its last."""
    curve = store.curve(key)
    for name in sorted({name for _, metrics in curve for name in metrics}):
        values = [metrics[name] for _, metrics in curve if metrics.get(name) is not None]
        if values:
            yield f"curve    {name:22} {bars(values)}  {values[0]:.4g} to {values[-1]:.4g} in {len(values)} epochs"


def bars(values: Sequence[float], *, width: int = 60) -> str:
    """The values as at most `width` bars between their least and their greatest."""
    thinned = (
        [values[number * len(values) // width] for number in range(width)] if len(values) > width else values
    )
    low, span = min(thinned), max(thinned) - min(thinned)
    return "".join(BARS[round((value - low) / span * (len(BARS) - 1)) if span else 0] for value in thinned)


def _end_of(path: Any, *, lines: int = 20) -> list[str]:
    try:
        text: str = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
