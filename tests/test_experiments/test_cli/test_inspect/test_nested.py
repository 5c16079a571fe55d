"""Names of nested values."""

from experiments.cli.inspect.nested import flatten


def test_nested_values_are_named_by_their_path() -> None:
    assert dict(flatten({"a": {"b": 1, "c": {}}, "d": [2]})) == {"a.b": 1, "a.c": {}, "d": [2]}
