"""Own modules in studies: planned, run in worker processes, recorded with their source, reproduced from it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from attention import CATALOG
from experiments.cli.main import main
from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.config.study_file import read_study
from experiments.planning.resolver import Resolver, run_spec
from experiments.reproducibility.code_hash import code_digest
from experiments.run.execute import run
from experiments.store import open_store
from tests.test_attention.test_custom_modules import MINE
from tests.test_experiments.made import setting

STUDY = """\
margin: 1.0
seeds: [0]
modules: my_gate.py
settings:
  digits:
    task: classification
    dataset: {name: cluttered_digits, options: {train: 64, validation: 32, test: 48}}
    backbone: {name: resnet10t, args: {channels: [8, 8, 16, 16], stem_width: 6}}
    recipe: {epochs: 1, batch_size: 16, learning_rate: 0.05}
arms:
  none: {}
  mine: {module: my_gate, options: {power: 2}}
"""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, cache: Path, deterministic: None) -> Iterator[None]:
    monkeypatch.setenv("ABLATION_CACHE", str(cache))
    monkeypatch.setenv("WANDB_MODE", "disabled")
    before = dict(CATALOG)
    yield
    assert before == CATALOG


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "my_gate.py").write_text(MINE, encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def call(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Exit code, and all that the command prints."""
    capfd.readouterr()
    code = main([str(word) for word in words])
    return code, "".join(capfd.readouterr())


