"""The standard streams of a program: closed ones are opened, and one that cannot be written stops nothing."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

OUTPUT, ERRORS = 1, 2
"""File descriptors."""


class LossyFile(io.FileIO):
    """A standard stream's file; after the first error it discards what is written, so that the program goes on.

    Otherwise a command would end in the middle, and an exit code of its own, such as that of `verify` for a damaged
    store, would depend on who reads its output.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self.lost: OSError | None = None
        """Why nothing is written any more."""

    def write(self, data: "bytes | memoryview[int]", /) -> int | None:  # type: ignore[override]
        """Write, or discard; return the number of bytes."""
        if self.lost is None:
            try:
                return super().write(data)
            except OSError as error:
                self._give_up(error)
        return memoryview(data).nbytes

    def _give_up(self, error: OSError) -> None:
        self.lost = error.with_traceback(None)
        if self.fileno() == OUTPUT and self.failed:  # at once: a study may go on for days
            text = f"error: standard output: {error.strerror}; what is printed is lost\n"
            with suppress(
                OSError
            ):  # not by sys.stderr, which a progress display may have led back to this file
                os.write(ERRORS, text.encode())

    @property
    def failed(self) -> bool:
        """Whether something was lost that was to be read: not if the reader, such as `head`, closed the pipe."""
        return self.lost is not None and not isinstance(self.lost, BrokenPipeError)


def open_streams() -> LossyFile:
    """Open the standard streams; return the file of standard output."""
    _open_closed_streams()
    output, errors = LossyFile(OUTPUT), LossyFile(ERRORS)
    sys.stdout, sys.stderr = _text_stream(sys.stdout, output), _text_stream(sys.stderr, errors)
    return output


def flush_streams() -> None:
    """Write out what is buffered, so that the interpreter has nothing left to fail at."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a stream that somebody else put there, or closed
            stream.flush()


def _open_closed_streams() -> None:
    """Open the null device in place of each closed standard stream.

    Otherwise the next file that is opened, such as the table, would get its number and what is printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _text_stream(stream: TextIO, file: LossyFile) -> TextIO:
    """Return a text stream with the settings of `stream` that writes to `file`.

    A character that the terminal's encoding does not have is written as an escape, such as \\xe9.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        file if stream.write_through else io.BufferedWriter(file),  # type: ignore[type-var]
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
