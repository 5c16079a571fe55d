"""A training is saved as it goes, and resumed by its owner only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.models.build import build
from experiments.run.checkpoints import Checkpoints
from experiments.run.devices import Cpu, Share
from experiments.run.execution import CheckpointOwner, Execution, Resumed, UserErrorInTraining
from experiments.training.data import load_data, shape_of
from experiments.training.objective import create_objective
from experiments.training.trainer import Interrupted, Metrics, Training
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_run.stops import stop_after
from user_error import UserError

OWNER = CheckpointOwner("key", "code", "identity")


def execution(
    folder: Path,
    cache: Path,
    *,
    owner: CheckpointOwner = OWNER,
    interrupted: Callable[[], bool] = lambda: False,
    report: Callable[[int, Metrics], None] = lambda epoch, metrics: None,
    seconds: float = 1e9,
    learning_rate: float = 0.05,
) -> Execution:
    """A training of two epochs with four steps each."""
    spec = run_spec(learning_rate=learning_rate, warmup=0.0)
    splits = load_data(spec, cache)
    network, _ = build(spec, shape_of(splits))
    objective = create_objective(spec.task, classes=splits.classes, ignore_index=None, recipe=spec.recipe)
    training = Training(network, objective, splits.train, splits.validation, spec.recipe, seed=0)
    return Execution(
        training,
        owner,
        checkpoints=Checkpoints(folder, seconds=seconds),
        report=report,
        interrupted=interrupted,
        share=Share(Cpu()),
    )


pytestmark = pytest.mark.usefixtures("deterministic")


def test_a_finished_training_has_its_curve_and_validation(tmp_path: Path, cache: Path) -> None:
    reported: list[int] = []
    done = execution(tmp_path, cache, report=lambda epoch, metrics: reported.append(epoch))
    outcome = done.fit()
    assert (outcome.state, outcome.message, reported) == ("finished", "", [1, 2])
    assert [epoch for epoch, _ in done.curve] == [1, 2]
    last = done.curve[-1][1]
    assert outcome.validation == {
        name.removeprefix("validation/"): value for name, value in last.items() if "validation/" in name
    }


def test_a_checkpoint_is_saved_after_every_epoch_even_if_none_is_due(tmp_path: Path, cache: Path) -> None:
    execution(tmp_path, cache).fit()
    state = Checkpoints(tmp_path).load(pytest.fail)
    assert state is not None
    assert state["training"]["position"] == [2, 0, 0.0]
    assert (state["key"], state["code"], state["identity"]) == OWNER


def test_an_interruption_saves_the_step_and_names_it(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Interrupted, match="stopped in epoch 1, after step 3"):
        execution(tmp_path, cache, interrupted=stop_after(2)).fit()
    again = execution(tmp_path, cache)
    resumed = again.resume()
    assert isinstance(resumed, Resumed)
    assert (resumed.epoch, resumed.step, resumed.sha256) == (0, 3, again.checkpoints.loaded)
    assert len(again.training.losses) == 3


@pytest.mark.parametrize("field", CheckpointOwner._fields)
def test_a_checkpoint_of_another_owner_is_not_resumed(field: str, tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Interrupted):
        execution(tmp_path, cache, interrupted=stop_after(2)).fit()
    other = execution(tmp_path, cache, owner=OWNER._replace(**{field: "another"}))
    assert other.resume() is None
    assert other.training.position == (0, 0, 0.0)


def test_a_training_that_diverges_says_where(tmp_path: Path, cache: Path) -> None:
    outcome = execution(tmp_path, cache, learning_rate=1e30).fit()
    assert outcome.state == "diverged"
    assert "epoch 1" in outcome.message
    assert outcome.validation is None


def test_a_user_error_during_training_is_a_fault_of_the_program(tmp_path: Path, cache: Path) -> None:
    def report(epoch: int, metrics: Metrics) -> None:
        raise UserError("a mistake")

    with pytest.raises(UserErrorInTraining, match="a mistake"):
        execution(tmp_path, cache, report=report).fit()
