"""The options that several commands share."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from analysis.cli.options import add_store, add_study


def parser() -> ArgumentParser:
    parser = ArgumentParser()
    add_study(parser)
    add_store(parser)
    return parser


def test_the_store_is_the_folder_runs_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABLATION_STORE", raising=False)
    assert vars(parser().parse_args(["quick"])) == {"study": "quick", "store": Path("runs")}


def test_the_environment_names_another_store_and_the_option_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ABLATION_STORE", "elsewhere")
    assert parser().parse_args(["quick"]).store == Path("elsewhere")
    assert parser().parse_args(["quick", "--store", "here"]).store == Path("here")
