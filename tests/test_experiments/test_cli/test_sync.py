"""`sync`: recorded runs are published once, into offline files."""

from pathlib import Path

import pytest

from .commands import Call


def test_a_recorded_run_is_published_and_counted_and_not_published_again(
    call: Call, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    code, out, err = call("sync", "small", "--store", recorded)
    assert (code, err) == (0, [])
    assert out[0].startswith("W&B: ")
    assert out[-1] == "W&B: 1 runs published"


def test_a_study_that_is_not_recorded_is_refused(call: Call, recorded: Path) -> None:
    code, out, err = call("sync", "other", "--store", recorded)
    assert (code, out, len(err)) == (2, [], 1)
    assert "no study 'other' is recorded here (recorded: small)" in err[0]
