"""What a person is told of an error: place, hint, the nearest valid name, the first line."""

import pytest

from user_error import UserError, first_line, nearest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("epoch", "; did you mean 'epochs'?"),
        ("epohcs", "; did you mean 'epochs'?"),
        ("zzz", "; take one of: epochs, batch_size"),
    ],
)
def test_the_nearest_name_is_suggested_or_else_all_names(name: str, expected: str) -> None:
    assert nearest(name, ["epochs", "batch_size"]) == expected


@pytest.mark.parametrize(("count", "lists"), [(1, True), (60, True), (61, False)])
def test_names_are_listed_only_if_they_are_few(count: int, lists: bool) -> None:
    assert nearest("?", [f"{number:02}" for number in range(count)]).startswith("; take one of") == lists


def test_where_there_are_no_names_it_says_so() -> None:
    assert nearest("x", []) == "; there is none"


def test_place_and_hint_stand_around_the_message() -> None:
    error = UserError("no arm 'cse'", place="study.yaml: baseline", hint="name one of arms")
    assert str(error) == "study.yaml: baseline: no arm 'cse'; name one of arms"
    assert (error.message, error.place, error.hint) == (
        "no arm 'cse'",
        "study.yaml: baseline",
        "name one of arms",
    )


def test_a_mistake_is_named_from_further_out() -> None:
    inner = UserError("wrong", place="width", hint="give 1.0")
    assert str(inner.at("arms.wide")) == "arms.wide: width: wrong; give 1.0"
    assert str(UserError("wrong").at("arms.wide")) == "arms.wide: wrong"


@pytest.mark.parametrize(
    ("error", "line"),
    [(KeyError("x"), "'x'"), (RuntimeError("a\nb"), "a"), (RuntimeError(), "RuntimeError")],
)
def test_the_first_line_of_an_error(error: Exception, line: str) -> None:
    assert first_line(error) == line