@pytest.mark.slow
def test_a_study_with_an_own_module_runs_and_is_reproduced_bit_by_bit(
    study: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = study.parent / "runs"
    code, text = call(capfd, "run", study, "--store", store, "--workers", 1)
    assert code == 0, text
    (study.parent / "my_gate.py").unlink()  # the record has it
    records = open_store(store, readonly=True)
    specs = {row.arm: (row.key, row.spec) for row in records.plan_rows("mine")}
    records.close()
    assert specs["mine"][1]["source"] == MINE
    assert "source" not in specs["none"][1]
    code, text = call(capfd, "reproduce", specs["mine"][0], "--store", store)
    assert (code, "BIT-IDENTICAL" in text) == (0, True), text


def test_the_argument_for_the_channels_is_part_of_the_recorded_text(study: Path) -> None:
    text = STUDY.replace("my_gate.py", "{file: my_gate.py, channels_as: width}")
    study.write_text(text, encoding="utf-8")
    source = read_study(str(study)).modules[0].source
    assert source.startswith(MINE)
    assert source.removeprefix(MINE).strip() == "channels_as = 'width'  # from the study"


def test_the_files_of_a_study_are_found_beside_it_and_on_the_command_line(
    study: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "more.py"
    other.parent.mkdir()
    other.write_text(MINE.replace("MyGate", "Another"), encoding="utf-8")
    spec = read_study(str(study), modules=[str(other), str(tmp_path / "my_gate.py")])
    assert [file.path for file in spec.modules] == ["my_gate.py", str(other)]
    assert spec.modules[0].source == MINE


def test_the_source_of_a_module_is_in_the_key_of_its_own_arms_only(tmp_path: Path, cache: Path) -> None:
    from attention.custom_modules import register_modules

    keys = []
    for text in (MINE, MINE.replace("torch.tanh", "torch.sin")):
        with register_modules([("my_gate.py", text)]):
            arm = Resolver(cache).resolve_arm(ArmSpec(module="my_gate"), setting())
            keys.append(
                [run_spec(setting(), each, seed=0).key for each in (arm, ArmSpec(), ArmSpec(module="se"))]
            )
    assert keys[0][0] != keys[1][0]
    assert keys[0][1:] == keys[1][1:]


def test_the_digest_of_an_own_module_covers_what_it_imports_from_this_project() -> None:
    from attention.custom_modules import register_modules

    digests = set()
    for extra in ("", "from attention.layers.pooling import pool_channels\n"):
        with register_modules([("my_gate.py", extra + MINE)]):
            digests.add(code_digest("my_gate"))
    assert len(digests) == 2


def test_two_sources_of_one_name_run_one_after_the_other_in_one_process(tmp_path: Path, cache: Path) -> None:
    from attention.custom_modules import register_modules

    ended = []
    for text in (MINE, MINE.replace("torch.zeros", "torch.ones")):
        with register_modules([("my_gate.py", text)]):
            arm = Resolver(cache).resolve_arm(ArmSpec(module="my_gate"), setting(epochs=1))
            spec = run_spec(setting(epochs=1), arm, seed=0)
        again = RunSpec.model_validate_json(json.dumps(spec.model_dump(mode="json")))
        folder = tmp_path / spec.key
        folder.mkdir()
        ended.append(run(again, folder, cache=cache, report=lambda epoch, metrics: None).hashes)
    assert None not in ended
    assert ended[0] != ended[1]


GRID_GATE = """\
import torch
from torch import nn
class GridGate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels + 1, 1, 1)
        self.kept = None
    def forward(self, x):
        b, _, h, w = x.shape
        rows = torch.linspace(-1, 1, h).view(1, 1, h, 1).expand(b, 1, h, w)
        return x * torch.sigmoid(self.mix(torch.cat([x, rows], 1)))
"""


@pytest.mark.parametrize("counted", [True, False])
def test_counting_the_cost_of_a_module_ends_no_run(counted: bool, tmp_path: Path, cache: Path) -> None:
    from attention.custom_modules import register_modules

    text = GRID_GATE if counted else GRID_GATE.replace("self.kept = None", "self.kept = self.mix.weight * 2")
    place, macs = setting(epochs=1), {}
    with register_modules([("grid_gate.py", text)]):
        for name, arm in {"plain": ArmSpec(), "mine": ArmSpec(module="grid_gate", site="stage@1")}.items():
            resolved = Resolver(cache).resolve_arm(arm, place)
            folder = tmp_path / name
            folder.mkdir()
            result = run(
                run_spec(place, resolved, seed=0), folder, cache=cache, report=lambda epoch, metrics: None
            )
            assert result.state == "finished"
            macs[name] = result.macs
    if counted:  # a map of 8 channels and one of coordinates, at a quarter of 48 x 48 pixels, to one
        assert macs["plain"] is not None
        assert macs["mine"] == macs["plain"] + 9 * 12 * 12
    else:
        assert macs["mine"] is None
        assert any("multiply-adds cannot be counted and stay undefined" in text for text in result.warnings)


MISTAKES = {
    "no such file": (None, STUDY, "modules 'my_gate.py': cannot be read"),
    "a syntax error": (
        "class :",
        STUDY,
        "modules 'my_gate.py': SyntaxError: invalid syntax (my_gate.py, line 1)",
    ),
    "a class of the catalog's": (
        MINE.replace("MyGate", "Cbam"),
        STUDY,
        "class Cbam: the catalog already has a module 'cbam'",
    ),
    "a module that is not in the file": (
        MINE.replace("MyGate", "MyGait"),
        STUDY,
        "no attention module 'my_gate'; did you mean 'my_gait'?",
    ),
    "an option that it has not": (MINE, STUDY.replace("power", "pouwer"), "did you mean 'power'?"),
    "a module that ends the process": ("raise SystemExit(3)", STUDY, "modules 'my_gate.py': SystemExit: 3"),
    "a number for a file": (MINE, STUDY.replace("my_gate.py", "3"), "modules: a file, or a list of files"),
    "a key that it has not": (
        MINE,
        STUDY.replace("my_gate.py", "{file: my_gate.py, channel_as: x}"),
        "modules: my_gate.py: unknown key 'channel_as'; did you mean 'channels_as'?",
    ),
    "an argument that it has not": (
        MINE,
        STUDY.replace("my_gate.py", "[{file: my_gate.py, channels_as: {MyGate: chanels}}]"),
        "MyGate has no argument 'chanels'; did you mean 'channels'?",
    ),
    "a number for an argument": (
        MINE,
        STUDY.replace("my_gate.py", "{file: my_gate.py, channels_as: 3}"),
        "modules 'my_gate.py': channels_as: an argument's name, or {Class: name}",
    ),
    "an error in its constructor": (
        MINE.replace("self.power = power", "assert channels > 64"),
        STUDY,
        "arms.mine in digits: module my_gate: site layer1.0.bn2 (8 channels): AssertionError (my_gate.py, line 14)",
    ),
    "an error in its forward": (
        MINE.replace("mean = ", "mean = 1 // 0 + "),
        STUDY,
        "module my_gate: ZeroDivisionError: integer division or modulo by zero (my_gate.py, line 18)",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_an_own_module_is_one_line_before_anything_runs(
    what: str, study: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, written, message = MISTAKES[what]
    file = study.parent / "my_gate.py"
    file.unlink() if source is None else file.write_text(source, encoding="utf-8")
    study.write_text(written, encoding="utf-8")
    code, text = call(capfd, "plan", study, "--store", study.parent / "runs")
    assert (code, text.count("\n")) == (2, 1), text
    assert message in text
