"""Keys of a study file are text, each once; and no file makes the reader work or recurse without end."""

import time

import pytest
import yaml

from experiments.config.strict_yaml import MAX_DEPTH, MAX_VALUES, parse_yaml
from user_error import UserError

NOT_TEXT = [
    *("no", "No", "yes", "on", "off", "true", "FALSE", "null", "Null", "NULL", "~", "1", "1.0", "0x1", "1_0"),
    *("010", "1:30", ".inf", ".nan", "2026-01-01", "!!int '3'", "!!null x", "?", "[a, b]", "{a: b}"),
]
TEXT = ["none", "n", "y", "nil", "1e3", "1e+3", "a b", "'no'", '"1"', "'~'", "Größe", "1-2", "v1.0"]


def refused(text: str) -> str:
    began = time.monotonic()
    with pytest.raises(UserError) as error:
        parse_yaml(text)
    assert time.monotonic() - began < 10
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("key", NOT_TEXT)
def test_a_key_that_is_not_text_is_refused_with_its_line(key: str) -> None:
    line = refused(f"a: 1\narms:\n  none: {{}}\n  ? {key}\n  : {{module: cse}}\n")
    assert "key" in line
    assert "line 4" in line


@pytest.mark.parametrize("key", TEXT)
def test_a_key_that_is_text_is_that_text(key: str) -> None:
    assert parse_yaml(f"{key}: 1") == {key.strip("'\""): 1}


def test_the_line_shows_the_key_in_quotes() -> None:
    assert refused("arms:\n  no: {}\n") == (
        "`no` is a key that YAML reads as true or false; in quotes it is text: 'no', line 2"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "a: 1\n'a': 2",
        "x: {a: 1, b: 2, a: 3}",
        "- a: 1\n  a: 2",
        "a: &a {b: 1}\nc: {<<: *a, <<: *a}",
    ],
)
def test_a_key_that_is_given_twice_is_refused(text: str) -> None:
    assert "is given twice, line" in refused(text)


def test_merged_keys_may_be_overridden_however_deep_their_anchor_lies() -> None:
    text = "_: {deep: {er: &b {<<: &a {x: 1, y: 2}, x: 3}}}\narm: {<<: *b, y: 4}"
    expected = {"_": {"deep": {"er": {"x": 3, "y": 2}}}, "arm": {"x": 3, "y": 4}}
    assert parse_yaml(text) == expected == yaml.safe_load(text)


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a [*a]", "&a {b: *a}", "a: &a {b: {c: [1, *a]}}"])
def test_an_alias_inside_its_own_anchor_is_refused(text: str) -> None:
    assert refused(text).startswith("an alias refers to a value that it is part of, line 1")


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1_000, 20_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ("{a: ", "}")])
def test_deep_nesting_is_refused(left: str, right: str, levels: int) -> None:
    assert f"more than {MAX_DEPTH} levels" in refused("a: " + left * levels + "1" + right * levels)


def test_deep_nesting_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3_000))]
    assert f"more than {MAX_DEPTH} levels" in refused("\n".join(lines))


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    assert f"more than {MAX_VALUES:,} values" in refused("\n".join(lines))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-01-01", "`2026-01-01` is read as a date; in quotes it is text: '2026-01-01', line 2"),
        ("2026-13-45", "`2026-13-45` is read as a date"),
        ("!!int x", "`x` cannot be read as int, line 2"),
        ("!!float x", "`x` cannot be read as float, line 2"),
        ("!!bool perhaps", "`perhaps` cannot be read as bool, line 2"),
        ("9" * 5_000, "cannot be read as int, line 2"),
        ("!!binary aGVsbG8=", "not valid YAML"),
        ("!!set {a, b}", "not valid YAML"),
        ("!!omap [a: 1]", "not valid YAML"),
        ("!mine x", "not valid YAML"),
        ("!!python/object/apply:os.system ['x']", "not valid YAML"),
        ("*nobody", "not valid YAML"),
        ('"\\ud800"', "a lone surrogate"),
    ],
)
def test_a_value_that_json_does_not_have_is_refused(value: str, says: str) -> None:
    line = refused(f"a: 1\nb: {value}")
    assert says in line
    assert len(line) < 200


def test_everything_else_is_read_as_pyyaml_reads_it() -> None:
    text = "a: [1, 2.5, true, null, ~, x, 'y', 0x10, .inf, 1e-3]\nb: {c: &d {e: f}, g: *d}\nh: |\n  two\n  lines\n"
    assert parse_yaml(text) == yaml.safe_load(text)
    assert parse_yaml("") is None
