"""Warnings of a run are collected once each, and are still shown."""

import warnings
from collections.abc import Iterable

import pytest

from experiments.reproducibility.warning_capture import capture_warnings


def captured(texts: Iterable[str], *categories: type[Warning]) -> list[str]:
    """Warn of each text in each category, and return what was collected."""
    with capture_warnings() as found:
        for category in categories or (UserWarning,):
            for text in texts:
                warnings.warn(text, category, stacklevel=1)
    return found


def test_each_distinct_warning_is_collected_once_as_one_line() -> None:
    with pytest.warns(match="."):
        found = captured(["a\n  two lines", "b", "b"], UserWarning, FutureWarning)
    assert found == [
        "UserWarning: a two lines",
        "UserWarning: b",
        "FutureWarning: a two lines",
        "FutureWarning: b",
    ]


def test_at_most_20_are_collected_and_of_each_at_most_300_characters() -> None:
    with pytest.warns(match="x"):
        found = captured(f"{number} " + 400 * "x" for number in range(25))
    assert len(found) == 20
    assert {len(text) for text in found} == {300}


def test_the_home_folder_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    with pytest.warns(match="someone"):
        found = captured(["no file /home/someone/x"])
    assert found == ["UserWarning: no file ~/x"]


def test_warnings_after_the_context_are_not_collected() -> None:
    found = captured([])
    with pytest.warns(match="^late$") as shown:
        warnings.warn("late", stacklevel=1)
    assert found == []
    assert len(shown) == 1
