"""The checks for a machine with a graphics card: their arithmetic, and a rehearsal of the cheap parts on the CPU."""

import copy
import re
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from attention.catalog import CATALOG
from attention.contracts.example_inputs import images
from tests.benchmarks.gpu import bare_loop, commands, machine, modules, throughput
from tests.benchmarks.gpu.__main__ import Part, main, run_all, split_faults
from tests.benchmarks.gpu.modules import Comparison, Passes, distance, equal_bits, faults
from tests.benchmarks.gpu.report import FAULT, Report, Setup, one_line
from tests.benchmarks.gpu.speed import CASES, FULL, network_of
from tests.benchmarks.gpu.utilization import watch


def values(*numbers: float) -> Tensor:
    return torch.tensor(numbers)


def test_a_distance_is_relative_to_the_largest_value_and_for_parameters_to_the_largest_gradient() -> None:
    cpu = Passes(values(1, -4), [values(2)], [values(0.001), values(10)])
    card = Passes(values(1, -4.4), [values(2.02)], [values(0.002), values(10.5)])
    assert distance(card, cpu) == pytest.approx(0.1)  # the output's 0.4 of 4
    assert distance(card._replace(output=cpu.output), cpu) == pytest.approx(0.05)  # 0.5 of the gradients' 10


def test_a_value_that_is_no_number_is_never_near() -> None:
    cpu = Passes(values(1.0), [], [])
    error = distance(cpu._replace(output=values(float("nan"))), cpu)
    assert list(
        faults(CATALOG["se"], [Comparison({}, equal=True, equal_in_bfloat16=True, card=error, cpu=0.0)])
    )


def test_a_card_is_at_fault_only_beyond_four_times_the_cpus_own_error() -> None:
    good = Comparison({"pool": 1}, equal=True, equal_in_bfloat16=True, card=4e-3, cpu=1e-3)
    assert list(faults(CATALOG["se"], [good])) == []
    far = good._replace(card=4.1e-3)
    assert list(faults(CATALOG["se"], [good, far, far._replace(options={}, card=5e-3)])) == [
        "se (pool=1; defaults): the card's error exceeds 4 times the CPU's plus 1e-06"
        " (largest: 5.0e-03, the CPU's 1.0e-03)"
    ]
    assert list(faults(CATALOG["top_k"], [far])) == []  # rounding can cross its threshold
    assert list(faults(CATALOG["se"], [far._replace(card=1e-6, cpu=0.0)])) == []  # the slack


def test_the_same_fault_at_many_options_is_one_line() -> None:
    broken = [Comparison({"pool": value}, message="RuntimeError: no kernel") for value in range(15)]
    assert list(faults(CATALOG["se"], broken)) == [
        "se (15 options): raises on the card: RuntimeError: no kernel"
    ]


def test_float64_on_the_cpu_is_the_reference() -> None:
    module = nn.Linear(3, 3)  # its float32 error is that of one product
    x = images(2, 4, (5, 3))
    single = modules.one_pass(module, [x], "cpu")
    double = modules.one_pass(copy.deepcopy(module).double(), [x.double()], "cpu")
    assert double.output.dtype == torch.float64
    assert 0 < distance(single, double) < 1e-6


def test_equal_bits_tell_the_two_zeros_apart() -> None:
    zero = Passes(values(0.0), [], [])
    assert equal_bits(zero, Passes(values(0.0), [], []))
    assert not equal_bits(zero, Passes(values(-0.0), [], []))


def test_a_module_that_raises_is_listed_with_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise RuntimeError("no deterministic implementation")

    monkeypatch.setattr(modules, "compare", refuse)
    entry = CATALOG["parameter_free"]
    found = list(modules.compare_variants(entry, "cpu", tiny=True))
    assert [one.message for one in found] == ["RuntimeError: no deterministic implementation"]
    assert list(faults(entry, found)) == [
        "parameter_free (defaults): raises on the card: RuntimeError: no deterministic implementation"
    ]


def test_on_one_device_a_module_has_one_error_which_is_that_of_float32() -> None:
    for found in modules.compare_variants(CATALOG["se"], "cpu", tiny=True):
        assert (found.equal, found.equal_in_bfloat16, found.message) == (True, True, "")
        assert 0 < found.card == found.cpu == found.card_with_tf32 < 1e-5


def test_the_bare_loop_shifts_and_flips_as_slices_do() -> None:
    images = torch.arange(2 * 3 * 5 * 5, dtype=torch.uint8).view(2, 3, 5, 5)
    torch.manual_seed(0)
    found = bare_loop.augmented(images, shift=1) * bare_loop.STD + bare_loop.MEAN
    padded = nn.functional.pad(images.float(), (1,) * 4, mode="reflect") / 255
    windows = [padded[..., down : down + 5, right : right + 5] for down in range(3) for right in range(3)]
    candidates = [window.flip(-1) if mirrored else window for window in windows for mirrored in (False, True)]
    for number in range(2):
        assert any(torch.allclose(found[number], one[number], atol=1e-6) for one in candidates)


