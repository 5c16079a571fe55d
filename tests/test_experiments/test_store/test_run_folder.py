"""Any damage to a file of an ended run is noticed, and the file is named."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from experiments.store import run_folder
from tests.test_experiments.made import outcome, run_spec

ARTIFACTS = (run_folder.RESULT, run_folder.PREDICTIONS, run_folder.WEIGHTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run's folder with all that may be in one."""
    random_bytes = random.Random(0).randbytes
    run_folder.write_whole(tmp_path / run_folder.PREDICTIONS, random_bytes(3000))
    run_folder.write_whole(tmp_path / run_folder.WEIGHTS, random_bytes(5000))
    run_folder.seal(tmp_path, outcome(run_spec()))
    return tmp_path


def test_an_undamaged_folder_gives_its_result(folder: Path) -> None:
    assert run_folder.damage(folder) is None
    result = run_folder.read_sealed(folder)
    assert result is not None
    assert result.score("test") == 0.75


@pytest.mark.parametrize("name", ARTIFACTS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_named(folder: Path, name: str, share: float) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(share * len(whole))])
    assert str(folder / name) in str(run_folder.damage(folder))
    assert run_folder.read_sealed(folder) is None


@pytest.mark.parametrize("name", ARTIFACTS)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert run_folder.damage(folder) == f"{folder / name}: missing"


@pytest.mark.parametrize("name", ARTIFACTS)
def test_one_flipped_bit_is_named(folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    for bit in random.Random(1).sample(range(8 * len(whole)), 100):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        if _as_json(bytes(flipped)) == _as_json(whole) is not None:
            continue  # 1e-05 became 1E-05: the same number
        path.write_bytes(flipped)
        assert str(path) in str(run_folder.damage(folder)), bit
    path.write_bytes(whole)
    assert run_folder.damage(folder) is None


def _as_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


@pytest.mark.parametrize("content", [b"[]", b"null", b"{}", b'"text"', b'{"sealed": 3}'])
def test_a_result_that_is_something_else_is_named_as_edited(folder: Path, content: bytes) -> None:
    (folder / run_folder.RESULT).write_bytes(content)
    assert "edited" in str(run_folder.damage(folder))


def test_a_better_number_written_into_a_result_is_seen(folder: Path) -> None:
    result = json.loads((folder / run_folder.RESULT).read_bytes())
    result["metrics"]["accuracy"] = 0.99
    run_folder.write_json(folder / run_folder.RESULT, result)
    assert "edited" in str(run_folder.damage(folder))


def test_a_failed_write_leaves_the_old_content_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    run_folder.write_whole(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        run_folder.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nan_is_not_written_as_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        run_folder.write_json(tmp_path / "result.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_metrics_come_back_with_every_bit(tmp_path: Path) -> None:
    values = [0.1, -0.0, 5e-324, 1 / 3, 1.7976931348623157e308]
    run_folder.seal(tmp_path, outcome(run_spec(), metrics=dict(zip("abcde", values, strict=True))))
    result = run_folder.read_sealed(tmp_path)
    assert result is not None
    assert [float(value).hex() for value in (result.metrics or {}).values() if value is not None] == [
        value.hex() for value in values
    ]


def test_runs_are_spread_over_folders_by_the_first_two_characters(tmp_path: Path) -> None:
    assert run_folder.folder_of(tmp_path, "abcdef") == tmp_path / "runs" / "ab" / "abcdef"


def test_what_is_set_aside_never_replaces_what_was_set_aside_before(tmp_path: Path) -> None:
    folder = tmp_path / "key"
    (tmp_path / "key.aside1").mkdir()
    assert run_folder.unused_aside(folder) == tmp_path / "key.aside2"
    assert run_folder.unused_aside(tmp_path / "other") == tmp_path / "other.aside1"
