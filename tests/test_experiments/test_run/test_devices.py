"""A run's share of a device, with a stub for a GPU: its reports of peak memory, and its limits."""

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
        self.limits: list[int] = []
        self.peak = 0

    def prepare(self) -> None:
        self.calls.append("prepare")

    def limit_memory(self, most: int) -> None:
        self.calls.append("limit_memory")
        self.limits.append(most)

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
def test_a_run_reports_its_peak_memory_after_the_first_step_and_the_first_epoch(
    tmp_path: Path, cache: Path
) -> None:
    stub, peaks = Stub(), list[tuple[int, bool]]()
    share = Share(stub, memory=400 * MB, shared=True, on_peak=lambda *peak: peaks.append(peak))
    result = trained(tmp_path, cache, share, epochs=3)
    assert peaks == [(100 * MB, False), (200 * MB, True)]
    assert stub.limits == [400 * MB]
    assert stub.calls[:2] == ["prepare", "limit_memory"]
    assert result["gpu"] == {"card": "Stub 1", "peak_bytes": 200 * MB, "seconds": result["seconds"]}


@pytest.mark.usefixtures("deterministic")
def test_the_memory_of_a_first_run_is_limited_once_its_peak_is_known(tmp_path: Path, cache: Path) -> None:
    stub = Stub()
    trained(tmp_path, cache, Share(stub, shared=True))
    assert stub.limits == [int(FIRST_RUN_MARGIN * 200 * MB)]


@pytest.mark.usefixtures("deterministic")
def test_a_run_that_was_stopped_on_another_device_starts_again(tmp_path: Path, cache: Path) -> None:
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
def test_a_run_that_has_its_gpu_alone_has_no_memory_limit(tmp_path: Path, cache: Path) -> None:
    stub = Stub()
    trained(tmp_path, cache, Share(stub))
    assert stub.limits == []


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
    peaks = list[tuple[int, bool]]()
    share = Share(Cpu(), memory=1, shared=True, on_peak=lambda *peak: peaks.append(peak))
    share.begin()
    share.after_step()
    share.after_epoch()
    assert peaks == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a graphics card")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_gpu_that_is_missing_is_an_error_that_names_the_alternative(name: str) -> None:
    for ask in (devices.find_cards, devices.find_device):
        with pytest.raises(
            ValueError, match=f"--device {name}: torch sees no graphics card here; --device cpu"
        ):
            ask(name)


def test_the_processor_is_no_card() -> None:
    assert devices.find_cards("cpu") == []
    assert devices.find_device("cpu").name == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card on this machine")
@pytest.mark.usefixtures("deterministic")
def test_on_a_card_the_same_seed_gives_the_same_bits(tmp_path: Path, cache: Path) -> None:
    one, other = (trained(tmp_path / name, cache, Share(devices.find_device("cuda:0"))) for name in "ab")
    assert one["final_weights"] == other["final_weights"]
    assert one["gpu"]["peak_bytes"] > 0
