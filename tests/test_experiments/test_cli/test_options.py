"""The options that commands share, and the values that they stand for."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path

import pytest

from experiments.cli import options
from tests.test_experiments.made import study_file

from .commands import Call


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:0", "cuda:12"])
def test_devices_are_named_as_torch_names_them(name: str) -> None:
    assert options.check_device(name) == name


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "", "CPU", "cuda:0,1"])
def test_other_names_of_devices_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"--device: .* is none of cpu, cuda"):
        options.check_device(name)


def test_without_a_number_there_is_one_worker_per_core_of_this_process() -> None:
    assert options.count_workers(None) == len(os.sched_getaffinity(0))
    assert options.count_workers(3) == 3
    with pytest.raises(ValueError, match="--workers: at least 1, not 0"):
        options.count_workers(0)


def test_the_store_is_named_by_the_environment_or_is_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABLATION_STORE", raising=False)
    assert options.default_store() == Path("runs")
    monkeypatch.setenv("ABLATION_STORE", "/elsewhere")
    parser = ArgumentParser()
    options.add_store(parser)
    assert parser.parse_args([]).store == Path("/elsewhere")
    assert parser.parse_args(["--store", "here"]).store == Path("here")


def test_the_cache_is_beside_the_store_unless_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ABLATION_CACHE")
    assert options.cache_folder(tmp_path / "runs") == tmp_path / ".cache" / "attention-ablations"
    monkeypatch.setenv("ABLATION_CACHE", "/cache")
    assert options.cache_folder(tmp_path / "runs") == Path("/cache")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ABLATION_STORE", "ABLATION_CACHE", "ABLATION_CACHE_LIMIT"):
        monkeypatch.setenv(name, "")
    assert options.default_store() == Path("runs")
    assert options.cache_folder(tmp_path / "runs") == tmp_path / ".cache" / "attention-ablations"


@pytest.mark.parametrize("limit", ["0", "0.5", "20", "1e3", "inf"])
def test_a_limit_of_the_cache_is_a_number(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABLATION_CACHE_LIMIT", limit)
    assert options.cache_folder(tmp_path).is_absolute()


@pytest.mark.parametrize("limit", ["lots", "20GB", "-1", "nan", "1,5", "0x10"])
@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_limit_of_the_cache_that_is_no_number_is_refused_for_any_data(
    command: str, limit: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABLATION_CACHE_LIMIT", limit)
    code, out, err = call(command, study_file(tmp_path), "--store", tmp_path / "store")
    assert (code, out) == (2, [])
    assert err == [f"error: ABLATION_CACHE_LIMIT: {limit!r} is not a number of GB, such as 20"]
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_shared_options_collect_their_values() -> None:
    parser = ArgumentParser()
    for add in (options.add_study, options.add_modules, options.add_workers, options.add_device):
        add(parser)
    words = ["quick", "--set", "seeds=2", "--set", "margin=1", "--modules", "a.py", "--workers", "3"]
    arguments = parser.parse_args(words)
    assert (arguments.study, arguments.changes) == ("quick", ["seeds=2", "margin=1"])
    assert (arguments.modules, arguments.workers, arguments.device) == (["a.py"], 3, "cpu")


def test_json_has_tuples_as_lists_and_paths_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    options.print_json({"pair": (1, 2), "path": Path("a/b")})
    assert json.loads(capsys.readouterr().out) == {"pair": [1, 2], "path": "a/b"}
