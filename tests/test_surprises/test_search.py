"""optuna's behaviors of docs/surprises.md: a version that changes one of them fails here."""

from importlib.util import find_spec

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.samplers import CmaEsSampler, GridSampler, RandomSampler
from optuna.trial import TrialState, create_trial


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def searched(trials: int, *, seed: int = 0) -> optuna.Study:
    """A random search of x and y whose value is the square of x."""
    study = optuna.create_study(sampler=RandomSampler(seed=seed))
    study.optimize(
        lambda trial: trial.suggest_float("x", 0, 1) ** 2 + 0 * trial.suggest_float("y", 0, 1), trials
    )
    return study


def test_with_ten_trials_a_parameter_without_effect_may_be_the_most_important() -> None:
    study = searched(10, seed=1)
    default = get_param_importances(study)
    assert default["y"] > default["x"]
    assert get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))["x"] > 0.9


def test_a_parameter_that_never_varied_has_importance_by_default() -> None:
    study = optuna.create_study()
    ranges = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}
    for i in range(30):
        params = {"x": i / 30, "y": 0.5}
        study.add_trial(create_trial(params=params, distributions=dict(ranges), value=(i / 30) ** 2))
    assert get_param_importances(study)["y"] == pytest.approx(0.2, abs=0.1)
    assert get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))["y"] == 0


def test_telling_the_last_point_of_a_grid_raises_although_it_is_recorded() -> None:
    study = optuna.create_study(sampler=GridSampler({"x": [0, 1]}, seed=0))
    for is_last in (False, True):
        trial = study.ask()
        trial.suggest_int("x", 0, 1)
        if not is_last:
            study.tell(trial, 1.0)
    with pytest.raises(RuntimeError, match=r"Study\.stop"):
        study.tell(trial, 1.0)
    assert [each.state for each in study.trials] == [TrialState.COMPLETE] * 2


@pytest.mark.skipif(find_spec("cmaes") is not None, reason="cmaes is installed")
def test_cma_es_without_its_package_fails_at_the_second_trial() -> None:
    study = optuna.create_study(sampler=CmaEsSampler(seed=0))
    trial = study.ask()
    study.tell(trial, trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1))
    with pytest.raises(ModuleNotFoundError, match="cmaes"):
        study.ask().suggest_float("x", 0, 1)


def pruned_trials(name: str) -> str:
    """Which of twelve trials Hyperband prunes, one letter each, in a study of this name."""

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        for step in range(9):
            trial.report(x, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return x

    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9)
    study = optuna.create_study(study_name=name, sampler=RandomSampler(seed=0), pruner=pruner)
    study.optimize(objective, n_trials=12)
    return "".join(trial.state.name[0] for trial in study.trials)


def test_which_trials_hyperband_prunes_depends_on_the_name_of_the_study() -> None:
    assert pruned_trials("a") == pruned_trials("a")
    assert len({pruned_trials(name) for name in "abcd"}) > 1
