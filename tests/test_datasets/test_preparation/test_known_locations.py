"""Where the cache last found data of a content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datasets.preparation.known_locations import recall, remember
from user_error import UserError

SPLITS = {"train": ["a.png"], "test": ["b.png"]}


def note(cache: Path, root: Path | str, content: str = "abc") -> None:
    options = {"root": str(root), "size": "8x8"}
    remember("image_folder", "classification", options, SPLITS, content=content, cache=cache)


def test_what_is_remembered_is_recalled_by_the_content(tmp_path: Path) -> None:
    note(tmp_path, tmp_path / "first", "abc")
    note(tmp_path, tmp_path / "second", "def")
    assert recall(tmp_path, "abc") == {"root": str(tmp_path / "first"), "size": "8x8"}
    assert recall(tmp_path, "def") == {"root": str(tmp_path / "second"), "size": "8x8"}


def test_the_last_location_of_a_content_is_kept(tmp_path: Path) -> None:
    note(tmp_path, tmp_path / "first")
    note(tmp_path, tmp_path / "second")
    assert recall(tmp_path, "abc")["root"] == str(tmp_path / "second")
    assert [path.name for path in (tmp_path / "known").iterdir()] == ["abc.json"]


def test_the_files_of_each_split_are_on_record(tmp_path: Path) -> None:
    note(tmp_path, tmp_path / "data")
    record = json.loads((tmp_path / "known/abc.json").read_text())
    assert (record["name"], record["task"], record["splits"]) == ("image_folder", "classification", SPLITS)


def test_roots_are_made_absolute_and_an_empty_one_stays_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    note(tmp_path, "data")
    assert recall(tmp_path, "abc")["root"] == str(tmp_path / "data")
    note(tmp_path, "")
    assert recall(tmp_path, "abc")["root"] == ""


def test_an_unknown_content_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"content: data of the content 012345678901 .*check-data"):
        recall(tmp_path, "0123456789012345")


def test_a_cache_that_cannot_be_written_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"abc\.json: cannot be written .*set ABLATION_CACHE"):
        note(tmp_path / "file", tmp_path)
