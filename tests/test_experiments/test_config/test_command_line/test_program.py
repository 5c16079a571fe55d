"""A program's standard streams may be closed, full or unread, and Ctrl-C may come at any moment: never a traceback."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import open_store
from tests.sources import ROOT
from tests.test_analysis.synthetic_store import make_study
from tests.test_experiments.made import cell, finish, run_spec, study_row

COMMANDS = [
    "experiments --help",
    "experiments list studies",
    "experiments status --store {store}",
    "experiments runs --store {store}",
    "experiments where small --store {store}",
    "analysis --help",
    pytest.param("analysis power --seeds 3 --arms 1", marks=pytest.mark.slow),
]
SWALLOW = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(9)
except BaseException:
    raise ImportError('of a library') from None
"""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    with closing(open_store(tmp_path / "store")) as store:
        store.save_study(study_row(), [cell(run_spec())])
        finish(store, run_spec())
    return tmp_path / "store"


def shell(command: str, store: Path, *, unbuffered: bool = False) -> tuple[int, str, str]:
    """Exit code of the first program of a pipe, output and errors; buffered as a user's terminal has it."""
    variables = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    variables |= {"PYTHONUNBUFFERED": "1"} if unbuffered else {}
    script = f"{sys.executable} -m {command.format(store=store)}\nexit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_has_gone_is_no_error(command: str, recorded: Path) -> None:
    assert shell(f"{command} | true", recorded) == (0, "", "")


def test_a_reader_that_has_gone_is_no_error_without_buffering(recorded: Path) -> None:
    assert shell("experiments status --store {store} | true", recorded, unbuffered=True) == (0, "", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_under_standard_output_is_one_line(command: str, recorded: Path) -> None:
    code, _, errors = shell(f"{command} > /dev/full", recorded)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert errors == "error: standard output: No space left on device; what is printed is lost\n"


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("rest", ["> /dev/full", "| true", "| head -c 1 > /dev/null"])
def test_the_code_of_a_command_stands_whoever_reads_its_output(
    rest: str, unbuffered: bool, recorded: Path
) -> None:
    for path in recorded.glob("runs/*/*/result.json"):
        path.write_bytes(b"damaged")
    code, _, errors = shell(
        f"experiments verify small --store {recorded} {rest}", recorded, unbuffered=unbuffered
    )
    assert code == 1
    assert ("standard output" in errors) == ("full" in rest)


PRINTS = """
import sys
from experiments.config.command_line.program import run_program
from experiments.config.command_line.shell import run_command


def command():
    for _ in range(3):
        print("x" * 100_000, flush=True)
    print("reached the end", file=sys.stderr)
    return {code}


sys.exit(run_program(lambda: run_command(command)))
"""


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_command_goes_on_to_its_end_without_a_reader(code: int, tmp_path: Path) -> None:
    (tmp_path / "prints.py").write_text(PRINTS.format(code=code))
    script = f"PYTHONPATH={ROOT} {sys.executable} {tmp_path}/prints.py | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "reached the end\n")


def test_a_broken_pipe_of_something_else_is_an_error(tmp_path: Path) -> None:
    source = PRINTS.replace('print("x" * 100_000, flush=True)', 'raise BrokenPipeError(32, "Broken pipe")')
    (tmp_path / "prints.py").write_text(source.format(code=0))
    words = [sys.executable, str(tmp_path / "prints.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: [Errno 32] Broken pipe\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_standard_output_takes_no_other_files_place(command: str, recorded: Path) -> None:
    before = {path: path.read_bytes() for path in recorded.rglob("*.json")}
    assert shell(f"{command} >&-", recorded) == (0, "", "")
    assert shell(f"{command} <&- >&- 2>&-", recorded) == (0, "", "")
    assert {path: path.read_bytes() for path in recorded.rglob("*.json")} == before
    assert shell("experiments verify small --store {store}", recorded)[0] == 0


def test_an_error_without_a_standard_error_still_has_its_exit_code(recorded: Path) -> None:
    assert shell("experiments status NOPE --store {store} 2>&-", recorded)[0] == 2
    assert shell("experiments status NOPE --store {store} > /dev/full 2>&1", recorded)[0] == 2


PRINTED = "é → \udcff"
"""With half a character, as file names have that are not UTF-8."""


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("ascii", rb"\xe9 \u2192 \udcff"),
        ("latin-1", b"\xe9 " + rb"\u2192 \udcff"),
        ("utf-8", "é → ".encode() + rb"\udcff"),
        ("ascii:strict", rb"\xe9 \u2192 \udcff"),
    ],
)
def test_what_the_terminal_cannot_show_is_escaped(encoding: str, printed: bytes) -> None:
    code = (
        "import sys; from experiments.config.command_line.program import run_program\n"
        f"def main(): print({PRINTED!r}); print({PRINTED!r}, file=sys.stderr); return 0\n"
        "sys.exit(run_program(main))"
    )
    variables = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, printed + b"\n", printed + b"\n")


def test_a_store_with_any_label_is_listed_in_any_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(tmp_path / "store")) as store:
        store.save_study(study_row(), [cell(run_spec())._replace(arm="é")])
        finish(store, run_spec())
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("LC_ALL", "C")
    code, output, errors = shell("experiments runs --store {store}", tmp_path / "store")
    assert (code, errors) == (0, "")
    assert r"\xe9" in output


@pytest.mark.parametrize("content", [SWALLOW, SWALLOW.replace("BaseException", "ValueError")])
def test_an_interruption_during_an_import_is_one_word(tmp_path: Path, content: str) -> None:
    (tmp_path / "library.py").write_text(content)
    code = (
        "import sys; from experiments.config.command_line.program import run_program\n"
        "def main():\n    import library\n"
        "sys.exit(run_program(main))"
    )
    variables = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_a_check_of_pydantic_shows_no_web_address_even_in_a_traceback() -> None:
    code = (
        "import sys; from experiments.config.command_line.program import run_program\n"
        "def main():\n    from experiments.config.run_spec import RunSpec; RunSpec(seed=-1)\n"
        "sys.exit(run_program(main))"
    )
    variables = {name: text for name, text in os.environ.items() if not name.startswith("PYDANTIC")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert "validation errors for RunSpec" in done.stderr
    assert "http" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7])
@pytest.mark.parametrize("command", ["report made", "calibrate made --shuffles 100000", "power made"])
def test_an_analysis_that_is_interrupted_says_one_word(command: str, seconds: float, tmp_path: Path) -> None:
    make_study(tmp_path / "store").close()
    words = [sys.executable, "-m", "analysis", *command.split(), "--store", str(tmp_path / "store")]
    process = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "ignored" not in errors
    if process.returncode:  # it was not done before
        assert (process.returncode, errors.splitlines()[-1]) == (130, "interrupted")
        assert errors.count("interrupted") == 1
    assert list(tmp_path.rglob("*.part*")) == []
