"""Files inside the page as data URLs, so that it needs nothing beside it."""

from __future__ import annotations

import base64
import gzip
from typing import NamedTuple

LARGE = 50_000  # bytes from which on a download is compressed


class Download(NamedTuple):
    """A file that the page offers: its name, and a data URL that holds it."""

    name: str
    href: str


def build_download(name: str, kind: str, content: bytes) -> Download:
    """Return a file of MIME type `kind` as a download, compressed with gzip if it is large."""
    if len(content) > LARGE:
        name, kind, content = f"{name}.gz", "application/gzip", gzip.compress(content, mtime=0)
    return Download(name, f"data:{kind};base64,{base64.b64encode(content).decode()}")
