"""The jobs that a supervisor hands to its worker processes: design a study, search, train.

Payloads and answers are JSON values, so that an engine on other machines can carry them as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attention.custom_modules import register_modules

from ..config.run_result import JsonObject
from ..config.run_spec import RunSpec
from ..config.study_spec import StudySpec
from ..planning.plan import make_plan
from ..planning.resolver import Resolver
from ..reproducibility.code_hash import code_digest
from ..reproducibility.determinism import prepare_process
from ..run import devices
from ..run.devices import Share
from ..run.execute import run
from ..run.execution import UserErrorInTraining as UserErrorInTraining
from ..run.slot import CPU, Slot
from ..search import optuna_adapter, search
from ..store import open_store
from ..training.trainer import Interrupted as Interrupted
from .engines import stop_request
from .messages import StudyPayload, TrainPayload

Send = Callable[[str, Any], None]


def train(payload: TrainPayload, send: Send) -> JsonObject:
    """One run: payload `spec`, `folder`, `cache`, `slot`; sends each epoch's metrics, returns the sealed result.

    `slot`: a `Slot` (`experiments/run/slot.py`), the CPU if left out; on a card the run's memory is sent as well.
    """
    slot = Slot(*payload.get("slot", CPU))
    spec = RunSpec.model_validate_json(payload["spec"])
    result = run(
        spec,
        Path(payload["folder"]),
        cache=Path(payload["cache"]),
        interrupted=stop_request.is_requested,
        origin=payload.get("origin", {}),
        keep_weights=payload["keep_weights"],
        report=lambda epoch, metrics: send("epoch", (epoch, dict(metrics))),
        share=Share(
            devices.find_device(slot.device),
            memory=slot.memory,
            shared=slot.shared,
            on_peak=lambda peak, whole: send("memory", (peak, whole)),
        ),
    )
    return result.content()


def design(payload: StudyPayload, send: Send) -> JsonObject:
    """Expand a study: payload `study`, `cache`, `dtypes`, `device`; returns its row, cells and cards."""
    cards = devices.find_cards(payload.get("device", "cpu"))
    prepare_process()
    with _study_and_resolver(payload) as (study, resolver):
        row, cells = make_plan(study, resolver)
        codes = {module: code_digest(module) for module in {arm.module for arm in row.arms.values()}}
    return {
        "study": row.model_copy(update={"codes": codes}).content(),
        "cells": [cell._asdict() for cell in cells],
        "cards": [list(card) for card in cards],
    }


def propose(payload: StudyPayload, send: Send) -> JsonObject:
    """The search as far as the records of `store` go: its cells, and the winners found so far."""
    prepare_process()
    store = open_store(payload["store"], readonly=True)
    with _study_and_resolver(payload) as (study, resolver):
        cells, tuned = search.propose_cells(study, resolver, store)
    store.close()
    winners: JsonObject = {
        label: {setting: options.model_dump(mode="json") for setting, options in by_setting.items()}
        for label, by_setting in tuned.items()
    }
    return {"cells": [cell._asdict() for cell in cells], "tuned": winners}


def journal(payload: StudyPayload, send: Send) -> list[str]:
    """Write the search's journal for optuna-dashboard to `path`; returns the names of its studies."""
    store = open_store(payload["store"], readonly=True)
    with _study_and_resolver(payload) as (study, resolver):
        found = list(search.replay_searches(study, resolver, store))
    return optuna_adapter.export_journal(Path(payload["path"]), found, study=study.name)


@contextmanager
def _study_and_resolver(payload: StudyPayload) -> Iterator[tuple[StudySpec, Resolver]]:
    """The study and what resolves it; in the body the study's own modules are in the catalog."""
    study = StudySpec.model_validate_json(payload["study"])
    with register_modules((file.path, file.source) for file in study.modules):
        yield (
            study,
            Resolver(Path(payload["cache"]), dtypes=payload["dtypes"], device=payload.get("device", "cpu")),
        )
