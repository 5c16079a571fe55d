"""A run's share of a device, with a stub in place of a graphics card: what it is told, and what it may hold."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.config.run_result import GpuUse
from experiments.run import devices
from experiments.run.devices import Cpu, Share
from experiments.run.execute import run
from experiments.run.slot import FIRST_RUN_MARGIN
from experiments.store import run_folder
from experiments.training.trainer import Interrupted
from tests.test_experiments.made import run_spec

MB = 2**20


class Stub(Cpu):
    """Computes on the processor and counts as a card would: 100 MB more each time that it is asked."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fences: list[int] = []
        self.peak = 0

    def prepare(self) -> None:
        self.calls.append("prepare")

    def fence(self, most: int) -> None:
        self.calls.append("fence")
        self.fences.append(most)

    def peak_bytes(self) -> int | None:
        self.calls.append("peak")
        self.peak += 100 * MB
        return self.peak

    def identity(self) -> dict[str, Any]:
        return {"device": "stub", "card": "Stub 1"}

    def reading(self, seconds: float) -> GpuUse:
        return GpuUse(card="Stub 1", peak_bytes=self.peak, seconds=seconds)


def trained(folder: Path, cache: Path, share: Share, **recipe: Any) -> dict[str, Any]:
    return run(
        run_spec(**recipe), folder, cache=cache, report=lambda epoch, metrics: None, share=share
    ).content()


@pytest.mark.usefixtures("deterministic")
def test_a_run_tells_its_memory_after_the_first_step_and_the_first_epoch(tmp_path: Path, cache: Path) -> None:
    stub, told = Stub(), list[tuple[int, bool]]()
    share = Share(stub, memory=400 * MB, shared=True, told=lambda *said: told.append(said))
    result = trained(tmp_path, cache, share, epochs=3)
    assert told == [(100 * MB, False), (200 * MB, True)]
    assert stub.fences == [400 * MB]
    assert stub.calls[:2] == ["prepare", "fence"]
    assert result["gpu"] == {"card": "Stub 1", "peak_bytes": 200 * MB, "seconds": result["seconds"]}


@pytest.mark.usefixtures("deterministic")
def test_a_first_run_is_fenced_once_it_is_known_what_it_holds(tmp_path: Path, cache: Path) -> None:
    stub = Stub()
    trained(tmp_path, cache, Share(stub, shared=True))
    assert stub.fences == [int(FIRST_RUN_MARGIN * 200 * MB)]


@pytest.mark.usefixtures("deterministic")
def test_a_run_that_was_stopped_on_another_device_starts_anew(tmp_path: Path, cache: Path) -> None:
    here = trained(tmp_path / "a", cache, Share(Cpu()))
    with pytest.raises(Interrupted):
        run(
            run_spec(),
            tmp_path / "b",
            cache=cache,
            report=lambda epoch, metrics: None,
            share=Share(Stub()),
            interrupted=lambda: True,
        )
    there = trained(tmp_path / "b", cache, Share(Cpu()))
    manifest = json.loads((tmp_path / "b" / run_folder.manifest_name(1)).read_text())
    assert manifest["resumed_from"] is None
    assert there["final_weights"] == here["final_weights"]


@pytest.mark.usefixtures("deterministic")
def test_a_run_that_has_its_card_alone_is_never_fenced(tmp_path: Path, cache: Path) -> None:
    stub = Stub()
    trained(tmp_path, cache, Share(stub))
    assert stub.fences == []


@pytest.mark.usefixtures("deterministic")
def test_the_device_is_part_of_the_numeric_identity(tmp_path: Path, cache: Path) -> None:
    here, there = trained(tmp_path / "a", cache, Share(Cpu())), trained(tmp_path / "b", cache, Share(Stub()))
    assert (here["identity"]["device"], there["identity"]["device"]) == ("cpu", "stub")
    assert here["identity_key"] != there["identity_key"]
    assert here["final_weights"] == there["final_weights"]
    assert "gpu" not in here
    manifest = (tmp_path / "b" / run_folder.manifest_name(1)).read_text()
    assert '"card":' in manifest


def test_the_processor_counts_no_memory_of_its_own() -> None:
    told = list[tuple[int, bool]]()
    share = Share(Cpu(), memory=1, shared=True, told=lambda *said: told.append(said))
    share.begin()
    share.after_step()
    share.after_epoch()
    assert told == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a graphics card")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_card_that_is_not_there_is_refused_with_the_way_out(name: str) -> None:
    for ask in (devices.cards, devices.device):
        with pytest.raises(
            ValueError, match=f"--device {name}: torch sees no graphics card here; --device cpu"
        ):
            ask(name)


def test_the_processor_is_no_card() -> None:
    assert devices.cards("cpu") == []
    assert devices.device("cpu").name == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card on this machine")
@pytest.mark.usefixtures("deterministic")
def test_on_a_card_the_same_seed_gives_the_same_bits(tmp_path: Path, cache: Path) -> None:
    one, other = (trained(tmp_path / name, cache, Share(devices.device("cuda:0"))) for name in "ab")
    assert one["final_weights"] == other["final_weights"]
    assert one["gpu"]["peak_bytes"] > 0
