"""The record of machine and versions explains a number, and contains nothing about people."""

import getpass
import hashlib
import importlib.metadata
import json
import socket
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest

from experiments.reproducibility import provenance
from tests.sources import ROOT
from tests.test_experiments.made import run_spec

CPU = {"device": "cpu"}
NAMED = ("-c", "user.name=a", "-c", "user.email=a@b")
"""Options of git that give a commit an author."""


def test_versions_commit_and_lock_are_recorded() -> None:
    found: dict[str, Any] = provenance.provenance()
    assert found["versions"]["torch"] == importlib.metadata.version("torch")
    assert found["lock"] == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    if found["commit"] is not None:
        known = subprocess.run(
            ["git", "cat-file", "-t", found["commit"]], cwd=ROOT, capture_output=True, text=True
        )
        assert known.stdout.strip() == "commit"


def test_neither_host_nor_person_nor_path_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "a-planted-secret")
    recorded = json.dumps([provenance.provenance(), provenance.numeric_identity(run_spec(), CPU)])
    assert "a-planted-secret" not in recorded
    assert str(Path.home()) not in recorded
    assert str(ROOT) not in recorded
    assert f'"{getpass.getuser()}"' not in recorded
    assert f'"{socket.gethostname()}"' not in recorded


def test_the_numeric_identity_names_what_moves_bits() -> None:
    identity = provenance.numeric_identity(run_spec(), CPU)
    assert identity["threads"] == 1
    assert (identity["dtype"], identity["memory_format"]) == ("float32", "channels_last")
    other = provenance.numeric_identity(run_spec(dtype="bfloat16", memory_format="contiguous"), CPU)
    assert {name for name in identity if identity[name] != other[name]} == {"dtype", "memory_format"}


def test_a_variable_that_moves_bits_is_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = provenance.numeric_identity(run_spec(), CPU)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert provenance.numeric_identity(run_spec(), CPU) == before | {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance._git("rev-parse", "HEAD") is None
    monkeypatch.undo()
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance._git("rev-parse", "HEAD") is None


class Damaged:
    """A distribution whose metadata have neither a name nor a version."""

    metadata: ClassVar[dict[str, None]] = {"Name": None}
    version = None


def test_a_distribution_with_damaged_metadata_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = provenance.distributions.__wrapped__()
    found = [Damaged(), *importlib.metadata.distributions()]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    assert provenance.distributions.__wrapped__() == whole != {}


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("torch", "no-such-package"))
    assert provenance.provenance.__wrapped__()["versions"] == {"torch": importlib.metadata.version("torch")}


def test_a_user_without_a_home_folder_has_none_to_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert provenance.without_home("/home/someone") == "/home/someone"


def test_changes_in_another_encoding_are_a_patch_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setattr(provenance, "TRACKED_PATHS", ("a.txt",))
    (tmp_path / "a.txt").write_text("one\n")
    for words in (["init", "-q"], ["add", "."], [*NAMED, "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "a.txt").write_bytes("d\xe9j\xe0 vu\n".encode("latin-1"))
    assert "+d\\xe9j\\xe0 vu" in provenance.uncommitted_changes.__wrapped__()
