"""A store that commit a494016 made: today's commands read it, and say that its results are of other code."""

import shutil
import zipfile
from pathlib import Path

import pytest

from analysis.cli.main import main as analyze
from experiments.cli.main import main
from experiments.config.run_spec import RunSpec
from experiments.store import open_store
from tests.sources import ROOT

ARCHIVE = ROOT / "tests" / "recorded" / "a494016.zip"
KEYS = 8


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The store's folder, where it may be written to."""
    folder = tmp_path / "runs"
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


def output(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    assert printed.err == ""
    return code, printed.out


def test_every_result_is_read_whole(store: Path) -> None:
    records = open_store(store, readonly=True)
    rows = list(records.plan_rows("recorded"))
    assert len(rows) == KEYS
    for row in rows:
        assert row.result is not None
        assert RunSpec.model_validate(row.spec, strict=False).key == row.key
        assert row.result.score("test") is not None
        assert row.result.hashes is not None
        assert row.result.probes is not None
        assert (row.result.probes.latency_ms or 0) > 0
    (main_family, *_) = records.study("recorded").families
    assert (main_family.baseline, main_family.arms) == ("none", ("scse",))
    records.close()


def test_status_show_and_verify_work_on_it(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = output(capsys, "status", "recorded", "--store", store)
    assert code == 0
    assert "8/8 runs" in text
    key = open_store(store, readonly=True).keys_with_prefix()[0]
    code, text = output(capsys, "show", key, "--store", store)
    assert (code, f"key      {key}" in text, "plug" in text or "none" in text) == (0, True, True)
    assert output(capsys, "verify", "recorded", "--store", store) == (0, "8 runs checked, 0 damaged\n")


def test_it_is_read_from_its_archive_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "verify", "recorded", "--store", ARCHIVE) == (0, "8 runs checked, 0 damaged\n")


def test_a_report_is_written_of_it(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyze(["report", "recorded", "--store", str(store)]) == 0
    page = store / "reports" / "recorded" / "report.html"
    assert page.stat().st_size > 50_000
    assert "scse" in page.read_text(encoding="utf-8")
    shutil.rmtree(page.parent)


@pytest.mark.slow
def test_its_results_are_said_to_be_of_other_code(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABLATION_CACHE", str(tmp_path / "cache"))
    study = tmp_path / "recorded.yaml"
    study.write_text(
        "margin: 1.0\nseeds: 2\nsettings_of: smoke\n"
        "arms:\n  none: {}\n  scse: {module: scse, options: {reduction: 8}}\n"
    )
    code, text = output(capsys, "plan", study, "--store", store)
    assert code == 0
    assert "runs: 8 of the design, 0 trials of the search, 0 of its winners; 8 done already" in text
    assert "warning: 8 results were made by other code than today's" in text
