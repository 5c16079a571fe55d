"""Why a file cannot be read as weights, told from its first bytes; nothing in it is executed."""

import pickletools
import re
import zipfile
from pathlib import Path
from typing import BinaryIO

import torch

_ZIP = b"PK\x03\x04"
_LEGACY = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
"""The number near the start of torch.save's files before they were zip archives."""
_POINTER = b"version https://git-lfs"
_CUT_OFF = "it is cut off or damaged; copy it again"
_FOREIGN = "it is no file of torch.save"
_LENGTH = 8  # bytes at the start of safetensors that give the length of its header


def describe_fault(path: Path, error: Exception) -> str:
    """Say in one line what a file is that could not be read, and what would be right.

    error: what the reader raised. The classes that the file would have to be unpickled for are named.
    """
    try:
        with path.open("rb") as file:
            return _describe(file, path, error)
    except OSError as refused:
        return refused.strerror or type(refused).__name__


def _describe(file: BinaryIO, path: Path, error: Exception) -> str:
    head = file.read(40)
    if not head:
        return "it is empty"
    if head.startswith(_POINTER):
        return "it is a pointer of Git LFS; fetch the file with `git lfs pull`"
    is_torchs = head.startswith(_ZIP) or _LEGACY in head
    if path.suffix == ".safetensors":
        return _describe_safetensors(head, is_torchs)
    if _is_safetensors(head):
        return "it is a safetensors file; name it .safetensors"
    return _describe_torchs(path, head, error) if is_torchs else _describe_foreign(file)


def _is_safetensors(head: bytes) -> bool:
    return head[_LENGTH : _LENGTH + 1] == b"{" and int.from_bytes(head[:_LENGTH], "little") < 2**32


def _describe_safetensors(head: bytes, is_torchs: bool) -> str:
    """Describe a file named .safetensors that could not be read as such."""
    if is_torchs:
        return "it is a file of torch.save; name it .pth"
    return _CUT_OFF if _is_safetensors(head) else "it is no safetensors file"


def _describe_torchs(path: Path, head: bytes, error: Exception) -> str:
    """Describe a file of torch.save, or a zip archive."""
    if head.startswith(_ZIP):
        try:
            with zipfile.ZipFile(path) as archive:
                inside = {name.rpartition("/")[2] for name in archive.namelist()}
        except Exception:  # of many classes, by where the damage is
            return _CUT_OFF
        if "constants.pkl" in inside:
            return "it is a TorchScript program; load it with torch.jit.load and save its state_dict()"
        if "data.pkl" not in inside:
            return _FOREIGN
    return _describe_refused(path, str(error)) if "weights_only" in str(error) else _CUT_OFF


def _describe_refused(path: Path, text: str) -> str:
    """Describe a file that torch does not read as weights only, by the classes that it would need."""
    unread = re.search(r"Unsupported operand \d+", text)
    if unread:
        return (
            f"it is written in a form that is not read ({unread[0]}); save it with torch.save's own protocol"
        )
    try:
        blocked = sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # it does not read torch's legacy form, where the error names the first class
        blocked = re.findall(r"GLOBAL (\S+) was not an allowed", text)
    named = f", {', '.join(blocked[:3])}" if blocked else ""
    return f"it contains more than weights{named}, so it is not unpickled; save its tensors alone"


def _describe_foreign(file: BinaryIO) -> str:
    """Describe a file that neither torch nor safetensors wrote."""
    file.seek(0)
    try:
        for _ in pickletools.genops(file):  # reads the commands of a pickle without following them
            pass
    except (ValueError, OverflowError, MemoryError):
        file.seek(0)
        begins_as_pickle = file.read(2) in {bytes((0x80, protocol)) for protocol in range(2, 6)}
        return _CUT_OFF if begins_as_pickle else _FOREIGN
    return (
        "it is a bare pickle; if you trust it, load it and save its tensors with torch.save or as safetensors"
    )
