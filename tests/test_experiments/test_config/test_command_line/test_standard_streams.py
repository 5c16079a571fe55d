"""The file of a standard stream: it writes until it cannot, and then discards."""

import os
from pathlib import Path

import pytest

from experiments.config.command_line.standard_streams import LossyFile


def test_a_file_that_can_be_written_is_written_and_loses_nothing(tmp_path: Path) -> None:
    number = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT)
    file = LossyFile(number)
    assert [file.write(b"first "), file.write(memoryview(b"second"))] == [6, 6]
    os.close(number)
    assert (tmp_path / "output").read_bytes() == b"first second"
    assert (file.lost, file.failed) == (None, False)


def test_a_full_disk_is_a_failure_and_every_write_still_succeeds() -> None:
    number = os.open("/dev/full", os.O_WRONLY)
    file = LossyFile(number)
    assert [file.write(b"first"), file.write(b"second")] == [5, 6]
    os.close(number)
    assert isinstance(file.lost, OSError)
    assert file.failed


def test_a_reader_that_has_gone_is_no_failure_and_gets_nothing_more(
    capfd: pytest.CaptureFixture[str],
) -> None:
    reader, writer = os.pipe()
    file = LossyFile(writer)
    assert file.write(b"read") == 4
    assert os.read(reader, 10) == b"read"
    os.close(reader)
    assert [file.write(b"first"), file.write(b"second")] == [5, 6]
    os.close(writer)
    assert isinstance(file.lost, BrokenPipeError)
    assert not file.failed
    assert capfd.readouterr() == ("", "")
