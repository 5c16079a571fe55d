"""Equal seeds give equal bits, also after a stop at any step; all arms see the same random numbers."""

import copy
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.config.run_spec import ArmSpec, BackboneSpec, RunSpec, StopRule, Task
from experiments.models.build import Shape, build
from experiments.reproducibility.determinism import prepare_process
from experiments.reproducibility.tensor_hash import hash_network
from experiments.training.data import load_data, shape_of
from experiments.training.objective import create_objective
from experiments.training.trainer import Diverged, Interrupted, Pruned, Training, place
from tests.test_experiments.made import BACKBONE, run_spec

pytestmark = pytest.mark.usefixtures("deterministic")
DROPS = BackboneSpec(name=BACKBONE.name, args={**BACKBONE.args, "drop_rate": 0.3, "drop_path_rate": 0.2})
STEPS = 4
Curve = list[tuple[int, dict[str, float | None]]]


def training(spec: RunSpec, cache: Path) -> Training:
    """The run's training, before its first step."""
    prepare_process()
    splits = load_data(spec, cache)
    network, _ = build(spec, shape_of(splits))
    goal = create_objective(
        spec.task, classes=splits.classes, ignore_index=splits.ignore_index, recipe=spec.recipe
    )
    return Training(
        network, goal, splits.train, splits.validation, spec.recipe, seed=spec.seed, stop=spec.stop
    )


def never(training: Training) -> None:
    """Keep nothing, stop nowhere."""


def fitted(begun: Training, on_step_end: Callable[[Training], None] = never) -> tuple[str, Curve]:
    """The weights that count after the training, and its epochs."""
    curve: Curve = []
    begun.fit(report=lambda epoch, metrics: curve.append((epoch, dict(metrics))), on_step_end=on_step_end)
    return hash_network(begun.evaluated), curve


def with_everything(task: Task = "classification", **recipe: Any) -> RunSpec:
    """A run in which all that can be random or remembered is: dropout, augmentation, average, selection."""
    more = {"ema": 0.9, "select": "best_val", "flip": True, "clip_gradient": 1.0, **recipe}
    return run_spec(task, arm=ArmSpec(module="scse"), **more).model_copy(update={"backbone": DROPS})


def stopped_at(spec: RunSpec, cache: Path, place: tuple[int, int]) -> dict[str, Any]:
    """The state after a step, as it comes back from a checkpoint."""
    kept = io.BytesIO()

    def on_step_end(training: Training) -> None:
        if training.position[:2] == place:
            torch.save(training.state(), kept)
            raise Interrupted

    with pytest.raises(Interrupted):
        fitted(training(spec, cache), on_step_end)
    state: dict[str, Any] = torch.load(io.BytesIO(kept.getvalue()), weights_only=True)
    return state


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_same_seed_twice_gives_the_same_bits_and_another_seed_others(task: Task, cache: Path) -> None:
    spec = run_spec(task, arm=ArmSpec(module="scse"))
    once, again = fitted(training(spec, cache)), fitted(training(spec, cache))
    other = fitted(training(spec.model_copy(update={"seed": 1}), cache))
    assert once == again
    assert other[0] != once[0]
    assert other[1] != once[1]


def test_what_the_process_did_before_does_not_matter(cache: Path) -> None:
    spec = with_everything()
    once = fitted(training(spec, cache))
    torch.manual_seed(99)
    fitted(training(run_spec("segmentation"), cache))
    assert fitted(training(spec, cache)) == once


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize("place", [(0, 1), (0, 3), (1, 0), (1, 2)])
def test_a_training_stopped_after_any_step_resumes_to_the_same_bits(
    task: Task, place: tuple[int, int], cache: Path
) -> None:
    spec = with_everything(task)
    undisturbed = fitted(training(spec, cache))
    state = stopped_at(spec, cache, place)
    torch.manual_seed(99)
    begun = training(spec.model_copy(update={"seed": 5}), cache)
    begun.seed = spec.seed  # the checkpoint alone must carry the weights
    begun.restore(state)
    weights, curve = fitted(begun)
    assert weights == undisturbed[0]
    assert curve == undisturbed[1][place[0] :]


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_resuming_needs_only_the_saved_optimizer_state(optimizer: str, cache: Path) -> None:
    momentum: dict[str, Any] = {"momentum": 0.9 if optimizer == "sgd" else None}
    spec = run_spec(optimizer=optimizer, learning_rate=0.01, **momentum)
    begun = training(spec, cache)
    begun.restore(stopped_at(spec, cache, (0, 2)))
    assert fitted(begun) == fitted(training(spec, cache))


