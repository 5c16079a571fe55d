"""A misspelt name is answered with the nearest valid one."""

import pytest

from experiments.config.suggestions import nearest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("epoch", "; did you mean 'epochs'?"),
        ("epohcs", "; did you mean 'epochs'?"),
        ("zzz", "; take one of: batch_size, epochs"),
    ],
)
def test_the_nearest_name_is_suggested_or_else_all_names(name: str, expected: str) -> None:
    assert nearest(name, ["epochs", "batch_size"]) == expected


@pytest.mark.parametrize(("count", "lists"), [(0, False), (20, True), (21, False)])
def test_names_are_listed_only_if_they_are_few(count: int, lists: bool) -> None:
    assert nearest("?", [f"{number:02}" for number in range(count)]).startswith("; take one of") == lists
