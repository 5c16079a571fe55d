"""Recorded runs, one line each."""

import json

import pytest

from experiments.cli.inspect.runs import select_runs
from experiments.cli.main import main
from experiments.store import StoreWriter
from user_error import UserError

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
    assert len(select_runs(two, where)) == count


@pytest.mark.parametrize("where", ["state=running", "role=trial"])
def test_a_state_or_role_without_runs_is_no_mistake(where: str, two: StoreWriter) -> None:
    assert select_runs(two, [where]) == []


def test_an_empty_store_has_no_runs_of_any_value(store: StoreWriter) -> None:
    assert select_runs(store, ["arm=se"]) == []


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("amr=se", "--where amr=se: no field 'amr'; did you mean 'arm'?"),
        ("amr", "--where amr: no field 'amr'; did you mean 'arm'?"),
        ("arm", "--where arm: no value; write FIELD=VALUE: arm=..."),
        ("arm=nome", "--where arm=nome: no run has this arm; did you mean 'none'?"),
        ("state=runing", "--where state=runing: no run has this state; did you mean 'running'?"),
        ("seed=7", "--where seed=7: no run has this seed; take one of: 0, 1"),
        ("key=zzz", "--where key=zzz: no run has this key"),
    ],
)
def test_a_condition_that_no_run_can_meet_is_answered_with_what_would_be_right(
    where: str, says: str, two: StoreWriter
) -> None:
    with pytest.raises(UserError) as caught:
        select_runs(two, [where])
    assert str(caught.value) == says
