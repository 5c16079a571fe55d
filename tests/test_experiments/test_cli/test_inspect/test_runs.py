"""Recorded runs, one line each."""

import json

import pytest

from experiments.cli.inspect.runs import select_runs
from experiments.cli.main import main
from experiments.store import StoreWriter

from .runs import OTHER, PLAIN


def test_runs_are_listed_one_a_line_and_counted(two: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--store", str(two.path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{PLAIN.key[:12]}  finished      small  classification  none  seed 0  accuracy 75.00  2 s",
        f"{OTHER.key[:12]}  failed        small  classification  se  seed 1",
        "2 runs",
    ]


def test_runs_are_listed_as_json(two: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--json", "--where", "arm=none", "--store", str(two.path)]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["key"], listed["test"], listed["study"]) == (PLAIN.key, 0.75, "small")


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (["arm=se"], 1),
        (["arm=se", "state=failed"], 1),
        (["arm=se", "state=finished"], 0),
        (["seed=0"], 1),
        (["setting=classification"], 2),
        (["study=small", "role=run"], 2),
        ([f"key={PLAIN.key[:5]}"], 1),
    ],
)
def test_where_chooses_by_every_field(where: list[str], count: int, two: StoreWriter) -> None:
    assert len(list(select_runs(two, where))) == count


@pytest.mark.parametrize(("where", "says"), [("amr=se", "did you mean 'arm'"), ("arm", "FIELD=VALUE")])
def test_a_misspelt_field_is_answered_with_the_nearest(where: str, says: str, two: StoreWriter) -> None:
    with pytest.raises(ValueError, match=says):
        list(select_runs(two, [where]))
