"""An offline file counts only when all of it can be read back."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from experiments.tracking.offline_file import BLOCK, count_steps

STEPS = 40
Record: Any = importlib.import_module("wandb.proto.wandb_internal_pb2").Record


def logged(number: int) -> Any:
    record = Record(num=number)
    record.history.step.num = number
    record.history.item.add(key="text", value_json="x" * 3_000)
    return record


def pieces(content: bytes, position: int) -> bytes:
    """A record as LevelDB's log writes it from a position on: split at the ends of blocks, which are padded."""
    written, first = b"", True
    while first or content:
        left = BLOCK - (position + len(written)) % BLOCK
        if left < 7:
            written += bytes(left)
            continue
        part, content = content[: left - 7], content[left - 7 :]
        kind = (1 if first else 4) if not content else (2 if first else 3)
        written += bytes(4) + len(part).to_bytes(2, "little") + bytes([kind]) + part
        first = False
    return written


@pytest.fixture
def whole() -> bytes:
    """A file of four blocks: 40 steps and the end."""
    ended = Record(num=STEPS + 1)
    ended.exit.exit_code = 0
    content = bytes(7)
    for record in [*(logged(number) for number in range(STEPS)), ended]:
        content += pieces(record.SerializeToString(), len(content))
    assert len(content) > 3 * BLOCK
    return content


def test_a_whole_file_has_its_steps(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.wandb").write_bytes(whole)
    assert count_steps(tmp_path / "run.wandb") == STEPS


@pytest.mark.parametrize("share", [0, 0.0001, 0.3, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_not_complete(share: float, whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.wandb").write_bytes(whole[: int(share * len(whole))])
    assert count_steps(tmp_path / "run.wandb") is None


@pytest.mark.parametrize("cut", [1, 2, 5, 9])
def test_a_file_without_its_last_bytes_is_not_complete(cut: int, whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.wandb").write_bytes(whole[:-cut])
    assert count_steps(tmp_path / "run.wandb") is None


def test_a_file_that_is_not_there_or_not_wandbs_is_not_complete(tmp_path: Path) -> None:
    assert count_steps(tmp_path / "none.wandb") is None
    (tmp_path / "run.wandb").write_bytes(b"text" * 99)
    assert count_steps(tmp_path / "run.wandb") is None
