"""What would end every run of an arm is told by the plan: module, file and line, or the recipe's key."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from attention.contracts.first_step import find_fault
from attention.custom_modules import register_modules
from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.models.blueprint import Blueprints
from experiments.models.build import Shape
from experiments.planning import rehearsal
from experiments.planning.rehearsal import Rehearsals
from tests.test_experiments.made import run_spec
from user_error import UserError

SHAPE = Shape(1, 32, 32, 3)
GATE = """\
import sys
import torch
from torch import nn
class Mine(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 1)
        self.kept = None
    def forward(self, x):
        return x * torch.sigmoid(self.mix(x))
"""
LAST = "        return x * torch.sigmoid(self.mix(x))\n"
FIRST = "        self.kept = None\n"

# What a user's module does in its forward or constructor -> what the line must say, at the line where it does it.
FORWARD = {
    "raises": ("raise KeyError('a')", "KeyError: 'a' (mine.py, line 10)"),
    "exits": ("sys.exit(0)", "SystemExit: 0 (mine.py, line 10)"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt (mine.py, line 10)"),
    "closes a generator": ("raise GeneratorExit", "GeneratorExit (mine.py, line 10)"),
    "stops an iteration": ("next(iter([]))", "StopIteration (mine.py, line 10)"),
    "two lines": ("raise ValueError('one\\ntwo')", "ValueError: one (mine.py, line 10)"),
    "a tuple": ("return x, x", "Mine returns tuple of 2 for a map of shape"),
    "nothing": ("pass", "Mine returns None for a map of shape"),
    "another shape": ("return x[:, :, :1]", "a plug must keep the shape (mine.py, line 9)"),
    "another dtype": ("return x.double()", "returns torch.float64 for a map of torch.float32"),
    "another device": ("return x.to('meta')", "returns a map on meta for one on cpu"),
    "an input changed": ("return x.mul_(2) + self.mix(x)", "changes its input in place (mine.py, line 9)"),
    "an input's data changed": ("x.data.add_(1); return self.mix(x)", "changes its input in place"),
    "no gradient": ("return self.mix(x).detach()", "passes no gradient on (mine.py, line 9)"),
    "the default dtype": (
        "torch.set_default_dtype(torch.float64); return self.mix(x)",
        "changes the default dtype of the whole program (mine.py, line 9)",
    ),
    "the grad mode": ("torch.set_grad_enabled(False); return self.mix(x)", "changes the grad mode"),
    "the seed": ("torch.manual_seed(0); return self.mix(x)", "changes the seed of the whole program"),
    "a parameter made": (
        "self.w = nn.Parameter(x.mean().detach()); return self.mix(x) * self.w",
        "makes or replaces w, which the optimizer and the checkpoints then lack (mine.py, line 9)",
    ),
    "a buffer made": (
        "self.register_buffer('b', x.mean().detach()); return self.mix(x)",
        "makes or replaces b",
    ),
    "its mode": ("self.eval(); return self.mix(x)", "changes its own training mode"),
    "a change in place": (
        "w = torch.sigmoid(self.mix(x)); y = x * w; w *= 0.5; return y",
        "modified by an inplace operation",
    ),
    "a graph kept": (
        "self.kept = self.mix(x) if self.kept is None else self.kept; return x * self.kept.mean()",
        "backward through the graph a second time",
    ),
    "tokens": ("b, n, c = x.shape", "needs a wrapper: x.flatten(2).transpose(1, 2), and back"),
    "no training": ("assert not self.training", "AssertionError (mine.py, line 10)"),
}
CONSTRUCTOR = {
    "an assertion": ("assert channels > 64, 'too few'", "AssertionError: too few (mine.py, line 8)"),
    "exits": ("sys.exit(3)", "SystemExit: 3 (mine.py, line 8)"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt (mine.py, line 8)"),
    "the default dtype": ("torch.set_default_dtype(torch.float64)", "changes the default dtype"),
    "the seed": ("torch.manual_seed(0)", "changes the seed of the whole program (mine.py, line 5)"),
    "a lazy layer": ("self.lazy = nn.LazyConv2d(1, 1)", "lazy is a LazyConv2d"),
}


@pytest.fixture(autouse=True)
def _settings_stay() -> Iterator[None]:
    def read() -> list[Any]:
        return [torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()]

    before, state = read(), torch.get_rng_state()
    yield
    assert read() == before
    assert torch.equal(torch.get_rng_state(), state)


def rehearse(run: RunSpec, shape: Shape = SHAPE) -> Rehearsals:
    rehearsals = Rehearsals(Blueprints(), torch.device("cpu"))
    rehearsals.rehearse(run, shape)
    return rehearsals


def refusal(source: str, **recipe: Any) -> str:
    with (
        register_modules([("mine.py", source)]),
        pytest.raises(UserError) as caught,
    ):
        rehearse(run_spec(arm=ArmSpec(module="mine", site="stage@1"), **recipe))
    return str(caught.value)


@pytest.mark.parametrize("what", FORWARD)
def test_what_a_forward_does_wrong_is_one_line_with_module_file_and_line(what: str) -> None:
    code, says = FORWARD[what]
    text = refusal(GATE.replace(LAST, f"        {code}\n"))
    assert says in text
    assert text.startswith("module mine")
    assert "(mine.py, line " in text
    assert "\n" not in text


@pytest.mark.parametrize("what", CONSTRUCTOR)
def test_what_a_constructor_does_wrong_is_one_line_with_site_file_and_line(what: str) -> None:
    code, says = CONSTRUCTOR[what]
    text = refusal(GATE.replace(FIRST, f"        {code}\n"))
    assert text.startswith("module mine: site layer1 (8 channels): ")
    assert says in text


@pytest.mark.parametrize("what", ["raises", "exits", "a tuple", "a change in place", "the seed"])
def test_the_check_command_gives_the_text_of_the_plan(what: str) -> None:
    source = GATE.replace(LAST, f"        {FORWARD[what][0]}\n")
    planned = refusal(source).removeprefix("module mine: ")
    with register_modules([("mine.py", source)]):
        from attention import find

        checked = find_fault(find("mine"))
    without_shapes = [text.split(" for a map of")[0].split(": [torch")[0] for text in (planned, checked)]
    assert without_shapes[0] == without_shapes[1]
    assert FORWARD[what][1][:20] in checked


def test_a_view_of_channels_last_maps_is_refused_in_that_format_only() -> None:
    source = GATE.replace(
        LAST,
        "        b, c, h, w = x.shape\n        return self.mix(x).view(b * 4, c // 4, h, w).view(b, c, h, w)\n",
    )
    text = refusal(source)
    assert "view size is not compatible" in text
    assert text.endswith("(mine.py, line 11); or set recipe.memory_format: contiguous")
    with register_modules([("mine.py", source)]):
        arm = ArmSpec(module="mine", site="stage@1")
        rehearse(run_spec(arm=arm, memory_format="contiguous"))


def test_what_fails_in_the_evaluation_of_one_image_says_so() -> None:
    source = GATE.replace(
        LAST,
        "        b, c = self.mix(x).mean((2, 3)).squeeze().shape\n        return x * self.mix(x)\n",
    )
    text = refusal(source)
    assert text.startswith("module mine (on one image, in evaluation): ValueError: not enough values")


def test_a_module_that_reads_values_and_makes_tensors_of_its_own_passes() -> None:
    source = GATE.replace(
        LAST, "        return x * torch.sigmoid(self.mix(x) + torch.ones(1)) * float(x.mean() > 0)\n"
    )
    with register_modules([("mine.py", source)]):
        arm = ArmSpec(module="mine", site="stage@1")
        for dtype in ("float32", "bfloat16"):
            assert not rehearse(run_spec(arm=arm, dtype=dtype, ema=0.9)).warnings


def test_a_module_whose_cost_cannot_be_counted_is_a_warning() -> None:
    source = GATE.replace(FIRST, "        self.kept = self.mix.weight * 2\n")
    with register_modules([("mine.py", source)]):
        warnings = rehearse(run_spec(arm=ArmSpec(module="mine", site="stage@1"))).warnings
    assert len(warnings) == 1
    assert "multiply-adds cannot be counted and stay undefined" in next(iter(warnings))


@pytest.mark.parametrize("optimizer", ["adahessian", "bnbadam", "fusedlamb"])
def test_an_optimizer_that_cannot_work_here_is_named_as_the_recipes(optimizer: str) -> None:
    with pytest.raises(UserError, match=rf"^recipe.optimizer: {optimizer} cannot train this network here"):
        rehearse(run_spec(optimizer=optimizer, momentum=None))


def test_the_hint_does_not_recommend_the_optimizer_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any, **more: Any) -> None:
        raise TypeError("no such kernel")

    monkeypatch.setattr(torch, "_fused_sgd_", fail)
    with pytest.raises(
        UserError, match=r"sgd cannot train this network here .*; take another, such as adamw$"
    ):
        rehearse(run_spec(optimizer="sgd"))


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lion", "adafactor"])
def test_an_optimizer_that_works_passes(task: Any, optimizer: str) -> None:
    momentum = 0.9 if optimizer == "sgd" else None
    run = run_spec(task, optimizer=optimizer, momentum=momentum, arm=ArmSpec(module="cbam", site="stage"))
    assert not rehearse(run, SHAPE._replace(height=64, width=64)).warnings


def test_each_distinct_network_is_trained_once_however_many_runs_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[RunSpec] = []
    step = rehearsal.train_step

    def counted(network: nn.Module, run: RunSpec, *rest: Any, **more: Any) -> str:
        trained.append(run)
        return step(network, run, *rest, **more)

    monkeypatch.setattr(rehearsal, "train_step", counted)
    rehearsals = Rehearsals(Blueprints(), torch.device("cpu"))
    arms = [ArmSpec(), ArmSpec(module="se"), ArmSpec(module="se", options={"reduction": 4})]
    for arm in arms:
        for seed in range(20):
            rehearsals.rehearse(
                run_spec(arm=arm, seed=seed, epochs=1 + seed, learning_rate=0.1 + seed), SHAPE
            )
    assert [run.arm for run in trained] == arms


FINITE = "Mine at layer4 returns NaN or infinite values for a finite map of shape (2, 16, 1, 1)"


def test_values_that_are_not_finite_name_module_site_and_size_of_the_map() -> None:
    spread = "d = (x - x.mean((2, 3), keepdim=True))**2; return self.mix(x) * (d / (x[0, 0].numel() - 1))"
    source = GATE.replace(LAST, f"        {spread}\n")
    with register_modules([("mine.py", source)]), pytest.raises(UserError) as caught:
        rehearse(run_spec(arm=ArmSpec(module="mine", site="stage")))
    assert str(caught.value) == f"module mine: {FINITE}; give it larger maps (mine.py, line 9)"
    with register_modules([("mine.py", source)]):
        arm = ArmSpec(module="mine", site="stage")
        assert not rehearse(run_spec(arm=arm), SHAPE._replace(height=64, width=64)).warnings


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("return self.mix(x) / (x * 0)", "layer1 returns NaN or infinite values for a finite map"),
        ("return self.mix(x) if self.training else x * float('inf')", "map of shape (1, 8, 8, 8)"),
        ("return x + self.mix(x) - self.mix(x - x.mean(0)) * (0 / 0. if len(x) < 2 else 1)", "ZeroDivision"),
    ],
)
def test_values_that_are_not_finite_are_found_in_training_and_in_evaluation(line: str, says: str) -> None:
    assert says in refusal(GATE.replace(LAST, f"        {line}\n"))


def test_a_weight_that_is_not_set_is_named() -> None:
    source = GATE.replace(FIRST, "        self.mix.weight = nn.Parameter(self.mix.weight / 0)\n")
    assert "Mine at layer1 has values that are not finite in mix.weight (mine.py, line 9)" in refusal(source)


def test_a_module_of_the_catalog_that_gives_infinite_values_is_refused_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from attention.channel.se import Se

    monkeypatch.setattr(Se, "forward", lambda self, x_BCHW: x_BCHW * math.inf)
    with pytest.raises(UserError, match=r"^Se at layer1\S* returns NaN or infinite values for a finite map"):
        rehearse(run_spec(arm=ArmSpec(module="se")))


def test_gradients_that_are_not_finite_are_a_warning() -> None:
    source = GATE.replace(
        LAST, "        return x * torch.sigmoid(self.mix(x) + (x * 0).mean((2, 3), keepdim=True).sqrt())\n"
    )
    with register_modules([("mine.py", source)]):
        warnings = rehearse(run_spec(arm=ArmSpec(module="mine", site="stage@1"))).warnings
    assert list(warnings) == [
        "mine in resnet10t: its gradients are not finite in the first step on noise: its runs may diverge"
    ]


@pytest.mark.parametrize("learning_rate", [0.05, 1e6])
def test_a_learning_rate_that_diverges_is_neither_an_error_nor_a_warning(learning_rate: float) -> None:
    source = GATE.replace(LAST, "        return x * torch.exp(self.mix(x))\n")
    with register_modules([("mine.py", source)]):
        run = run_spec(arm=ArmSpec(module="mine", site="stage"), learning_rate=learning_rate)
        assert not rehearse(run).warnings


@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous"])
def test_weights_of_five_dimensions_train_in_both_memory_formats(memory_format: Any) -> None:
    source = GATE.replace(
        FIRST,
        "        self.deep = nn.Conv3d(1, 1, 3, padding=1)\n"
        "        self.rel = nn.Parameter(torch.randn(1, 4, 2, 1, 8))\n",
    ).replace(
        LAST, "        return self.mix(x) * self.deep(x.unsqueeze(1)).squeeze(1) * self.rel.mean((1, 2))\n"
    )
    with register_modules([("mine.py", source)]):
        arm = ArmSpec(module="mine", site="stage@1")
        assert not rehearse(run_spec(arm=arm, memory_format=memory_format)).warnings


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_trains() -> None:
    source = GATE.replace("nn.Module", "torch.jit.ScriptModule").replace(FIRST, "")
    source = source.replace("    def forward", "    @torch.jit.script_method\n    def forward")
    with register_modules([("mine.py", source)]):
        rehearse(run_spec(arm=ArmSpec(module="mine", site="stage@1"), ema=0.9))


def test_a_network_too_large_to_train_beside_other_work_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MOST_PARAMETERS", 10)
    monkeypatch.setattr(rehearsal, "train_step", lambda *given, **more: pytest.fail("it was trained"))
    assert "was not rehearsed" in next(iter(rehearse(run_spec()).warnings))


def test_a_fault_of_a_module_of_the_catalog_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from attention.channel.se import Se

    namespace: dict[str, Any] = {}
    exec(compile("def forward(self, x):\n    raise KeyError(1)", str(rehearsal.__file__), "exec"), namespace)
    monkeypatch.setattr(Se, "forward", namespace["forward"])
    with pytest.raises(KeyError):
        rehearse(run_spec(arm=ArmSpec(module="se")))
