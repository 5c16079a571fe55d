"""Optuna's side of a search: distributions, a study in memory that holds the ended trials, and the exported journal."""

from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from attention.options import IntRange, LogRange, Odd

from ..planning import search_space
from .trials import Search, Trial


def _distribution(space: search_space.Space) -> BaseDistribution:
    """As the domain is declared where all of it is searched; else the values that are left."""
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


def in_memory_study(
    trials: list[Trial], distributions: dict[str, BaseDistribution], *, seed: int
) -> optuna.Study:
    """An Optuna study that holds the ended trials, with a sampler that starts from `seed`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=3)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials([frozen(trial, distributions) for trial in trials if trial.seen is not None])
    return study


def frozen(trial: Trial, distributions: dict[str, BaseDistribution]) -> FrozenTrial:
    """An ended trial as Optuna knows it: complete, pruned, or failed."""
    assert trial.seen is not None
    states = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
    state = states.get(trial.seen.state, TrialState.FAIL)
    return create_trial(
        state=state,
        value=trial.seen.value,
        params=trial.params,
        distributions=distributions,
        intermediate_values=trial.seen.curve,
        user_attrs={"key": trial.planned.key},
    )


def export_journal(path: Path, found: list[Search], *, study: str) -> list[str]:
    """Write the searches as a journal that optuna-dashboard and `optuna.load_study` open; return the studies' names."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(part)))
    names = [_export(storage, search, study) for search in found]
    part.replace(path)
    return names


def _export(storage: Any, search: Search, study: str) -> str:
    name = f"{study}/{search.setting}/{search.arm}"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    exported = optuna.create_study(storage=storage, study_name=name, direction="maximize")
    ended = [trial for trial in search.trials if trial.seen is not None]
    exported.add_trials([frozen(trial, search.distributions) for trial in ended])
    return name