def test_dropout_and_augmentation_are_at_work(cache: Path) -> None:
    plain = run_spec()
    weights = {
        fitted(training(spec, cache))[0]
        for spec in (
            plain,
            plain.model_copy(update={"backbone": DROPS}),
            run_spec(shift=0),
            run_spec(flip=True),
            run_spec(contrast=0.0),
            run_spec(brightness=0.0),
        )
    }
    assert len(weights) == 6


@pytest.mark.parametrize("module", ["scse", "cbam", "non_local", "shuffled_gate"])
def test_arms_of_one_seed_see_the_same_random_numbers_at_every_step(module: str, cache: Path) -> None:
    def states(arm: ArmSpec) -> list[bytes]:
        seen: list[bytes] = []
        spec = run_spec(arm=arm).model_copy(update={"backbone": DROPS})
        fitted(training(spec, cache), lambda _: seen.append(torch.random.get_rng_state().numpy().tobytes()))
        return seen

    alone = states(ArmSpec())
    assert len(set(alone)) == 2 * STEPS
    assert states(ArmSpec(module=module)) == alone


def test_an_arm_that_starts_as_an_identity_starts_from_the_baselines_loss(cache: Path) -> None:
    losses = []

    def on_step_end(training: Training) -> None:
        losses.append(training.position.loss)
        raise Interrupted

    for module in ("none", "scse"):
        with pytest.raises(Interrupted):
            fitted(training(run_spec(arm=ArmSpec(module=module)), cache), on_step_end)
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_each_epoch_is_reported_with_the_mean_loss_and_the_validation_metrics(cache: Path) -> None:
    losses: list[float] = []
    _, curve = fitted(training(run_spec(), cache), lambda training: losses.append(training.position.loss))
    assert [epoch for epoch, _ in curve] == [1, 2]
    assert set(curve[0][1]) == {"train/loss", "validation/accuracy", "validation/loss", "validation/ece"}
    assert len(losses) == 2 * STEPS
    assert curve[0][1]["train/loss"] == pytest.approx(losses[STEPS - 2] / (STEPS - 1), rel=0.5)


def test_the_best_epoch_is_the_one_that_counts_where_the_recipe_selects_it(cache: Path) -> None:
    begun = training(run_spec(select="best_val", epochs=4, learning_rate=0.3), cache)
    _, curve = fitted(begun)
    scores = [metrics["validation/accuracy"] or 0.0 for _, metrics in curve]
    assert begun.evaluate(begun.evaluated, begun.validation).metrics["accuracy"] == max(scores)


def test_the_moving_average_is_what_counts_where_the_recipe_asks_for_one(cache: Path) -> None:
    begun = training(run_spec(ema=0.9), cache)
    weights, curve = fitted(begun)
    assert weights != hash_network(begun.network)
    found = begun.evaluate(begun.evaluated, begun.validation).metrics["loss"]
    assert found == curve[-1][1]["validation/loss"]


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize(("size", "epochs"), [(16, 3), (64, 1), (64, 2)])
def test_a_training_that_runs_away_is_diverged_whenever_it_does(
    task: Task, size: int, epochs: int, cache: Path
) -> None:
    spec = run_spec(task, learning_rate=1e30, warmup=0.0, batch_size=size, epochs=epochs)
    reported: Curve = []
    begun = training(spec, cache)
    with pytest.raises(Diverged, match="epoch 1"):
        begun.fit(report=lambda epoch, metrics: reported.append((epoch, dict(metrics))), on_step_end=never)
    assert all(math.isfinite(value) for _, metrics in reported for value in metrics.values() if value)


