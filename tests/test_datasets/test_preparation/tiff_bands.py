"""TIFF files with any number of bands, as remote sensing has them: Pillow cannot write those."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write_tiff(path: Path, values: NDArray[np.generic]) -> None:
    """Write (h,w,bands) as uncompressed little-endian RGB; the bands after the third have no stated meaning."""
    height, width, bands = values.shape
    extra = bands - 3
    words = struct.pack(f"<{bands}H", *[8 * values.itemsize] * bands) + struct.pack(
        f"<{extra}H", *[0] * extra
    )
    content = values.tobytes()
    at = 8 + len(content)
    entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, bands, at), (259, 3, 1, 1), (262, 3, 1, 2)]
    entries += [(273, 4, 1, 8), (277, 3, 1, bands), (278, 3, 1, height), (279, 4, 1, len(content))]
    if extra:
        entries.append((338, 3, extra, 0))  # up to two zeros fit in the entry itself
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    start = b"II*\0" + struct.pack("<I", at + len(words))
    path.write_bytes(start + content + words + table + struct.pack("<I", 0))
