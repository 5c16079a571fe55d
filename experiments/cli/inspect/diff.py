"""`diff KEY KEY`: the differences between two runs."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...config.command_line.exit_codes import DONE, SOMETHING_FAILED
from ..options import add_json, add_store, print_json
from .nested import flatten

if TYPE_CHECKING:
    from ...store import StoreReader


EXAMPLES = "  python -m experiments diff 868cac3ae775 0632f1a01d38"
COMPARED_KEYS = (
    "primary",
    "metrics",
    "validation",
    "parameters",
    "macs",
    "hashes",
    "final_weights",
    "identity",
    "code",
    "provenance",
    "seconds",
    "cpu_seconds",
    "peak_bytes",
)
"""Keys of results.json that are compared."""


class Difference(NamedTuple):
    """A value that differs between two runs: each side as JSON text, or None where it is absent."""

    part: str
    name: str
    before: str | None
    after: str | None

    def content(self) -> dict[str, Any]:
        """Return the difference with the values themselves."""
        sides = {"before": self.before, "after": self.after}
        values = {side: None if text is None else json.loads(text) for side, text in sides.items()}
        return {"part": self.part, "name": self.name, **values}

    def line(self) -> str:
        """Return the difference as one line."""
        before, after = ("(not there)" if text is None else text for text in (self.before, self.after))
        return f"{self.part}  {self.name}: {before} | {after}"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("key", metavar="KEY", help="a run's key, or its first characters")
    parser.add_argument("other", metavar="KEY", help="the other run's")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print the differences; return exit code 1 if there are any, as `diff` does."""
    from ..records import find_key, open_reader

    with open_reader(arguments.store) as records:
        keys = find_key(records, arguments.key), find_key(records, arguments.other)
        differences = list(compare_runs(records, *keys))
    if arguments.json:
        print_json([each.content() for each in differences])
    else:
        for each in differences:
            print(each.line())
    return SOMETHING_FAILED if differences else DONE


def compare_runs(store: StoreReader, key: str, other: str) -> Iterator[Difference]:
    """Yield the differences between two runs' specs, numbers and machines."""
    for part, (left, right) in {
        "spec": (store.spec(key), store.spec(other)),
        "result": (_read_result(store, key), _read_result(store, other)),
    }.items():
        before, after = dict(flatten(left)), dict(flatten(right))
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield Difference(part, name, _format_value(before, name), _format_value(after, name))


def _read_result(store: StoreReader, key: str) -> dict[str, Any]:
    recorded = store.result(key)
    result = recorded.content() if recorded else {}
    return {"state": store.state(key), **{part: result[part] for part in COMPARED_KEYS if part in result}}


def _format_value(values: Mapping[str, Any], name: str) -> str | None:
    return json.dumps(values[name]) if name in values else None
