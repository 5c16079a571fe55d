"""The messages between supervisor and workers: what is validated, and what JSON carries unchanged."""

import json

import pytest
from pydantic import ValidationError

from experiments.orchestration.messages import PlanAnswer, ProposalAnswer
from experiments.run.slot import CPU, Slot
from experiments.store import PlannedCell
from tests.test_experiments.made import cell, run_spec, study_row

CELLS = [cell(run_spec(seed=seed)) for seed in range(2)]


def test_a_plan_comes_back_from_json_as_it_was_sent() -> None:
    sent = {
        "study": {**study_row().content(), "codes": {"none": "digest"}},
        "cells": [planned._asdict() for planned in CELLS],
        "cards": [["cuda:0", 16 * 2**30]],
    }
    answer = PlanAnswer.model_validate(json.loads(json.dumps(sent)))
    assert answer.cells == CELLS
    assert isinstance(answer.cells[0], PlannedCell)
    assert answer.study == study_row().model_copy(update={"codes": {"none": "digest"}})
    assert answer.cards == [("cuda:0", 16 * 2**30)]


def test_a_plan_without_a_study_is_refused() -> None:
    with pytest.raises(ValidationError, match="study"):
        PlanAnswer.model_validate({"cells": []})


def test_winners_are_read_by_arm_and_setting() -> None:
    options = {"options": {"kernel_size": 3}, "site": "block", "learning_rate": 0.1}
    answer = ProposalAnswer.model_validate({"cells": [], "tuned": {"scse tuned": {"digits": options}}})
    assert answer.tuned["scse tuned"]["digits"].learning_rate == 0.1
    assert answer.tuned["scse tuned"]["digits"].options == {"kernel_size": 3}


@pytest.mark.parametrize("slot", [CPU, Slot("cuda:1", 3 * 2**30, shared=False)])
def test_a_slot_survives_json(slot: Slot) -> None:
    assert Slot(*json.loads(json.dumps(slot))) == slot
