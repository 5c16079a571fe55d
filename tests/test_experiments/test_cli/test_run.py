"""`run`: a study runs, is verified and reproduced; a study that cannot run leaves nothing behind."""

import os
from pathlib import Path

import pytest
import torch

from experiments.cli.run import _StatusWhileWaiting
from experiments.models.trained import trained_network
from experiments.orchestration.remote_planner import RemotePlanner
from experiments.store import open_store, run_folder
from tests.test_experiments.made import study_file
from user_error import UserError

from .commands import TINY, Call


def test_a_study_runs_is_verified_and_is_reproduced_bit_by_bit(call: Call, tmp_path: Path) -> None:
    path, store = study_file(tmp_path, TINY), tmp_path / "store"
    code, out, err = call("run", path, "--store", store, "--workers", "2", "--set", "keep=weights")
    assert (code, err) == (0, [])
    weights = sorted(store.glob(f"runs/*/*/{run_folder.WEIGHTS}"))
    assert len(weights) == 4
    assert not trained_network(weights[0].parent).training
    assert any(line.startswith("W&B: ") for line in out)
    assert sum("finished, accuracy" in line for line in out) == 4
    assert call("verify", path, "--store", store).out[-1] == "4 runs checked, 0 damaged"
    assert "4 done already" in "\n".join(call("plan", path, "--store", store).out)
    records = open_store(store, readonly=True)
    key = records.keys_with_prefix()[0]
    records.close()
    code, out, _ = call("reproduce", key[:10], "--store", store)
    assert code == 0
    assert out[-1].endswith("BIT-IDENTICAL")
    code, _, err = call("reproduce", "", "--store", store)
    assert code == 2
    assert "4 recorded runs begin like this" in err[0]
    code, out, _ = call("run", path, "--store", store)
    assert code == 0
    assert any("4/4 runs" in line for line in out)
    assert not any("finished, accuracy" in line for line in out)


def test_a_study_that_cannot_run_leaves_no_store(call: Call, tmp_path: Path) -> None:
    path = study_file(tmp_path, TINY.replace("module: scse", "module: scsee"))
    code, _, err = call("run", path, "--store", tmp_path / "store")
    assert code == 2
    assert len(err) == 1
    assert "did you mean 'scse'" in err[0]
    assert not (tmp_path / "store" / "store.sqlite").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a graphics card")
def test_a_missing_gpu_is_refused_before_anything_is_planned(call: Call, tmp_path: Path) -> None:
    path = study_file(tmp_path, TINY)
    code, _, err = call("run", path, "--store", tmp_path / "store", "--device", "cuda")
    assert (code, len(err)) == (2, 1)
    assert "torch sees no graphics card here; --device cpu" in err[0]
    assert not (tmp_path / "store" / "store.sqlite").exists()


def test_an_error_after_the_plan_never_deletes_the_store(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def propose(self: RemotePlanner, dtypes: dict[str, str]) -> object:
        raise UserError("killed by signal 9")

    monkeypatch.setattr(RemotePlanner, "propose", propose)
    code, _, err = call("run", study_file(tmp_path), "--store", tmp_path / "store")
    assert code != 0
    assert "Traceback" not in "\n".join(err)
    records = open_store(tmp_path / "store", readonly=True)
    assert len(list(records.plan_rows("small"))) == 8
    records.close()


def test_a_store_that_cannot_be_written_is_refused_in_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, _, err = call("run", study_file(tmp_path, TINY), "--store", tmp_path / "file" / "store")
    assert (code, len(err)) == (2, 1)
    assert "file" in err[0]
    assert os.path.isfile(tmp_path / "file")


def test_while_another_supervisor_works_its_progress_is_printed_every_ten_seconds(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = _StatusWhileWaiting(recorded, "small")
    for _ in range(11):
        waiting("process 7, since noon")
    assert capsys.readouterr().out.splitlines() == [
        f"{recorded} is at work (process 7, since noon); waiting until it ends, then going on",
        "1/1 runs",
        "1/1 runs",
    ]
