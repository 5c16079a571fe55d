"""A damaged checkpoint is not used; the previous one is."""

import hashlib
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.run.checkpoints import DIGEST, Checkpoints


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoints:
    """Two checkpoints, of steps 1 and 2."""
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save({"step": step, "weights": torch.full((4,), float(step))})
    return checkpoints


def loaded(checkpoints: Checkpoints) -> tuple[Any, list[str]]:
    """The step that is gone on from, and what was noted."""
    notes: list[str] = []
    state = checkpoints.load(notes.append)
    return None if state is None else state["step"], notes


def test_the_newest_is_loaded_bit_by_bit(tmp_path: Path) -> None:
    state: dict[str, Any] = {
        "weights": torch.randn(3, 4),
        "momentum": [torch.tensor(-0.0)],
        "spent": [0.1, 5e-324],
        "best": None,
    }
    Checkpoints(tmp_path).save(state)
    found = Checkpoints(tmp_path).load(pytest.fail)
    assert found is not None
    assert torch.equal(found["weights"], state["weights"])
    assert torch.signbit(found["momentum"][0])
    assert (found["spent"], found["best"]) == ([0.1, 5e-324], None)


def test_the_last_two_are_kept(kept: Checkpoints) -> None:
    kept.save({"step": 3})
    assert loaded(kept) == (3, [])
    assert sorted(path.name for path in kept.path.parent.iterdir()) == [
        "checkpoint.previous.pt",
        "checkpoint.pt",
    ]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_checkpoint_is_named_and_the_previous_one_is_used(
    kept: Checkpoints, share: float
) -> None:
    whole = kept.path.read_bytes()
    kept.path.write_bytes(whole[: int(share * len(whole))])
    assert loaded(kept) == (1, ["checkpoint.pt is damaged and is not used"])


def test_a_checkpoint_with_a_flipped_bit_is_never_used(kept: Checkpoints) -> None:
    whole = kept.path.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(whole)), 50):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        kept.path.write_bytes(flipped)
        assert loaded(kept) == (1, ["checkpoint.pt is damaged and is not used"])


def test_a_kill_between_the_two_writes_leaves_the_previous_checkpoint(kept: Checkpoints) -> None:
    kept.path.replace(kept.previous)
    assert loaded(kept) == (2, [])


def test_without_an_undamaged_checkpoint_a_run_starts_again(kept: Checkpoints) -> None:
    kept.path.write_bytes(b"")
    kept.previous.unlink()
    assert loaded(kept) == (None, ["checkpoint.pt is damaged and is not used"])
    assert loaded(Checkpoints(kept.path.parent / "elsewhere")) == (None, [])


def test_a_failed_write_leaves_the_previous_checkpoint(
    kept: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("experiments.store.run_folder.write_whole", full)
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            kept.save({"step": 3})
        assert loaded(kept) == (2, [])


def test_a_foreign_pickle_is_never_executed(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "executed",)

    content = pickle.dumps(Payload(), protocol=2)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.path.write_bytes(hashlib.sha256(content).digest() + content)
    assert len(checkpoints.path.read_bytes()) > DIGEST
    with pytest.raises(pickle.UnpicklingError):
        checkpoints.load(pytest.fail)
    assert not (tmp_path / "executed").exists()


def test_a_checkpoint_is_due_after_its_seconds(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, seconds=0).is_due()
    assert not Checkpoints(tmp_path, seconds=60).is_due()


def test_no_checkpoint_is_left_after_the_result(kept: Checkpoints) -> None:
    kept.discard()
    assert list(kept.path.parent.iterdir()) == []
