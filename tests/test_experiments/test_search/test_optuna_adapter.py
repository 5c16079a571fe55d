"""The translation to Optuna: distributions, ended trials, the sampler's seed, and the journal."""

from pathlib import Path

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from attention.options import Choice, IntRange, LogRange, Odd
from experiments.planning.search_space import Space
from experiments.search.optuna_adapter import build_study, export_journal, freeze, to_distribution
from experiments.search.trials import Search, Trial, TrialOutcome
from tests.test_experiments.made import cell, run_spec

RATES: dict[str, BaseDistribution] = {"learning_rate": FloatDistribution(0.01, 0.3, log=True)}


def trial(number: int, state: str | None, value: float | None = None) -> Trial:
    planned = cell(run_spec(seed=number), role="trial", trial=number)
    outcome = None if state is None else TrialOutcome(state, value, {1: 0.5})
    return Trial(number, 0, {"learning_rate": 0.02 * (number + 1)}, planned, outcome)


TRIALS = [trial(0, "finished", 0.8), trial(1, "pruned"), trial(2, "diverged"), trial(3, None)]


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        (Space(LogRange(1e-6, 0.1), None), FloatDistribution(1e-6, 0.1, log=True)),
        (Space(IntRange(1, 3), None), IntDistribution(1, 3)),
        (Space(Odd(1, 15), None), IntDistribution(1, 15, step=2)),
        (Space(Choice("add", "max"), None), CategoricalDistribution(("add", "max"))),
        (Space(IntRange(1, 9), (2, 4)), CategoricalDistribution((2, 4))),
    ],
)
def test_a_space_has_the_distribution_of_its_domain_or_of_its_values(
    space: Space, expected: BaseDistribution
) -> None:
    assert to_distribution(space) == expected


@pytest.mark.parametrize(
    ("number", "state", "value"),
    [(0, TrialState.COMPLETE, 0.8), (1, TrialState.PRUNED, None), (2, TrialState.FAIL, None)],
)
def test_an_ended_trial_has_optunas_state(number: int, state: TrialState, value: float | None) -> None:
    frozen = freeze(TRIALS[number], RATES)
    assert (frozen.state, frozen.params) == (state, TRIALS[number].params)
    assert frozen.user_attrs == {"key": TRIALS[number].planned.key}
    assert frozen.intermediate_values == {1: 0.5}
    if value is not None:
        assert frozen.value == value


def test_a_study_holds_the_ended_trials_and_proposes_by_its_seed() -> None:
    studies = [build_study(TRIALS, RATES, seed=seed) for seed in (1, 1, 2)]
    assert [each.number for each in studies[0].trials] == [0, 1, 2]
    first, again, other = (study.ask(RATES).params["learning_rate"] for study in studies)
    assert first == again != other
    assert studies[0].direction == optuna.study.StudyDirection.MAXIMIZE


def test_optuna_opens_the_exported_journal_with_the_same_values(tmp_path: Path) -> None:
    path = tmp_path / "optuna" / "small.journal"
    searches = [Search("digits", arm, RATES, TRIALS, None, None) for arm in ("none", "scse")]
    names = export_journal(path, searches, study="small")
    assert names == ["small/digits/none", "small/digits/scse"]
    assert export_journal(path, searches, study="small") == names  # it replaces the old one
    assert [each.name for each in path.parent.iterdir() if each.suffix != ".lock"] == ["small.journal"]
    storage = JournalStorage(JournalFileBackend(str(path)))
    for name in names:
        loaded = optuna.load_study(study_name=name, storage=storage)
        assert [each.params for each in loaded.trials] == [each.params for each in TRIALS[:3]]
        assert loaded.best_params == {"learning_rate": 0.02}
        assert loaded.best_value == 0.8


def test_a_finished_trial_without_a_defined_score_is_a_failed_one(tmp_path: Path) -> None:
    undefined = trial(0, "finished", None)
    assert freeze(undefined, RATES).state == TrialState.FAIL
    build_study([undefined, trial(1, "finished", 0.4)], RATES, seed=1).ask(RATES)
