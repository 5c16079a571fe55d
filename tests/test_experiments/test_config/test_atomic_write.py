"""A file is replaced by a complete one, or left as it was."""

from pathlib import Path

import pytest

from experiments.config.atomic_write import replacing


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.txt"
    for text in ("old", "new"):
        with replacing(path) as part:
            part.write_text(text)
            assert part.parent == path.parent
        assert path.read_text() == text
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_another_process_of_the_same_number_left_is_not_written_on(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with replacing(path) as part:
        part.write_text("old")
        left = part
    left.write_text("a longer text that was left")
    with replacing(path) as part:
        assert not part.exists()
        part.write_text("new")
    assert path.read_text() == "new"
