"""The failed import of a fork server: what is noted of it."""

import os
from collections.abc import Iterator

import pytest

from experiments.orchestration.engines import preload_failure
from experiments.orchestration.engines.preload_failure import noting_failure


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    yield
    preload_failure.failure = None


def test_imports_that_succeed_leave_no_note() -> None:
    with noting_failure():
        import json  # noqa: F401
    assert preload_failure.failure is None


def test_a_failed_import_is_noted_with_its_statement_its_place_and_its_reason() -> None:
    with noting_failure():
        import no_such_library  # type: ignore[import-not-found]  # noqa: F401
    noted = preload_failure.failure or ""
    assert noted.startswith("`import no_such_library")
    assert f"fails ({os.path.relpath(__file__)}, line " in noted
    assert noted.endswith("ModuleNotFoundError: No module named 'no_such_library'")


@pytest.mark.parametrize("error", [OSError("libtorch.so: cannot open"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_ends_an_import_is_noted_and_not_raised(error: BaseException) -> None:
    def end() -> None:
        raise error

    with noting_failure():
        end()
    assert type(error).__name__ in (preload_failure.failure or "")
