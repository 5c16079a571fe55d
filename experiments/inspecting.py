"""Looking at recorded runs: a list, one in full, two side by side. Yields lines; reads the records only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .config.suggestions import nearest
from .store import Cell, Store, run_folder

FIELDS = ("study", "setting", "arm", "seed", "trial", "role", "state", "key")
BARS = "▁▂▃▄▅▆▇█"


def runs(store: Store, wanted: Sequence[str]) -> Iterator[str]:
    """One line a cell, of those that fit every `field=value`: key, state, place, metric, seconds, log."""
    conditions = [_condition(text) for text in wanted]
    found = 0
    for study in store.studies():
        for cell in store.cells(study):
            place = {**cell._asdict(), "study": study}
            if all(_fits(place, field, value) for field, value in conditions):
                found += 1
                yield _line(study, cell)
    yield f"{found} runs"


def _condition(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or field not in FIELDS:
        raise ValueError(f"--where {text}: write FIELD=VALUE{nearest(field, FIELDS)}")
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


def show(store: Store, key: str) -> Iterator[str]:
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
    result = store.result(key) or {}
    shown = (
        "metrics",
        "validation",
        "parameters",
        "macs",
        "seconds",
        "cpu_seconds",
        "peak_bytes",
        "identity_key",
    )
    yield from (f"result   {name} = {json.dumps(value)}" for part in shown if part in result
                for name, value in flat({part: result[part]}))  # fmt: skip
    yield from map(_plug, result.get("plugs") or [])
    folder = store.folder(key)
    yield from (f"file     {path}" for path in sorted(folder.glob("*")))
    log = folder / run_folder.LOG
    yield from (f"log      {text}" for text in _end_of(log))


def _plug(plugged: Mapping[str, Any]) -> str:
    """Where a module is, and what its options come to there."""
    widths = "".join(f", {name} {value}" for name, value in plugged["effective"].items())
    clamped = " (clamped: the reduction asks for less)" if plugged.get("clamped") else ""
    return f"plug     {plugged['site']}  {plugged['channels']} channels{widths}{clamped}"


def _places(store: Store, key: str) -> Iterator[tuple[str, str]]:
    for study in store.studies():
        for cell in store.cells(study):
            if cell.key == key:
                end = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
                yield study, f"{cell.setting}  {cell.arm}  {end}"


def _curve(store: Store, key: str) -> Iterator[str]:
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


def diff(store: Store, one: str, other: str) -> Iterator[str]:
    """What two runs do not share: spec, numbers, machine."""
    for title, (left, right) in {
        "spec": (store.spec(one), store.spec(other)),
        "result": (_compared(store, one), _compared(store, other)),
    }.items():
        before, after = dict(flat(left)), dict(flat(right))
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{title}  {name}: {_value(before, name)} | {_value(after, name)}"


def _compared(store: Store, key: str) -> dict[str, Any]:
    parts = ("primary", "metrics", "validation", "parameters", "macs", "hashes", "final_weights", "identity", "code",
             "provenance", "seconds", "cpu_seconds", "peak_bytes")  # fmt: skip
    result = store.result(key) or {}
    return {"state": store.state(key), **{part: result[part] for part in parts if part in result}}


def _value(values: Mapping[str, Any], name: str) -> str:
    return json.dumps(values[name]) if name in values else "(not there)"


def flat(content: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping as 'a.b.c' -> value."""
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{start}{name}.")
        else:
            yield f"{start}{name}", value
