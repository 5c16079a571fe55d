"""`diff KEY KEY`: what two runs do not share."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...config.exit_codes import DONE, SOMETHING_FAILED
from ...store import StoreReader
from ..options import add_json, add_store, key_of, print_json, reading
from .nested import flat

EXAMPLES = "  python -m experiments diff 868cac3ae775 0632f1a01d38"
COMPARED = (
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


class Difference(NamedTuple):
    """One value that differs; as JSON, or "(not there)"."""

    part: str
    name: str
    before: str
    after: str


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a run's key, or its first characters")
    parser.add_argument("other", metavar="KEY", help="the other run's")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Exit code 1 where there is a difference, as `diff` has it."""
    with reading(arguments.store) as records:
        keys = key_of(records, arguments.key), key_of(records, arguments.other)
        differences = list(diff(records, *keys))
    if arguments.json:
        print_json([each._asdict() for each in differences])
    else:
        for each in differences:
            print(f"{each.part}  {each.name}: {each.before} | {each.after}")
    return SOMETHING_FAILED if differences else DONE


def diff(store: StoreReader, one: str, other: str) -> Iterator[Difference]:
    """Spec, numbers and machine of two runs, where they differ."""
    for part, (left, right) in {
        "spec": (store.spec(one), store.spec(other)),
        "result": (_compared(store, one), _compared(store, other)),
    }.items():
        before, after = dict(flat(left)), dict(flat(right))
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield Difference(part, name, _value(before, name), _value(after, name))


def _compared(store: StoreReader, key: str) -> dict[str, Any]:
    recorded = store.result(key)
    result = recorded.content() if recorded else {}
    return {"state": store.state(key), **{part: result[part] for part in COMPARED if part in result}}


def _value(values: Mapping[str, Any], name: str) -> str:
    return json.dumps(values[name]) if name in values else "(not there)"