def test_the_small_stem_keeps_the_size_of_the_image() -> None:
    small, whole = (network_of(CASES[0]._replace(small_stem=stem), FULL) for stem in (True, False))
    x = torch.zeros(1, 3, 32, 32)
    assert small.get_submodule("maxpool")(small.get_submodule("conv1")(x)).shape == (1, 64, 32, 32)
    assert whole.get_submodule("maxpool")(whole.get_submodule("conv1")(x)).shape == (1, 64, 8, 8)


def test_a_package_of_another_version_than_the_locks_is_told_apart_from_another_build() -> None:
    locked = {"torch": ["2.13.0"], "numpy": ["2.4.6", "2.5.5"]}
    found = {"torch": "2.13.0+cu130", "numpy": "2.4.5", "wandb": None}
    assert [machine.differs(name, locked, found) for name in found] == [False, True, False]


def test_the_commit_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABLATION_COMMIT", "abc123")
    assert machine.commit() == "abc123 (ABLATION_COMMIT)"
    monkeypatch.delenv("ABLATION_COMMIT")
    answers = {"rev-parse": "def456", "status": " M README.md"}
    monkeypatch.setattr(machine, "answer", lambda *command: answers[command[1]])
    assert machine.commit() == "def456 (git, with uncommitted changes)"
    answers["status"] = ""
    assert machine.commit() == "def456 (git)"


def test_runs_an_hour_are_counted_from_the_first_start() -> None:
    starts = [throughput.timestamp(f"2026-01-01T00:00:{second}+00:00") for second in (30, 32, 40)]
    schedule = throughput.Schedule(starts[0] - 20, starts[0] + 30, starts, durations=[2.0, 4.0, 9.0])
    assert dict(throughput.rows(schedule)) == {
        "runs an hour, all included": "216",  # 3 in 50 s
        "seconds before the first run started (imports and planning)": "20",
        "runs an hour after that": "360",  # 3 in 30 s
        "median seconds of a run": "4.0",
        "runs at once after that, on average": "0.5",  # 15 s of 30
        "seconds from one start to the next, mean and largest": "5.0, 8",
    }


def test_the_cards_busy_share_is_the_mean_of_what_the_driver_prints() -> None:
    with watch(["sh", "-c", "echo 10; echo 35; echo '[N/A]'; exec sleep 60"]) as utilization:
        time.sleep(0.5)
    assert utilization.text == "22 %"
    with watch(["a-driver-that-is-not-there"]) as utilization:
        pass
    assert utilization.text == "not measured"


def test_every_needed_package_is_in_the_lock_file() -> None:
    assert set(machine.NEEDED) <= set(machine.locked_versions())


def test_a_terminals_escape_sequences_are_left_out() -> None:
    assert commands.plain("\x1b[2K\x1b[1;32mdone\x1b[0m\rnext") == "done\nnext"


def test_a_cell_of_a_table_is_one_line_and_has_no_bar() -> None:
    assert one_line("a\n| b") == "a \\| b"
    assert len(one_line("x" * 1000)) == 300


def test_faults_are_listed_below_the_tables_and_decide_the_exit_code(tmp_path: Path) -> None:
    report = Report(tmp_path / "part.md", show=lambda line: None)
    report.header("name", " value")
    report.row("a", 1)
    assert report.close() == 0
    report.fault("too far")
    assert report.close() == 1
    lines = [line for line in (tmp_path / "part.md").read_text().splitlines() if line]
    assert lines == ["| name | value |", "|---|--:|", "| a | 1 |", f"{FAULT}too far"]


def test_a_parts_faults_are_listed_at_the_top_only() -> None:
    text, listed = split_faults(f"| a |\n\n{FAULT}one\n{FAULT}two")
    assert listed == ["one", "two"]
    assert text.splitlines() == ["| a |", "", "", "Faults of this part, listed at the top: 2."]


def test_a_part_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    parts = [Part("nothing", "Not there", 20), Part("machine", "The machine", 60)]
    assert run_all(parts, Setup("cpu", tiny=True), tmp_path / "gpu.md", seconds=100) == 1
    text = (tmp_path / "gpu.md").read_text()
    assert "- nothing: ended with exit code 2" in text
    assert f"| torch | {torch.__version__} |" in text


def test_a_part_for_which_no_time_is_left_is_listed(tmp_path: Path) -> None:
    parts = [Part("machine", "The machine", 60)]
    assert run_all(parts, Setup("cpu", tiny=True), tmp_path / "gpu.md", seconds=5) == 1
    assert "- machine: not made: no time was left" in (tmp_path / "gpu.md").read_text()


def test_the_rehearsal_of_the_cheap_parts_finds_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUT_FILE", str(tmp_path / "gpu.md"))
    assert main(["--cpu", "--only", "machine", "modules", "runs"]) == 0
    text = (tmp_path / "gpu.md").read_text()
    assert "Faults:\n\n- none" in text
    assert re.search(r"\| `se` \| 14 \| yes \| yes \| (\S+) \| \1 \| \S+ \|  \|", text)
    assert "| segmentation, bfloat16 | yes | yes | iou |" in text
