"""A search as a function of the store: each call replays it from its seeds and the recorded results.

Nothing is kept between calls. So a search resumes by being replayed, and its proposals are the same however many
workers ran it and wherever it was interrupted.
"""

from collections.abc import Iterator, Sequence
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
from ..planning.designs import TUNED_LABEL
from ..planning.plan import plan_run, resolve_settings
from ..planning.resolver import Resolver, run_spec
from ..reproducibility.seeding import derive_seed
from ..store import ENDED, HAS_RESULT, PlannedCell, StoreReader
from .optuna_adapter import build_study, to_distribution
from .trials import LEARNING_RATE, Search, Trial, TrialOutcome

MAX_PROPOSALS = 100
"""How often the sampler is asked for options that fit together."""
Winners = dict[str, dict[str, TunedOptions]]
"""Label of the tuned arm -> setting -> the options that won."""


def replay_searches(study: StudySpec, resolver: Resolver, store: StoreReader) -> Iterator[Search]:
    """Yield every search of the study, replayed against the store up to its next generation."""
    assert study.search is not None
    for name, setting in resolve_settings(study, resolver).items():
        for label in study.search.arms:
            yield _Replay(study, study.search, name, setting, label, resolver, store).replay()


def propose_cells(
    study: StudySpec, resolver: Resolver, store: StoreReader
) -> tuple[list[PlannedCell], Winners]:
    """Return the runs of all searches so far (trials, and winners with the study's seeds), and the winners."""
    cells: list[PlannedCell] = []
    winners: Winners = {}
    settings = resolve_settings(study, resolver)
    for search in replay_searches(study, resolver, store):
        cells += [trial.planned for trial in search.trials]
        if search.winner is None or search.winner_rate is None:
            continue
        name, arm, label = search.setting, search.winner, TUNED_LABEL.format(search.arm)
        setting = set_learning_rate(settings[name], search.winner_rate)
        cells += [plan_run(name, setting, label, arm, seed=seed) for seed in study.seeds]
        options = TunedOptions(options=arm.options, site=arm.site, learning_rate=search.winner_rate)
        winners.setdefault(label, {})[name] = options
    return cells, winners


def set_learning_rate(setting: SettingSpec, rate: float) -> SettingSpec:
    """Return the setting with another learning rate."""
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
        self.arm, spaces = search_space.build_spaces(study, label, setting, resolver)
        rates = search.learning_rates[setting_name]
        self.distributions: dict[str, BaseDistribution] = {
            LEARNING_RATE: FloatDistribution(rates.low, rates.high, log=True),
            **{option: to_distribution(space) for option, space in spaces.items()},
        }
        self.primary = PRIMARY[setting.task]

    def replay(self) -> Search:
        """Propose generation after generation, up to the first one with an open trial."""
        trials: list[Trial] = []
        for generation, first in enumerate(range(0, self.search.trials, self.search.generation)):
            if any(trial.outcome is None for trial in trials):
                break
            size = min(self.search.generation, self.search.trials - first)
            trials += self._propose(trials, generation, first, size)
        complete = len(trials) == self.search.trials and all(trial.outcome is not None for trial in trials)
        winner, rate = self._winner(trials) if complete else (None, None)
        return Search(self.setting_name, self.label, self.distributions, trials, winner, rate)

    def _propose(self, trials: Sequence[Trial], generation: int, first: int, size: int) -> Iterator[Trial]:
        study = build_study(trials, self.distributions, seed=self._sampler_seed(generation))
        stop = tuple(self._stop_rules(trials))
        for number in range(first, first + size):
            yield self._make_trial(number, generation, self._ask(study), stop)

    def _ask(self, study: optuna.Study) -> dict[str, Any]:
        """Return the sampler's next parameters whose options fit together; each may fit while both do not."""
        for _ in range(MAX_PROPOSALS):
            proposal = study.ask(self.distributions)
            reason = self.resolver.why_it_does_not_fit(self._study_arm(proposal.params), self.setting)
            if not reason:
                return proposal.params
            study.tell(proposal, state=TrialState.FAIL)
        raise UserError(f"search.arms.{self.label}: {MAX_PROPOSALS} proposals do not fit, the last: {reason}")

    def _sampler_seed(self, generation: int) -> int:
        return derive_seed(self.search.seed, "search", self.setting_name, self.label, generation) % 2**32

    def _make_trial(
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
        return Trial(number, generation, params, planned, self._read_outcome(spec.key))

    def _run_spec(self, params: dict[str, Any]) -> RunSpec:
        setting = set_learning_rate(self.setting, params[LEARNING_RATE])
        return run_spec(setting, self._resolve_arm(params), seed=self.search.seed)

    def _resolve_arm(self, params: dict[str, Any]) -> ArmSpec:
        return self.resolver.resolve_arm(self._study_arm(params), self.setting)

    def _study_arm(self, params: dict[str, Any]) -> StudyArm:
        options: dict[str, Scalar] = {k: value for k, value in params.items() if k != LEARNING_RATE}
        return search_space.set_options(self.arm, options)

    def _stop_rules(self, trials: Sequence[Trial]) -> Iterator[StopRule]:
        """Yield rules that stop a trial below the median of the earlier generations after the same epoch."""
        for epoch in (epoch for epoch in self.search.prune_after if epoch < self.setting.recipe.epochs):
            curves = [trial.outcome.curve for trial in trials if trial.outcome]
            values = [curve[epoch] for curve in curves if epoch in curve]
            if values:
                yield StopRule(epoch=epoch, below=median(values))

    def _read_outcome(self, key: str) -> TrialOutcome | None:
        state = self.store.state(key)
        if state not in ENDED:
            return None
        result = self.store.result(key) if state in HAS_RESULT else None
        value = result.score("validation") if result and state == "finished" else None
        metric = f"validation/{self.primary}"
        scores = {epoch: metrics.get(metric) for epoch, metrics in self.store.curve(key)}
        return TrialOutcome(
            state, value, {epoch: score for epoch, score in scores.items() if score is not None}
        )

    def _winner(self, trials: Sequence[Trial]) -> tuple[ArmSpec | None, float | None]:
        """Return arm and learning rate of the best finished trial, the earliest of equals; None if none finished."""
        values = {
            trial.number: trial.outcome.value
            for trial in trials
            if trial.outcome and trial.outcome.value is not None
        }
        if not values:
            return None, None
        best = trials[max(values, key=lambda number: (values[number], -number))]
        setting = set_learning_rate(self.setting, best.params[LEARNING_RATE])
        return self._resolve_arm(best.params), setting.recipe.learning_rate
