"""The table of commands: what it refuses, what it imports, and how commands end."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.main import COMMANDS, main, parse
from experiments.config.command_line import exit_codes
from experiments.store import StoreReader
from tests.sources import ROOT
from tests.test_experiments.made import study_file

from .commands import Call


@pytest.mark.parametrize(
    ("words", "message"),
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
def test_a_command_that_cannot_work_gives_the_reason_in_one_line(
    words: tuple[str, ...], message: str, call: Call, tmp_path: Path
) -> None:
    code, out, err = call(*words, "--store", tmp_path / "store")
    assert (code, out, len(err)) == (2, [], 1)
    assert message in err[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "where", "verify", "sync"])
def test_for_a_misspelt_study_the_recorded_ones_are_listed(command: str, call: Call, recorded: Path) -> None:
    code, _, err = call(command, "smal", "--store", recorded)
    assert code == 2
    assert "small" in err[0]
    assert len(err) == 1


def test_a_misspelt_command_or_list_is_refused_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["rnu"], ["list", "moduls"], []):
        with pytest.raises(SystemExit, match="2"):
            main(words)
    assert "Traceback" not in capsys.readouterr().err


def test_a_wrong_statement_of_our_own_is_an_internal_error(
    call: Call, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoreReader, "studies", lambda self: self._db.execute("SELECT unknown FROM runs"))
    code, _, err = call("status", "--store", recorded)
    assert code == exit_codes.INTERNAL_ERROR
    assert "OperationalError: no such column: unknown" in err[-1]


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
def test_help_and_commands_that_read_the_store_import_no_torch(words: list[str], recorded: Path) -> None:
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


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_arguments_examples_and_a_summary(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse([name, "--help"])
    text = capsys.readouterr().out
    assert f"python -m experiments {name}" in text.partition("examples:")[2]
    assert "--verbose" in text
