"""The jobs of workers, called in this process: plan, propose, journal and train."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from experiments.orchestration import jobs
from experiments.orchestration.messages import StudyPayload
from experiments.planning.plan import make_plan
from experiments.planning.resolver import Resolver
from experiments.store import open_store, run_folder
from tests.test_experiments.made import run_spec, study, study_row

pytestmark = pytest.mark.usefixtures("deterministic")


@pytest.fixture
def payload(tmp_path: Path, cache: Path) -> StudyPayload:
    """The small study, and a store that knows it."""
    with closing(open_store(tmp_path / "store")) as store:
        store.save_study(study_row(), [])
    return {
        "study": study().model_dump_json(),
        "store": str(tmp_path / "store"),
        "cache": str(cache),
        "dtypes": {},
    }


def ignore(kind: str, content: Any) -> None:
    """Drop a message."""


def test_a_design_is_the_plan_of_the_study_as_json(payload: StudyPayload, cache: Path) -> None:
    answer = json.loads(json.dumps(jobs.design(payload, ignore)))
    row, cells = make_plan(study(), Resolver(cache))
    assert answer["study"] == row.content() | {"codes": answer["study"]["codes"]}
    assert [planned["key"] for planned in answer["cells"]] == [planned.key for planned in cells]
    assert answer["study"]["codes"].keys() == {"none", "scse", "cse", "sse"}
    assert answer["cards"] == []


def test_a_proposal_has_the_first_generation_of_every_search_and_no_winner(payload: StudyPayload) -> None:
    answer = jobs.propose(payload, ignore)
    cells: Any = answer["cells"]
    assert [(each["arm"], each["trial"]) for each in cells] == [
        (arm, number) for arm in ("none", "scse") for number in (0, 1)
    ]
    assert answer["tuned"] == {}


def test_a_journal_is_written_with_a_study_for_each_search(payload: StudyPayload, tmp_path: Path) -> None:
    path = tmp_path / "optuna" / "small.journal"
    payload["path"] = str(path)
    names = jobs.journal(payload, ignore)
    assert names == ["small/classification/none", "small/classification/scse"]
    assert path.exists()


def test_a_run_is_trained_sealed_and_reported_epoch_by_epoch(tmp_path: Path, cache: Path) -> None:
    messages: list[tuple[str, Any]] = []
    spec = run_spec()
    (tmp_path / "run").mkdir()
    result = jobs.train(
        {
            "spec": spec.model_dump_json(),
            "folder": str(tmp_path / "run"),
            "cache": str(cache),
            "keep_weights": False,
        },
        lambda kind, content: messages.append((kind, content)),
    )
    assert (result["key"], result["state"]) == (spec.key, "finished")
    epochs = [content[0] for kind, content in messages if kind == "epoch"]
    assert epochs == [1, 2]
    assert run_folder.damage(tmp_path / "run") is None
