"""The assertion that an input is refused: one line that says what is wrong and where, exit code 2, no file changed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import analysis.cli.main
import experiments.cli.main

PROGRAMS = {"experiments": experiments.cli.main.main, "analysis": analysis.cli.main.main}


class Change(NamedTuple):
    """One mistake: the text of a sound file, what stands there instead, and what the one line must contain."""

    old: str
    new: str
    says: Sequence[str]


LAUNCHED = {"store", "store/supervisor.lock", "store/wandb", "store/wandb/follower.log"}
"""What a launch leaves that was refused after it took hold of the store: no record."""


def contents(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder, and "" for each folder, by their relative paths."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }


def assert_refused(
    captured: pytest.CaptureFixture[str], folder: Path, words: Sequence[object], says: Sequence[str]
) -> None:
    """Assert that a command prints one line with these texts, exits with 2 and changes nothing below the folder.

    words: the program, `experiments` or `analysis`, and its arguments. `run` alone may say on standard output what it
    is about to check.
    """
    before = contents(folder)
    captured.readouterr()
    code = exit_code(str(words[0]), [str(word) for word in words[1:]])
    out, err = captured.readouterr()
    assert (code, len(err.splitlines())) == (2, 1), (code, out, err)
    is_run = "run" in words[1:2]
    assert out == "" or is_run
    assert [text for text in says if text not in err] == [], err
    assert "Traceback" not in err
    assert "errors.pydantic.dev" not in err
    after = contents(folder)
    assert {name: digest for name, digest in after.items() if name not in LAUNCHED or not is_run} == before


def exit_code(program: str, words: list[str]) -> int:
    """Run a command in this process; argparse ends it by SystemExit."""
    try:
        return PROGRAMS[program](words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
