"""The commands as people call them: what they print, how they exit, what they leave alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from experiments.cli.main import main
from experiments.orchestration.remote_planner import RemotePlanner
from experiments.store import open_store, run_folder
from tests.sources import ROOT
from tests.test_experiments.made import STUDY, cell, finish, run_spec, study_file, study_row
from user_error import UserError

TINY = STUDY[: STUDY.index("designs:")].replace("seeds: [0, 1]", "seeds: 1")


class Said(NamedTuple):
    """Exit code, and the lines of standard output and standard error."""

    code: int
    out: list[str]
    err: list[str]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], deterministic: None) -> "Call":
    return Call(capfd)


class Call:
    """Calls a command in this process."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured

    def __call__(self, *words: object) -> Said:
        self.captured.readouterr()
        code = main([str(word) for word in words])
        out, err = self.captured.readouterr()
        return Said(code, out.splitlines(), err.splitlines())


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("ABLATION_CACHE", str(cache))
    monkeypatch.setenv("WANDB_MODE", "disabled")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A store with one finished run of the study `small`."""
    store = open_store(tmp_path / "recorded")
    store.save_study(study_row(), [cell(run_spec())])
    finish(store, run_spec())
    store.close()
    return tmp_path / "recorded"


# What a person mistyped in the small study, and what the one line must say.
REFUSED = {
    "a module": ("module: scse,", "module: scsee,", ["scse", "did you mean 'scse'"]),
    "an option": ("kernel_size: 3}", "kernal_size: 3}", ["arms.scse", "did you mean 'kernel_size'"]),
    "an option's value": ("kernel_size: 3}", "kernel_size: 4}", ["arms.scse", "kernel_size"]),
    "a site": ("cse: {module: cse}", "cse: {module: cse, site: blok}", ["arms.cse", "block"]),
    "a backbone": ("name: resnet10t", "name: resnet10tt", ["classification", "did you mean 'resnet10t'"]),
    "a backbone's argument": ("stem_width:", "stem_widht:", ["classification", "stem_widht"]),
    "a data set": (
        "cluttered_digits",
        "clutterd_digits",
        ["classification", "did you mean 'cluttered_digits'"],
    ),
    "a data set's option": (
        "validation: 32",
        "validaton: 32",
        ["classification", "did you mean 'validation'"],
    ),
    "a data set's value": ("train: 64", "train: 6", ["classification", "train"]),
    "a study key": ("margin:", "margn:", ["margn", "did you mean 'margin'"]),
    "a recipe's key": ("epochs: 2", "epoch: 2", ["recipe.epoch", "did you mean 'epochs'"]),
    "an optimiser": ("epochs: 2", "optimizer: sgdd", ["classification", "did you mean 'sgd'"]),
    "a batch larger than the data": ("batch_size: 16", "batch_size: 65", ["batch_size"]),
    "YAML": ("seeds: [0, 1]", "seeds: [0, 1", ["not valid YAML"]),
    "a python tag": ("title: A small study", "title: !!python/name:os.system", ["not valid YAML"]),
    "a searched option": (
        "{kernel_size: [1, 3],",
        "{kernal_size: [1, 3],",
        ["search.arms.scse", "kernel_size"],
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_misspelling_ends_in_one_line_and_nothing_is_written(what: str, call: Call, tmp_path: Path) -> None:
    old, new, says = REFUSED[what]
    assert old in STUDY
    path = study_file(tmp_path, STUDY.replace(old, new, 1))
    code, out, err = call("plan", path, "--store", tmp_path / "store")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith("error: ")
    assert [text for text in says if text not in err[0]] == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "quik"), "did you mean 'quick'"),
        (("plan", "nowhere.yaml"), "no such study file"),
        (("plan", "smoke", "--set", "recipe.epoch=3"), "did you mean 'epochs'"),
        (("plan", "smoke", "--workers", "0"), "--workers: at least 1"),
        (("run", "quik"), "did you mean 'quick'"),
        (("run", "smoke", "--set", "margn=3"), "did you mean 'margin'"),
        (("run", "smoke", "--workers", "-1"), "--workers: at least 1"),
        (("run", "smoke", "--device", "gpu"), "--device: 'gpu' is none of cpu, cuda"),
        (("reproduce", "abc", "--device", "cuda:x"), "--device: 'cuda:x' is none of cpu, cuda"),
        (("status",), "no run store here"),
        (("where", "smoke"), "no run store here"),
        (("verify", "smoke"), "no run store here"),
        (("sync", "smoke"), "no run store here"),
        (("reproduce", "abc"), "no run store here"),
    ],
)
def test_a_command_that_cannot_work_says_why_in_one_line(
    words: tuple[str, ...], says: str, call: Call, tmp_path: Path
) -> None:
    code, out, err = call(*words, "--store", tmp_path / "store")
    assert (code, out, len(err)) == (2, [], 1)
    assert says in err[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "where", "verify", "sync"])
def test_a_misspelt_recorded_study_is_answered_with_the_recorded_ones(
    command: str, call: Call, recorded: Path
) -> None:
    code, _, err = call(command, "smal", "--store", recorded)
    assert code == 2
    assert "small" in err[0]
    assert len(err) == 1


def test_a_misspelt_command_or_list_is_refused_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["rnu"], ["list", "moduls"], []):
        with pytest.raises(SystemExit, match="2"):
            main(words)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("command", ["status", "where", "verify", "plan"])
def test_a_truncated_table_is_named_and_no_traceback_is_shown(
    command: str, share: float, call: Call, recorded: Path, tmp_path: Path
) -> None:
    table = recorded / "store.sqlite"
    table.write_bytes(table.read_bytes()[: int(share * table.stat().st_size)])
    study = study_file(tmp_path) if command == "plan" else "small"
    code, _, err = call(command, study, "--store", recorded)
    if code:
        assert (code, len(err)) == (2, 1)
        assert "store" in err[0]
    else:
        assert command in ("plan", "status", "where", "verify")


def test_plan_counts_everything_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    code, out, err = call("plan", study_file(tmp_path), "--store", tmp_path / "store", "--workers", "2")
    assert (code, err) == (0, [])
    text = "\n".join(out)
    assert "4 arms" in out[0] or "5 arms" in out[0] or "6 arms" in out[0]
    assert "8 of the design, 8 trials of the search, 4 of its winners; 0 done already" in text
    assert "warning: smallest attainable p in one setting: 0.5 with 2 seeds" in text
    assert "6 seeds make it possible" in text
    assert not (tmp_path / "store").exists()


def test_verify_names_what_is_damaged(call: Call, recorded: Path) -> None:
    assert call("verify", "small", "--store", recorded) == (0, ["1 runs checked, 0 damaged"], [])
    path = run_folder.folder_of(recorded, run_spec().key) / run_folder.PREDICTIONS
    path.write_bytes(path.read_bytes()[:-1])
    code, out, _ = call("verify", "small", "--store", recorded)
    assert code == 1
    assert str(path) in out[0]
    assert out[-1] == "1 runs checked, 1 damaged"


def test_verify_sees_a_table_that_was_edited(call: Call, recorded: Path) -> None:
    store = open_store(recorded)
    result = store.result(run_spec().key)
    assert result is not None
    store.end_attempt(
        run_spec().key, "finished", now="", result=result.model_copy(update={"metrics": {"accuracy": 1.0}})
    )
    store.close()
    code, out, _ = call("verify", "small", "--store", recorded)
    assert code == 1
    assert "differs from the table" in out[0]


def test_where_prints_what_can_be_typed_and_the_report_last(call: Call, recorded: Path) -> None:
    code, out, _ = call("where", "small", "--store", recorded)
    assert code == 0
    assert "optuna-dashboard" in out[0]
    assert "wandb sync" in out[1]
    assert out[-1].endswith(str(Path("reports") / "small" / "report.html"))


def test_status_shows_the_table_of_every_study(call: Call, recorded: Path) -> None:
    code, out, _ = call("status", "--store", recorded)
    text = "\n".join(out)
    assert code == 0
    assert "small: 1/1 runs" in text
    assert "75.0" in text


@pytest.mark.parametrize(
    ("what", "expected"), [("modules", "scse"), ("studies", "quick"), ("datasets", "cluttered_digits")]
)
def test_lists_name_what_there_is(what: str, expected: str, call: Call) -> None:
    code, out, _ = call("list", what)
    assert code == 0
    assert any(line.startswith(expected) for line in out)


def test_sites_lists_every_block_and_stage(call: Call) -> None:
    code, out, _ = call("sites", "resnet10t", "--input-size", "64")
    assert code == 0
    assert [line.split()[0] for line in out].count("stage") == 4
    assert [line.split()[0] for line in out].count("block") == 4
    assert [line.split()[0] for line in out].count("skip") == 5
    assert [line.split()[0] for line in out].count("decoder") == 5
    assert "in a U-Net:" in out
    assert [line.partition("second input ")[2] for line in out if line.startswith("stage")] == [
        "",
        "layer1",
        "layer2",
        "layer3",
    ]
    code, _, err = call("sites", "resnet10tt")
    assert code == 2
    assert "did you mean 'resnet10t'" in err[0]


def test_sites_of_a_backbone_that_smp_refuses_are_those_behind_a_neck(call: Call) -> None:
    code, out, _ = call("sites", "test_vit", "--input-size", "160")
    assert code == 0
    assert "in a U-Net with a neck (decoder: {name: unet, neck: 128}):" in out
    assert [line.split()[3:7] for line in out if line.startswith("skip")] == [
        [f"encoder[{at}]", "NCHW", "128", "channels"] for at in (2, 3, 4, 5)
    ]
    assert call("sites", "test_vit", "--input-size", "160", "--site", "skip")[1] == [
        line for line in out if line.startswith(("skip", "in a U-Net"))
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["run", "--help"],
        ["status", "--store", "{store}"],
        ["where", "small", "--store", "{store}"],
        ["verify", "small", "--store", "{store}"],
    ],
)
def test_help_and_what_reads_the_records_load_no_torch(words: list[str], recorded: Path) -> None:
    code = (
        "import sys; from experiments.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print('loaded', *sorted({'torch', 'numpy', 'timm', 'optuna', 'wandb'} & set(sys.modules)))"
    )
    arguments = [word.format(store=recorded) for word in words]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded"


def test_a_pipe_that_closes_early_is_no_error(recorded: Path) -> None:
    command = f"{sys.executable} -m experiments list studies --help | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_a_study_runs_is_verified_and_comes_out_again_bit_by_bit(call: Call, tmp_path: Path) -> None:
    path, store = study_file(tmp_path, TINY), tmp_path / "store"
    code, out, err = call("run", path, "--store", store, "--workers", "2")
    assert (code, err) == (0, [])
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
def test_a_card_that_is_not_there_is_refused_before_anything_is_planned(call: Call, tmp_path: Path) -> None:
    path = study_file(tmp_path, TINY)
    code, _, err = call("run", path, "--store", tmp_path / "store", "--device", "cuda")
    assert (code, len(err)) == (2, 1)
    assert "torch sees no graphics card here; --device cpu" in err[0]
    assert not (tmp_path / "store" / "store.sqlite").exists()


def test_an_error_after_the_plan_never_takes_the_store_away(
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
