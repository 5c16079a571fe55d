"""What run_all.sh asks of the two applications, seen by a stand-in for python that notes how it is called."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FAKE_PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$PWD: $*" >>"$NOTES"
case " $* " in *" $FAILING "*) exit "$CODE" ;; esac
"""


class Answer:
    """How one call of run_all.sh ended, and what it called, from the root, in order."""

    def __init__(self, root: Path, *arguments: str, failing: str = "-", code: int = 0, **extra: str) -> None:
        notes = root / "notes"
        environment = {"PATH": os.environ["PATH"], "NOTES": str(notes), "FAILING": failing, "CODE": str(code)}
        done = subprocess.run(
            ["bash", str(root / "run_all.sh"), *arguments],
            env=environment | extra,
            cwd=root.parent,
            capture_output=True,
            text=True,
        )
        self.code = done.returncode
        self.said = done.stdout + done.stderr
        lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        self.calls = [line.removeprefix(f"{root}: -m ") for line in lines]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "my project"
    (root / "bin").mkdir(parents=True)
    (root / "run_all.sh").write_bytes((ROOT / "run_all.sh").read_bytes())
    (root / "environment.sh").write_text(f"PATH='{root}/bin':$PATH\n", encoding="utf-8")
    (root / "bin/python").write_text(FAKE_PYTHON, encoding="utf-8")
    (root / "bin/python").chmod(0o755)
    return root


def test_without_a_study_it_runs_reports_and_says_where_for_quick(root: Path) -> None:
    answer = Answer(root)
    store = f"--store {root}/runs"
    assert answer.code == 0
    assert answer.calls == [
        f"experiments run quick {store}",
        f"analysis report quick {store}",
        f"experiments where quick {store}",
    ]


def test_options_go_to_the_run_alone(root: Path) -> None:
    answer = Answer(root, "smoke", "--set", "recipe.epochs=3")
    assert answer.calls[0].endswith(" --set recipe.epochs=3")
    assert "--set" not in answer.calls[1] + answer.calls[2]


@pytest.mark.parametrize("spelling", [["--store", "here"], ["--store=here"]])
def test_a_store_is_found_from_the_callers_folder(root: Path, spelling: list[str]) -> None:
    answer = Answer(root, "smoke", *spelling)
    assert all(call.endswith(f"smoke --store {root.parent}/here") for call in answer.calls)


def test_the_store_can_come_from_the_environment(root: Path) -> None:
    assert Answer(root, ABLATION_STORE="/a b").calls[0] == "experiments run quick --store /a b"


def test_a_study_file_is_found_from_the_callers_folder(root: Path) -> None:
    (root.parent / "mine.yaml").touch()
    assert Answer(root, "mine.yaml").calls[0].startswith(f"experiments run {root.parent}/mine.yaml --store")


@pytest.mark.parametrize("code", [2, 130])
def test_a_refused_or_interrupted_run_ends_it_with_the_same_code(root: Path, code: int) -> None:
    answer = Answer(root, failing="run", code=code)
    assert (answer.code, len(answer.calls)) == (code, 1)


def test_failed_runs_are_reported_and_still_fail(root: Path) -> None:
    answer = Answer(root, failing="run", code=1)
    assert (answer.code, len(answer.calls)) == (1, 3)


def test_a_failed_report_fails(root: Path) -> None:
    assert Answer(root, failing="report", code=3).code == 3


def test_help_prints_the_usage_and_starts_nothing(root: Path) -> None:
    answer = Answer(root, "--help")
    assert (answer.code, answer.calls) == (0, [])
    assert answer.said.startswith("usage: bash run_all.sh [STUDY]")


SAVING_PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$PWD: $*" >>"$NOTES"
save() {{ sleep 0.3; echo saved >>"$NOTES"; exit {code}; }}
trap save {name}
touch "$NOTES.ready"
while :; do sleep 0.05; done
"""


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.parametrize("group", [False, True], ids=["the shell alone", "the whole group"])
@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("INT", 130), ("HUP", 129)])
def test_a_signal_reaches_the_run_and_the_shell_waits_until_it_has_saved(
    root: Path, name: str, code: int, group: bool
) -> None:
    (root / "bin/python").write_text(SAVING_PYTHON.format(name=name, code=code), encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "NOTES": str(root / "notes")}
    process = subprocess.Popen(["bash", str(root / "run_all.sh")], env=environment, start_new_session=True)
    end = time.monotonic() + 20
    while not (root / "notes.ready").exists() and time.monotonic() < end:
        time.sleep(0.02)
    (os.killpg if group else os.kill)(process.pid, signal.Signals[f"SIG{name}"])
    assert process.wait(20) == code
    first, second = (root / "notes").read_text(encoding="utf-8").splitlines()
    assert first.endswith(f"-m experiments run quick --store {root}/runs")
    assert second == "saved"  # and neither a report nor anything else was started
