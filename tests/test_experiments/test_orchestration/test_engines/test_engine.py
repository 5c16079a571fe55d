"""The interface of engines."""

from typing import get_args

import pytest

from experiments.orchestration.engines.engine import Engine, Event, EventKind
from experiments.orchestration.engines.local import LocalEngine


@pytest.mark.parametrize("kind", get_args(EventKind))
def test_every_event_is_a_workers_last_but_metrics_and_memory(kind: EventKind) -> None:
    assert Event("a", kind, None).is_last == (kind not in ("epoch", "memory"))


def test_the_local_engine_has_every_method_of_the_interface() -> None:
    methods = {name for name in vars(Engine) if not name.startswith("_")}
    assert methods == {"free", "names", "start", "wait", "ask_to_stop", "kill"}
    assert methods <= set(dir(LocalEngine))
    engine: Engine = LocalEngine(slots=3)
    assert (engine.free, engine.names, engine.wait(0)) == (3, [], [])
