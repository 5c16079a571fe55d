"""Replacing a file by a new one at once: a reader, or a restart after any crash, finds the old content or the new."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write the new content to; at the end of the body it replaces `path`.

    What was written is flushed to the disk first (fsync). After an error in the body `path` is as it was. A killed
    process leaves a file that ends in `.part` and its process id, which `store gc` removes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
