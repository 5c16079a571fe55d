"""The names that are refused are those that a default `pandas.read_csv` does not give back."""

import importlib
import io

import pandas as pd
import pytest

from experiments.config.names import MISSING, TRUTH, explain_unreadable_name


def test_the_missing_values_are_those_of_pandas() -> None:
    assert MISSING | {""} == importlib.import_module("pandas._libs.parsers").STR_NA_VALUES


@pytest.mark.parametrize("name", [*sorted(MISSING | TRUTH), "True", "tRUE", "FALSE"])
def test_what_is_refused_is_not_read_back(name: str) -> None:
    column = pd.read_csv(io.StringIO(f'arm,n\n"{name}",1\n'))["arm"].tolist()
    assert column != [name]
    assert explain_unreadable_name(name)


@pytest.mark.parametrize(
    "name", ["none", "nA", "Nan", "nil", "yes", "no", " nan", "nan ", "N / A", "scse:fusion=None"]
)
def test_what_is_taken_is_read_back(name: str) -> None:
    assert explain_unreadable_name(name) == ""
    assert pd.read_csv(io.StringIO(f'arm,n\n"{name}",1\n'))["arm"].tolist() == [name]
