"""Reading back of W&B's offline files, of which `finish()` may return before the content is on the disk.

The format is that of LevelDB's log: a header of 7 bytes, then blocks of 32 KiB with pieces of records, each of them
behind a checksum (4 bytes), a length (2, little-endian) and a kind (1).
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK = 32_768
HEADER = PIECE_HEADER = 7
WHOLE, LAST = 1, 4
"""The kinds of pieces that end a record; the first and middle pieces of one are 2 and 3."""


def count_steps(file: Path) -> int | None:
    """Return the number of logged steps in an offline file; None if the file is missing or lacks its end."""
    messages: Any = importlib.import_module(
        "wandb.proto.wandb_internal_pb2"
    )  # made by protobuf, without types
    protobuf: Any = importlib.import_module("google.protobuf.message")
    try:
        records = [messages.Record.FromString(record) for record in _read_records(file)]
    except (OSError, protobuf.DecodeError):
        return None
    kinds = [record.WhichOneof("record_type") for record in records]
    return kinds.count("history") if "exit" in kinds[-1:] else None


def _read_records(file: Path) -> Iterator[bytes]:
    """Yield the records that are completely in the file."""
    content = file.read_bytes()
    position, record = HEADER, b""
    while position + PIECE_HEADER <= len(content):
        left = BLOCK - position % BLOCK
        if left < PIECE_HEADER:  # too little for a piece: the block is padded
            position += left
            continue
        end = position + PIECE_HEADER + int.from_bytes(content[position + 4 : position + 6], "little")
        kind = content[position + 6]
        if end > len(content):
            return
        record += content[position + PIECE_HEADER : end]
        position = end
        if kind in (WHOLE, LAST):
            yield record
            record = b""
