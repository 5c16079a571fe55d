"""Optuna as a function of the records. The only file that names optuna.

Nothing is kept between calls: every call replays the search from its seeds and the recorded results, up to
the generation that is still to be run. So a search resumes by being asked again, and its proposals are the same
however many workers ran it and wherever it was killed.
"""

from collections.abc import Iterator
from statistics import median
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState

from user_error import UserError

from ..config.run_spec import PRIMARY, ArmSpec, RunSpec, Scalar, StopRule
from ..config.study_plan import TunedOptions
from ..config.study_spec import SearchSpec, SettingSpec, StudyArm, StudySpec
from ..planning import search_space
from ..planning.designs import TUNED
from ..planning.plan import cell, resolved_settings
from ..planning.resolver import Resolver, run_spec
from ..reproducibility.seeding import derive_seed
from ..store import ENDED, HAS_RESULT, PlannedCell, StoreReader
from .optuna_adapter import _distribution, in_memory_study
from .trials import LEARNING_RATE, Search, Seen, Trial

MOST_ASKED = 100
Winners = dict[str, dict[str, TunedOptions]]
"""Arm -> setting -> the options that won."""


def searches(study: StudySpec, resolver: Resolver, store: StoreReader) -> Iterator[Search]:
    """Replay every search of the study against the records."""
    assert study.search is not None
    for name, setting in resolved_settings(study, resolver).items():
        for label in study.search.arms:
            yield _Replay(study, study.search, name, setting, label, resolver, store).replay()


def next_cells(study: StudySpec, resolver: Resolver, store: StoreReader) -> tuple[list[PlannedCell], Winners]:
    """All cells of the searches that are known by now, winners' runs included, and the winners' descriptions."""
    cells: list[PlannedCell] = []
    tuned: Winners = {}
    settings = resolved_settings(study, resolver)
    for search in searches(study, resolver, store):
        cells += [trial.planned for trial in search.trials]
        if search.winner is not None and search.winner_rate is not None:
            setting = at_rate(settings[search.setting], search.winner_rate)
            label = TUNED.format(search.arm)
            cells += [cell(search.setting, setting, label, search.winner, seed=seed) for seed in study.seeds]
            chosen = TunedOptions(
                options=search.winner.options, site=search.winner.site, learning_rate=search.winner_rate
            )
            tuned.setdefault(label, {})[search.setting] = chosen
    return cells, tuned


def at_rate(setting: SettingSpec, rate: float) -> SettingSpec:
    """The setting with another learning rate."""
    return setting.model_copy(update={"recipe": setting.recipe.model_copy(update={LEARNING_RATE: rate})})


class _Replay:
    """One arm's search in one setting, generation by generation."""

    def __init__(
        self,
        study: StudySpec,
        search: SearchSpec,
        setting_name: str,
        setting: SettingSpec,
        label: str,
        resolver: Resolver,
        store: StoreReader,
    ) -> None:
        self.study, self.search, self.store, self.resolver = study, search, store, resolver
        self.setting_name, self.setting, self.label = setting_name, setting, label
        self.arm, spaces = search_space.spaces(study, label, setting, resolver)
        rates = search.learning_rates[setting_name]
        self.distributions: dict[str, BaseDistribution] = {
            LEARNING_RATE: FloatDistribution(rates.low, rates.high, log=True),
            **{option: _distribution(space) for option, space in spaces.items()},
        }
        self.primary = PRIMARY[setting.task]

    def replay(self) -> Search:
        trials: list[Trial] = []
        for generation, first in enumerate(range(0, self.search.trials, self.search.generation)):
            if any(trial.seen is None for trial in trials):
                break
            size = min(self.search.generation, self.search.trials - first)
            trials += self._propose(trials, generation, first, size)
        complete = len(trials) == self.search.trials and all(trial.seen is not None for trial in trials)
        winner, rate = self._winner(trials) if complete else (None, None)
        return Search(self.setting_name, self.label, self.distributions, trials, winner, rate)

    def _propose(self, trials: list[Trial], generation: int, first: int, size: int) -> Iterator[Trial]:
        study = in_memory_study(trials, self.distributions, seed=self._sampler_seed(generation))
        stop = tuple(self._stop_rules(trials))
        for number in range(first, first + size):
            yield self._trial(number, generation, self._fitting(study), stop)

    def _fitting(self, study: optuna.Study) -> dict[str, Any]:
        """The next proposal whose options fit together; each may fit while both do not."""
        for _ in range(MOST_ASKED):
            asked = study.ask(self.distributions)
            why = self.resolver.why_it_does_not_fit(self._with(asked.params), self.setting)
            if not why:
                return asked.params
            study.tell(asked, state=TrialState.FAIL)
        raise UserError(f"search.arms.{self.label}: {MOST_ASKED} proposals do not fit, the last: {why}")

    def _sampler_seed(self, generation: int) -> int:
        return derive_seed(self.search.seed, "search", self.setting_name, self.label, generation) % 2**32

    def _trial(
        self, number: int, generation: int, params: dict[str, Any], stop: tuple[StopRule, ...]
    ) -> Trial:
        spec = self._run_spec(params).model_copy(update={"stop": stop})
        planned = PlannedCell(
            "trial",
            self.setting_name,
            self.label,
            self.search.seed,
            spec.key,
            spec.model_dump(mode="json"),
            trial=number,
            generation=generation,
        )
        return Trial(number, generation, params, planned, self._seen(spec.key))

    def _run_spec(self, params: dict[str, Any]) -> RunSpec:
        return run_spec(self._at(params), self._arm(params), seed=self.search.seed)

    def _at(self, params: dict[str, Any]) -> SettingSpec:
        return at_rate(self.setting, params[LEARNING_RATE])

    def _arm(self, params: dict[str, Any]) -> ArmSpec:
        return self.resolver.arm(self._with(params), self.setting)

    def _with(self, params: dict[str, Any]) -> StudyArm:
        options: dict[str, Scalar] = {k: value for k, value in params.items() if k != LEARNING_RATE}
        return search_space.with_options(self.arm, options)

    def _stop_rules(self, trials: list[Trial]) -> Iterator[StopRule]:
        """Below the median of what the earlier generations had after the same epoch."""
        for epoch in (epoch for epoch in self.search.prune_after if epoch < self.setting.recipe.epochs):
            reached = [
                trial.seen.curve[epoch] for trial in trials if trial.seen and epoch in trial.seen.curve
            ]
            if reached:
                yield StopRule(epoch=epoch, below=median(reached))

    def _seen(self, key: str) -> Seen | None:
        state = self.store.state(key)
        if state not in ENDED:
            return None
        result = self.store.result(key) if state in HAS_RESULT else None
        value = result.score("validation") if result and state == "finished" else None
        name = f"validation/{self.primary}"
        return Seen(state, value, {epoch: metrics[name] for epoch, metrics in self.store.curve(key)})

    def _winner(self, trials: list[Trial]) -> tuple[ArmSpec | None, float | None]:
        finished = [
            (trial.seen.value, -trial.number, trial)
            for trial in trials
            if trial.seen and trial.seen.value is not None
        ]
        if not finished:
            return None, None
        best = max(finished, key=lambda row: row[:2])[2]
        return self._arm(best.params), self._at(best.params).recipe.learning_rate
