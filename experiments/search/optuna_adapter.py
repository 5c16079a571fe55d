"""Translation to Optuna: distributions, a study in memory with the ended trials, and the exported journal."""

from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from attention.options import IntRange, LogRange, Odd

from ..config.atomic_write import replacing
from ..planning.search_space import Space
from .trials import Search, Trial

STARTUP_TRIALS = 3
"""Trials that are drawn at random before the sampler models the results."""


def to_distribution(space: Space) -> BaseDistribution:
    """Return the distribution of a space: as its domain is declared, or over the values that are left of it."""
    if space.values is not None:
        return CategoricalDistribution(space.values)
    match space.domain:
        case LogRange(low=low, high=high):
            return FloatDistribution(low, high, log=True)
        case IntRange(low=low, high=high):
            return IntDistribution(low, high)
        case Odd(low=low, high=high):
            return IntDistribution(low, high, step=2)
    return CategoricalDistribution(space.domain.values() or ())


def build_study(
    trials: Sequence[Trial], distributions: dict[str, BaseDistribution], *, seed: int
) -> optuna.Study:
    """Return an Optuna study in memory with the ended trials, whose TPE sampler starts from `seed`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(_freeze_ended(trials, distributions))
    return study


def freeze(trial: Trial, distributions: dict[str, BaseDistribution]) -> FrozenTrial:
    """Return an ended trial as Optuna's: complete, pruned, or failed, as is one whose score is not defined."""
    assert trial.outcome is not None
    states = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
    state = states.get(trial.outcome.state, TrialState.FAIL)
    is_undefined = state == TrialState.COMPLETE and trial.outcome.value is None
    return create_trial(
        state=TrialState.FAIL if is_undefined else state,
        value=trial.outcome.value,
        params=trial.params,
        distributions=distributions,
        intermediate_values=trial.outcome.curve,
        user_attrs={"key": trial.planned.key},
    )


def _freeze_ended(trials: Sequence[Trial], distributions: dict[str, BaseDistribution]) -> list[FrozenTrial]:
    return [freeze(trial, distributions) for trial in trials if trial.outcome is not None]


def export_journal(path: Path, searches: Sequence[Search], *, study: str) -> list[str]:
    """Write the searches as a journal for optuna-dashboard and `optuna.load_study`; return the studies' names.

    A journal that is there already is replaced once the new one is complete.
    """
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with replacing(path) as part:
        storage = JournalStorage(JournalFileBackend(str(part)))
        return [_export(storage, search, study) for search in searches]


def _export(storage: BaseStorage, search: Search, study: str) -> str:
    name = f"{study}/{search.setting}/{search.arm}"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    exported = optuna.create_study(storage=storage, study_name=name, direction="maximize")
    exported.add_trials(_freeze_ended(search.trials, search.distributions))
    return name
