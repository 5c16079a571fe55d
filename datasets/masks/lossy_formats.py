"""File formats that do not keep every value: a mask in one of them holds values that nobody wrote."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from user_error import UserError

ALWAYS_LOSSY = {"JPEG": "JPEG", "MPO": "JPEG", "AVIF": "AVIF"}
"""Pillow's names of formats that are lossy, or whose files do not tell (AVIF)."""
LOSSY_TIFF_COMPRESSIONS = ("jpeg", "tiff_jpeg", "webp")
JPEG_2000_CODING_STYLE = b"\xff\x52"
"""The marker whose 13th byte names the wavelet: 0 is the irreversible one."""


def require_lossless(mask: Image.Image, path: Path) -> None:
    """Raise UserError for a mask in a format that changes values. mask: as opened from `path`, it has its format."""
    name = find_lossy_format(mask, path)
    if name:
        raise UserError(
            f"{name} is lossy and changes the values; masks must be lossless: export them from their source as PNG"
        )


def find_lossy_format(mask: Image.Image, path: Path) -> str:
    """Return the name of the file's lossy format, or ""."""
    if mask.format in ALWAYS_LOSSY:
        return ALWAYS_LOSSY[mask.format]
    if mask.format == "TIFF" and mask.info.get("compression") in LOSSY_TIFF_COMPRESSIONS:
        return f"{mask.info['compression'].removeprefix('tiff_').upper()} inside TIFF"
    if mask.format == "WEBP" and _holds_lossy_webp(path.read_bytes()):
        return "this kind of WebP"
    if mask.format == "JPEG2000" and _is_irreversible(path.read_bytes()):
        return "this kind of JPEG 2000"
    return ""


def _holds_lossy_webp(content: bytes) -> bool:
    """Tell whether a chunk of the RIFF file is a lossy bitstream, `VP8 `; frames of an animation hold chunks too."""
    start, end = 12, len(content)
    while start + 8 <= end:
        name, size = content[start : start + 4], int.from_bytes(content[start + 4 : start + 8], "little")
        if name == b"VP8 ":
            return True
        start += 8 + (16 if name == b"ANMF" else size + size % 2)
    return False


def _is_irreversible(content: bytes) -> bool:
    position = content.find(JPEG_2000_CODING_STYLE)
    return position >= 0 and content[position + 13 : position + 14] == b"\0"
