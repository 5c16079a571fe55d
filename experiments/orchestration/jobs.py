"""The pieces of work that a supervisor hands to its worker processes: design a study, search, train.

Payloads and answers are JSON values, so that an engine on other machines can carry them as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attention.custom_modules import register_modules

from ..config.run_spec import RunSpec
from ..config.study_spec import StudySpec
from ..planning import plan as designing
from ..planning.resolver import Resolver
from ..reproducibility.code_hash import code_digest
from ..reproducibility.determinism import prepare_process
from ..run import devices
from ..run.devices import Share
from ..run.execute import run
from ..run.slot import CPU, Slot
from ..search import optuna_adapter, search
from ..store import open_store
from ..training.trainer import Interrupted as Interrupted
from .engines import stop_request

Send = Callable[[str, Any], None]


def train(payload: dict[str, Any], send: Send) -> dict[str, Any]:
    """One run: payload `spec`, `folder`, `cache`, `place`; sends each epoch's metrics, returns the sealed result.

    `place`: a `gpu_slots.Slot`, the CPU if left out; on a card the run's memory is sent as well.
    """
    place = Slot(*payload.get("place", CPU))
    spec = RunSpec.model_validate_json(payload["spec"])
    return run(
        spec,
        Path(payload["folder"]),
        cache=Path(payload["cache"]),
        interrupted=stop_request.asked,
        origin=payload.get("origin", {}),
        report=lambda epoch, metrics: send("epoch", (epoch, dict(metrics))),
        share=Share(
            devices.device(place.device),
            memory=place.memory,
            shared=place.shared,
            told=lambda peak, whole: send("memory", (peak, whole)),
        ),
    )


def design(payload: dict[str, Any], send: Send) -> dict[str, Any]:
    """Expand a study: payload `study`, `cache`, `dtypes`, `device`; returns its row, cells, code digests, and cards."""
    cards = devices.cards(payload.get("device", "cpu"))
    prepare_process()
    with _study_and_resolver(payload) as (study, resolver):
        row, cells = designing.plan(study, resolver)
        modules = {arm["module"] for arm in row.arms.values()}
        codes = {module: code_digest(module) for module in modules}
    return {
        "study": row._asdict(),
        "cells": [cell._asdict() for cell in cells],
        "codes": codes,
        "cards": [tuple(card) for card in cards],
    }


def propose(payload: dict[str, Any], send: Send) -> dict[str, Any]:
    """The search as far as the records of `store` go: its cells, and the winners found so far."""
    prepare_process()
    store = open_store(payload["store"], readonly=True)
    with _study_and_resolver(payload) as (study, resolver):
        cells, tuned = search.next_cells(study, resolver, store)
    store.close()
    return {"cells": [cell._asdict() for cell in cells], "tuned": tuned}


def journal(payload: dict[str, Any], send: Send) -> list[str]:
    """Write the search's journal for optuna-dashboard to `path`; returns the names of its studies."""
    store = open_store(payload["store"], readonly=True)
    with _study_and_resolver(payload) as (study, resolver):
        found = list(search.searches(study, resolver, store))
    return optuna_adapter.export_journal(Path(payload["path"]), found, study=study.name)


@contextmanager
def _study_and_resolver(payload: dict[str, Any]) -> Iterator[tuple[StudySpec, Resolver]]:
    """The study and what resolves it; in the body the study's own modules are in the catalogue."""
    study = StudySpec.model_validate_json(payload["study"])
    with register_modules((file.path, file.source) for file in study.modules):
        yield (
            study,
            Resolver(Path(payload["cache"]), dtypes=payload["dtypes"], device=payload.get("device", "cpu")),
        )
