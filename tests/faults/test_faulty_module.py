"""A user's module that fails while it trains: an error of the run, with a traceback in its log, never a refusal."""

from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.store import open_store, run_folder

pytestmark = pytest.mark.slow

MODULE = """
from torch import Tensor, nn


class Failing(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Conv2d(channels, channels, 1)
        self.steps = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training and not x.is_meta and x.shape[0] > 2:
            self.steps += 1
            if self.steps == 3:
                raise {error}
        return self.scale(x)
"""
STUDY = """
margin: 1.0
seeds: 1
settings_of: smoke
modules: [failing.py]
arms:
  none: {}
  failing: {module: failing, site: stage}
"""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("KeyError('gain')", "KeyError: 'gain'"),
        ("ValueError('no good')", "ValueError: no good"),
        ("BrokenPipeError(32, 'Broken pipe')", "BrokenPipeError: [Errno 32] Broken pipe"),
    ],
)
def test_an_error_at_the_third_step_is_an_error_with_a_traceback_in_the_log(
    error: str, told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    (tmp_path / "failing.py").write_text(MODULE.replace("{error}", error))
    (tmp_path / "study.yaml").write_text(STUDY)
    code = main(["run", str(tmp_path / "study.yaml"), "--store", str(tmp_path / "runs")])
    printed = capfd.readouterr()
    assert code == 1
    assert "Traceback" not in printed.out + printed.err
    store = open_store(tmp_path / "runs", readonly=True)
    failed = [row for row in store.plan_rows("study") if row.arm == "failing"]
    assert [row.state for row in failed] == ["failed", "failed"]
    for row in failed:
        (attempt,) = store.attempts(row.key)
        assert attempt.message == f"error: {told} (failing.py of the run, line 15)"
        log = (store.folder(row.key) / run_folder.LOG).read_text()
        assert "Traceback (most recent call last)" in log
        assert 'File "failing.py' in log
        assert told in log
        lines = [line for line in printed.out.splitlines() if line.startswith(f"run {row.key[:12]} ")]
        assert len(lines) == 1
        assert str(store.folder(row.key) / run_folder.LOG) in lines[0]
    assert {row.state for row in store.plan_rows("study") if row.arm == "none"} == {"finished"}
    store.close()
