"""Planning through workers: lost jobs are started again, mistakes and faults become exceptions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from experiments.config.command_line.shell import JobFailed
from experiments.orchestration.engines.engine import Event
from experiments.orchestration.remote_planner import MAX_ATTEMPTS, RemotePlanner
from tests.test_experiments.made import cell, run_spec, study, study_row
from user_error import UserError

PLAN = {"study": study_row().content(), "cells": [cell(run_spec())._asdict()]}


class Scripted:
    """An engine that answers each job with the next of the given events."""

    def __init__(self, *answers: tuple[str, Any]) -> None:
        self.answers = list(answers)
        self.started: list[tuple[str, str, Mapping[str, Any]]] = []

    def start(self, name: str, job: str, payload: Mapping[str, Any], *, log: Path) -> None:
        self.started.append((name, job, payload))
        assert log.parent.is_dir()
        self.log = log

    def wait(self, seconds: float) -> list[Event]:
        kind: Any
        kind, content = self.answers.pop(0)
        return [Event("a run", "epoch", (1, {})), Event(self.started[-1][0], kind, content)]


def planner(
    engine: Any, events: list[Event] | None = None, jobs: dict[str, str] | None = None
) -> RemotePlanner:
    on_event = (events if events is not None else []).append
    return RemotePlanner(
        engine, study(), store=Path("s"), cache=Path("c"), device="cuda", on_event=on_event, jobs=jobs or {}
    )


def test_a_plan_is_asked_for_with_the_study_the_device_and_known_dtypes() -> None:
    engine = Scripted(("done", PLAN))
    answer = planner(engine).plan({"classification": "bfloat16"})
    assert answer.cells == [cell(run_spec())]
    ((name, job, payload),) = engine.started
    assert (name, job) == ("design", "design")
    assert (payload["device"], payload["dtypes"]) == ("cuda", {"classification": "bfloat16"})
    assert (payload["store"], payload["cache"]) == ("s", "c")
    assert payload["study"] == study().model_dump_json()
    assert not engine.log.parent.exists()


def test_events_of_other_workers_are_passed_on_in_the_meantime() -> None:
    events: list[Event] = []
    planner(Scripted(("done", {"cells": [], "tuned": {}})), events).propose({})
    assert events == [Event("a run", "epoch", (1, {}))]


def test_a_lost_job_is_started_again() -> None:
    engine = Scripted(("lost", "killed by signal 9"), ("done", ["small/digits/none"]))
    assert planner(engine).write_journal({}, Path("j")) == ["small/digits/none"]
    assert [payload["path"] for _, _, payload in engine.started] == ["j", "j"]


def test_a_job_that_is_lost_each_time_is_a_fault_of_the_program() -> None:
    engine = Scripted(*[("lost", "killed by signal 9")] * MAX_ATTEMPTS)
    with pytest.raises(JobFailed, match=r"search: killed by signal 9 .*propose\.log"):
        planner(engine).propose({})
    assert len(engine.started) == MAX_ATTEMPTS
    assert engine.log.parent.exists()
    engine.log.parent.rmdir()


def test_a_mistake_of_the_user_is_raised_as_one() -> None:
    with pytest.raises(UserError, match=r"^arms\.scse: no module$"):
        planner(Scripted(("refused", "arms.scse: no module"))).plan({})


def test_a_failed_job_names_its_error_and_its_log() -> None:
    engine = Scripted(("failed", (False, "KeyError: 'x'")))
    with pytest.raises(
        JobFailed,
        match=r"^planning: KeyError: 'x' \(a fault of this program, not yours; please report it with",
    ):
        planner(engine).plan({})
    engine.log.parent.rmdir()


def test_jobs_can_be_replaced() -> None:
    engine = Scripted(("done", PLAN))
    planner(engine, jobs={"design": "tests.stub:design"}).plan({})
    assert engine.started[0][1] == "tests.stub:design"
