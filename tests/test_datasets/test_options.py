"""Options of data sets: defaults, allowed values and messages."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from datasets.options import Option, Scalar, fill_options, parse_text
from user_error import UserError

OPTIONS: Mapping[str, Option] = {
    "count": Option(default=3, low=1, high=9, help="how many"),
    "kind": Option(default="a", choices=("a", "b"), help="which"),
    "name": Option(default="", parse=parse_text, help="any text"),
}


def test_given_values_replace_defaults_in_the_order_of_the_options() -> None:
    filled = fill_options("here", OPTIONS, {"name": "  x ", "count": 9})
    assert list(filled.items()) == [("count", 9), ("kind", "a"), ("name", "x")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cuont": 1}, "here: no option 'cuont'; did you mean 'count'?"),
        ({"count": 0}, "here: count is 0, must be a whole number from 1 to 9"),
        ({"count": 10}, "here: count is 10, must be a whole number from 1 to 9"),
        ({"count": True}, "here: count is True, must be a whole number from 1 to 9"),
        ({"count": 2.0}, "here: count is 2.0, must be a whole number from 1 to 9"),
        ({"kind": "c"}, "here: kind is 'c', must be one of a, b"),
        ({"name": 3}, "here: name is 3: must be text; put it in quotes"),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(given: dict[str, Scalar], message: str) -> None:
    with pytest.raises(UserError) as error:
        fill_options("here", OPTIONS, given)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("value", "allowed"), [(1, True), (9, True), (0, False), (10, False), (False, False)]
)
def test_whole_numbers_are_allowed_between_the_bounds(value: object, allowed: bool) -> None:
    assert OPTIONS["count"].allows(value) is allowed


def test_the_allowed_values_are_described_in_words() -> None:
    assert [option.describe() for option in OPTIONS.values()] == [
        "a whole number from 1 to 9",
        "one of a, b",
        "any text",
    ]