@pytest.mark.parametrize(("below", "pruned"), [(1.1, True), (0.0, False)])
def test_a_stop_rule_ends_a_run_below_it(below: float, pruned: bool, cache: Path) -> None:
    begun = training(run_spec(stop=(StopRule(epoch=1, below=below),)), cache)
    if pruned:
        with pytest.raises(Pruned, match="after epoch 1"):
            fitted(begun)
    else:
        fitted(begun)
    assert begun.position.epoch == (1 if pruned else 2)


def test_a_stop_rule_after_the_last_epoch_ends_nothing(cache: Path) -> None:
    begun = training(run_spec(stop=(StopRule(epoch=2, below=1.1),)), cache)
    fitted(begun)
    assert begun.position.epoch == 2


def test_a_run_that_was_stopped_at_a_stop_rules_epoch_is_still_pruned(cache: Path) -> None:
    spec = run_spec(stop=(StopRule(epoch=1, below=1.1),))
    states: list[dict[str, Any]] = []

    def on_step_end(training: Training) -> None:
        states.append(training.state())
        if training.position.epoch == 1:
            raise Interrupted

    with pytest.raises((Interrupted, Pruned)):
        fitted(training(spec, cache), on_step_end)
    begun = training(spec, cache)
    begun.restore(states[-1])
    with pytest.raises(Pruned):
        fitted(begun)
    assert begun.position.epoch == 1


def test_a_batch_larger_than_the_training_split_is_an_error(cache: Path) -> None:
    with pytest.raises(ValueError, match=r"recipe\.batch_size: 65 is more than the 64"):
        training(run_spec(batch_size=65), cache)


def test_the_batch_of_an_evaluation_covers_every_example_once(cache: Path) -> None:
    begun = training(run_spec(), cache)
    correct = begun.evaluate(begun.network, begun.train).per_example["correct"]
    assert correct.shape == (64,)
    assert not begun.network.training


def with_scores(begun: Training, scores: list[float | None]) -> Training:
    """The training, whose validations have these scores in turn."""
    evaluate, left = begun.evaluate, iter(scores)

    def scored(network: Any, split: Any) -> Any:
        found = evaluate(network, split)
        return found._replace(metrics=found.metrics | {"accuracy": next(left)})

    begun.evaluate = scored  # type: ignore[method-assign]
    return begun


@pytest.mark.parametrize(
    ("scores", "best"), [([None, 0.4, None, 0.3], 1), ([0.2, None, None, None], 0), ([None] * 4, 3)]
)
def test_an_epoch_whose_score_is_undefined_is_never_the_best(
    scores: list[float | None], best: int, cache: Path
) -> None:
    begun = with_scores(training(run_spec(select="best_val", epochs=4), cache), [*scores, 0.5])
    weights: list[str] = []
    chosen, _ = fitted(begun, lambda _: weights.append(hash_network(begun.network)))
    assert chosen == weights[STEPS * (best + 1) - 1]
    assert len(set(weights)) == 4 * STEPS


def test_a_stop_rule_does_not_stop_at_an_undefined_score(cache: Path) -> None:
    begun = with_scores(training(run_spec(stop=(StopRule(epoch=1, below=1.1),)), cache), [None, None])
    fitted(begun)
    assert begun.position.epoch == 2


@pytest.mark.parametrize("form", [torch.channels_last, torch.contiguous_format])
def test_weights_are_laid_out_as_torchs_own_conversion_does(form: torch.memory_format) -> None:
    network, _ = build(run_spec(arm=ArmSpec(module="cbam")), Shape(1, 32, 32, 3))
    expected = copy.deepcopy(network).to(torch.device("cpu"), memory_format=form)  # type: ignore[call-overload]
    placed = place(network, torch.device("cpu"), form)
    pairs = zip(placed.state_dict().items(), expected.state_dict().items(), strict=True)
    assert all(
        names[0] == names[1] and one.stride() == other.stride() and torch.equal(one, other)
        for names, one, other in (((a, b), x, y) for (a, x), (b, y) in pairs)
    )
