"""The failed import of a fork server: what is noted of it."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

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


@pytest.mark.parametrize(
    ("content", "use", "told"),
    [
        ("x = 1", "import timm_like.models", "timm_like is {file}): ModuleNotFoundError: No module named"),
        ("x = 1", "from timm_like import models", "timm_like is {file}): ImportError: cannot import name"),
        ("x = 1", "import timm_like; timm_like.create", "timm_like is {file}): AttributeError: module"),
        ("\nx = 1 / 0", "import timm_like", "in {file}, line 2): ZeroDivisionError: division by zero"),
        (
            "import argparse\nargparse.ArgumentParser().parse_args(['x'])",
            "import timm_like",
            "in {file}, line 2): SystemExit: 2",
        ),
        (
            "import json\njson.loads('{')",
            "import timm_like",
            "in {file}, line 2): JSONDecodeError: Expecting",
        ),
    ],
)
def test_a_file_that_hides_a_library_is_named(
    content: str, use: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "timm_like.py").write_text(content)
    (tmp_path / "library_like.py").write_text(use)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        with noting_failure():
            importlib.import_module("library_like")
    finally:
        sys.modules.pop("timm_like", None)
    assert told.replace("{file}", str(tmp_path / "timm_like.py")) in (preload_failure.failure or "")


def test_a_library_that_is_not_installed_is_noted_with_the_file_that_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library_like.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(str(tmp_path))
    with noting_failure():
        importlib.import_module("library_like")
    assert f"; in {tmp_path / 'library_like.py'}, line 1): ModuleNotFoundError" in (
        preload_failure.failure or ""
    )
