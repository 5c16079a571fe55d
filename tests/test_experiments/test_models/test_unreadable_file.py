"""A file that cannot be read as weights is told by its first bytes: what it is, and what would be right."""

import pickle
import random
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor, nn

from experiments.models.checkpoint_file import read_weights
from user_error import UserError

WEIGHTS = {"layer.weight": torch.arange(600.0).reshape(20, 30), "layer.bias": torch.ones(20)}


def torch_bytes(folder: Path, **form: Any) -> bytes:
    """The file that torch.save makes of the weights."""
    torch.save(WEIGHTS, folder / "whole.pth", **form)
    return (folder / "whole.pth").read_bytes()


def said(path: Path, content: bytes) -> str:
    """The one line that refuses this content under this name."""
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_weights(path)
    text = str(error.value)
    start = f"backbone.pretrained: {path} cannot be read as weights: "
    assert text.startswith(start)
    assert "\n" not in text
    assert len(text) < len(start) + 240
    return text.removeprefix(start)


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors", "model.pth.tar"])
def test_an_empty_file_is_said_to_be_empty(name: str, tmp_path: Path) -> None:
    assert said(tmp_path / name, b"") == "it is empty"


@pytest.mark.parametrize("name", ["model.pth", "pytorch_model.bin", "model.pth.tar"])
def test_safetensors_under_another_name_are_named(name: str, tmp_path: Path) -> None:
    assert said(tmp_path / name, save(WEIGHTS)) == "it is a safetensors file; name it .safetensors"


def test_a_file_of_torch_that_is_named_safetensors_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert said(path, torch_bytes(tmp_path)) == "it is a file of torch.save; name it .pth"
    legacy = torch_bytes(tmp_path, _use_new_zipfile_serialization=False)
    assert said(path, legacy) == "it is a file of torch.save; name it .pth"


@pytest.mark.parametrize(
    "content", [b"hello", b"<html>404</html>", b"\x1f\x8b\x08\x00abc", b"version https://git"]
)
def test_what_torch_never_wrote_is_said_so(content: bytes, tmp_path: Path) -> None:
    assert said(tmp_path / "model.pth", content) == "it is no file of torch.save"
    assert said(tmp_path / "model.safetensors", content) == "it is no safetensors file"


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.99])
def test_a_file_of_torch_that_ends_too_early_is_said_to_be_cut_off(
    zipped: bool, share: float, tmp_path: Path
) -> None:
    whole = torch_bytes(tmp_path, _use_new_zipfile_serialization=zipped)
    says = said(tmp_path / "model.pth", whole[: int(len(whole) * share)])
    assert says == "it is cut off or damaged; copy it again"


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_safetensors_that_end_too_early_are_said_to_be_cut_off(share: float, tmp_path: Path) -> None:
    whole = save(WEIGHTS)
    says = said(tmp_path / "model.safetensors", whole[: int(len(whole) * share)])
    assert says == "it is cut off or damaged; copy it again"


@pytest.mark.parametrize("protocol", range(6))
def test_a_bare_pickle_of_tensors_is_told_how_to_be_saved(protocol: int, tmp_path: Path) -> None:
    content = pickle.dumps(WEIGHTS, protocol=protocol)
    says = said(tmp_path / "model.pth", content)
    advice = "if you trust it, load it and save its tensors with torch.save or as safetensors"
    assert says == f"it is a bare pickle; {advice}"


def test_a_newer_form_of_pickle_within_a_file_of_torch_is_named(tmp_path: Path) -> None:
    says = said(tmp_path / "model.pth", torch_bytes(tmp_path, pickle_protocol=4))
    fault = "it is written in a form that is not read (Unsupported operand 149)"
    assert says == f"{fault}; save it with torch.save's own protocol"


def test_a_program_of_torch_is_told_to_give_its_state(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):  # torch deprecates what it still reads
        program: Any = torch.jit.script(nn.Linear(2, 3))
        program.save(str(tmp_path / "program.pt"))
    says = said(tmp_path / "model.pth", (tmp_path / "program.pt").read_bytes())
    assert says == "it is a TorchScript program; load it with torch.jit.load and save its state_dict()"


def test_an_archive_that_is_no_file_of_torch_is_said_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert (
        said(tmp_path / "model.pth", (tmp_path / "notes.zip").read_bytes()) == "it is no file of torch.save"
    )


def test_a_pointer_of_git_lfs_is_said_to_be_one(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    says = "it is a pointer of Git LFS; fetch the file with `git lfs pull`"
    assert said(tmp_path / "model.pth", pointer) == said(tmp_path / "model.safetensors", pointer) == says


def test_a_class_in_torchs_older_form_is_named_as_well(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 3), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    says = said(tmp_path / "model.pth", (tmp_path / "old.pth").read_bytes())
    assert says.startswith(
        "it contains more than weights, torch.nn.modules.linear.Linear, so it is not unpickled"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is a folder; give `true` or a \.safetensors or \.pth file"):
        read_weights(tmp_path)


@pytest.mark.parametrize("form", ["zip", "legacy", "pickle", "safetensors"])
def test_damage_anywhere_is_one_line(form: str, tmp_path: Path) -> None:
    """Bytes at random places are overwritten; what is still read has the right names or fewer."""
    made = {
        "zip": torch_bytes(tmp_path),
        "legacy": torch_bytes(tmp_path, _use_new_zipfile_serialization=False),
        "pickle": pickle.dumps(WEIGHTS),
        "safetensors": save(WEIGHTS),
    }[form]
    path = tmp_path / ("model.safetensors" if form == "safetensors" else "model.pth")
    dice = random.Random(0)
    lines: list[str] = []
    for _ in range(150):
        damaged = bytearray(made)
        for _ in range(dice.choice([1, 4, 30])):
            damaged[dice.randrange(min(len(made), dice.choice([30, 600, len(made)])))] = dice.randrange(256)
        path.write_bytes(bytes(damaged))
        try:
            read_weights(path)
        except UserError as error:
            lines.append(str(error))
    assert len(lines) > 30
    assert [line for line in lines if "\n" in line or len(line) > 400] == []


def test_whole_files_of_each_form_are_read(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "model.safetensors")
    torch_bytes(tmp_path)
    torch.save(WEIGHTS, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    for name in ("model.safetensors", "whole.pth", "legacy.pth"):
        found: dict[str, Tensor] = read_weights(tmp_path / name).state
        assert found.keys() == WEIGHTS.keys()
        assert all(torch.equal(found[key], WEIGHTS[key]) for key in found)
