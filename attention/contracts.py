"""What every module of the catalogue promises, as functions that hold a module to it.

A contract that does not hold raises BrokenError with one sentence.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException
from torch.autograd.gradcheck import GradcheckError
from torch.utils.flop_counter import FlopCounterMode

from .catalog import Entry, canonical_of, identity_of
from .options import Scalar, read
from .specimens import GRIDS, WIDTH, fresh, images, inputs, randomised, seeded, values_of, variants


class BrokenError(Exception):
    """A contract that does not hold; the text says how."""


def _expect(holds: bool, text: str) -> None:
    if not holds:
        raise BrokenError(text)


def shape(entry: Entry) -> None:
    """Shape, dtype and memory format come out as they went in, at odd and 1x1 maps, at any option."""
    for options in variants(entry):
        module = randomised(fresh(entry, options)).eval()
        for grid in GRIDS:
            x = images(2, WIDTH, grid)
            for form in (torch.contiguous_format, torch.channels_last):
                given = x.contiguous(memory_format=form)
                y = module(*inputs(entry, given))
                at = f"{options or 'defaults'} at {grid}"
                _expect(y.shape == x.shape, f"{at}: {tuple(y.shape)} came out")
                _expect(y.dtype == x.dtype, f"{at}: {y.dtype} came out")
                _expect(y.is_contiguous(memory_format=form), f"{at}: the memory format was not {form}")
                _expect(bool(y.isfinite().all()), f"{at}: not finite")


def input_kept(entry: Entry) -> None:
    """The input is as it was after forward and backward."""
    for training in (False, True):
        module = randomised(fresh(entry)).train(training)
        x = images(2, WIDTH, (7, 9))
        given = tuple(t.clone().requires_grad_() * 1 for t in inputs(entry, x))
        module(*given).square().sum().backward()
        _expect(torch.equal(given[0].detach(), x), f"the input changed (training={training})")


def narrow(entry: Entry) -> None:
    """Maps narrower than any reduction work."""
    for channels in (8, 4, 2):
        for options in variants(entry):
            x = images(2, channels, (5, 6))
            y = fresh(entry, options, channels=channels)(*inputs(entry, x))
            at = f"{channels} channels, {options or 'defaults'}"
            _expect(y.shape == x.shape, f"{at}: {tuple(y.shape)} came out")


def batch_one(entry: Entry) -> None:
    """A batch of one works in evaluation, at 1x1 too."""
    module = randomised(fresh(entry)).eval()
    for grid in ((7, 9), (1, 1)):
        y = module(*inputs(entry, images(1, WIDTH, grid)))
        _expect(bool(y.isfinite().all()), f"at {grid}: not finite")


def batch_one_training(entry: Entry) -> None:
    """A batch of one works in training, at 1x1 too."""
    for grid in ((7, 9), (1, 1)):
        y = randomised(fresh(entry)).train()(*inputs(entry, images(1, WIDTH, grid)))
        _expect(bool(y.isfinite().all()), f"at {grid}: not finite")


def independence(entry: Entry) -> None:
    """In evaluation a sample's output does not depend on the rest of the batch."""
    for options in variants(entry):
        module = randomised(fresh(entry, options).double()).eval()
        given = inputs(entry, images(4, WIDTH, (7, 9), dtype=torch.float64))
        same = _close(module(*given)[1:2], module(*(t[1:2] for t in given)))
        _expect(same, f"{options or 'defaults'}: the neighbours changed the output")


def _close(left: Tensor, right: Tensor) -> bool:
    return left.shape == right.shape and torch.allclose(left, right, rtol=1e-9, atol=1e-11)


def determinism(entry: Entry) -> None:
    """In evaluation the same input gives the same bits."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (7, 9)))
    _expect(torch.equal(module(*given), module(*given)), "two evaluations differ")


def own_randomness(entry: Entry) -> None:
    """A forward draws nothing from the global generator, whose numbers belong to the training."""
    for training in (True, False):
        for options in variants(entry):
            module = randomised(fresh(entry, options)).train(training)
            given, before = inputs(entry, images(2, WIDTH, (7, 9))), torch.get_rng_state()
            module(*given)
            untouched = torch.equal(torch.get_rng_state(), before)
            _expect(
                untouched, f"{options or 'defaults'}, training={training}: it drew from the global generator"
            )


def identity(entry: Entry) -> None:
    """The declared start: exact at every bit, approximate within 1e-3, at every option that promises it."""
    for options in variants(entry):
        promise = identity_of(entry, options)
        if promise == "none":
            continue
        for training in (True, False):
            x = images(2, WIDTH, (7, 9))
            y = fresh(entry, options).train(training)(*inputs(entry, x))
            same = torch.equal(y, x) if promise == "exact" else torch.allclose(y, x, atol=1e-3)
            moved = float((y - x).detach().abs().max())
            _expect(same, f"{options or 'defaults'}, training={training}: moved by {moved:.3g}")


def gradients(entry: Entry) -> None:
    """Off the start, over 8 batches, every parameter gets a gradient above 1e-10 of the largest."""
    for options in variants(entry):
        module, dead = randomised(fresh(entry, options).double()).train(), list[str]()
        for seed in range(8):
            x = images(4, WIDTH, (15, 17), seed=seed, dtype=torch.float64).requires_grad_()
            y = module(*inputs(entry, x))
            (y * images(4, WIDTH, (15, 17), seed=90 + seed, dtype=torch.float64)).sum().backward()
            dead = _dead(module)
            if not dead:
                break
        _expect(not dead, f"{options or 'defaults'}: no gradient for {', '.join(dead)}")


def _dead(module: nn.Module) -> list[str]:
    """The trainable parameters without a gradient to speak of."""
    grads = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    sizes = {name: 0.0 if grad is None else float(grad.abs().max()) for name, grad in grads.items()}
    return [name for name, size in sizes.items() if size <= 1e-10 * max(sizes.values(), default=0)]


def options_matter(entry: Entry) -> None:
    """Two values of an option that are not one canonically differ in parameters, output or gradient."""
    for name, option in read(entry.make).items():
        values = values_of(option.domain)
        base = _active_base(entry, name, values)
        seen: dict[str, Scalar] = {}
        for value in values:
            options = canonical_of(entry, {**base, name: value}, [256])
            if str(options) in seen:
                continue
            for other in seen.values():
                same = _same_module(entry, {**base, name: value}, {**base, name: other})
                _expect(not same, f"{name}={value} and {name}={other} are the same module")
            seen[str(options)] = value


def _active_base(entry: Entry, name: str, values: tuple[Scalar, ...]) -> dict[str, Scalar]:
    """The other options' values at which this one does something."""
    for base in variants(entry, 256):
        forms = {str(canonical_of(entry, {**base, name: value}, [256])) for value in values}
        if name not in base and len(forms) > 1:
            return base
    raise BrokenError(f"{name} does nothing beside the defaults of the others")


def _same_module(entry: Entry, left: dict[str, Scalar], right: dict[str, Scalar]) -> bool:
    return all(_equal(a, b) for a, b in zip(_behaviour(entry, left), _behaviour(entry, right), strict=False))


def _equal(left: Any, right: Any) -> bool:
    both = isinstance(left, Tensor) and isinstance(right, Tensor)
    return torch.equal(left, right) if both else bool(left == right)


def _behaviour(entry: Entry, options: dict[str, Scalar]) -> Iterator[Any]:
    """Parameters' shapes and first values, then training-mode output and input gradient, randomised."""
    module = fresh(entry, options, channels=256).double()
    yield {name: tuple(p.shape) for name, p in module.named_parameters()}
    yield from [p.detach().clone() for p in module.parameters()]
    x = images(2, 256, (15, 17), dtype=torch.float64).requires_grad_()
    with seeded(3):
        y = randomised(module).train()(*inputs(entry, x))
    yield y.detach()
    y.square().sum().backward()
    yield x.grad


def cost(entry: Entry) -> None:
    """The declared multiply-accumulates are those counted, at every option."""
    for options in variants(entry):
        with torch.device("meta"):
            module = cast(Any, entry.make)(WIDTH, **options).eval()
            counted = count_macs(module, inputs_on_meta(entry, (15, 17)))
        if not hasattr(module, "macs"):
            raise BrokenError("it declares no macs(height, width)")
        declared = module.macs(15, 17)
        _expect(declared == counted, f"{options or 'defaults'}: declares {declared}, {counted} were counted")


def inputs_on_meta(entry: Entry, grid: tuple[int, int]) -> tuple[Tensor, ...]:
    """One sample without data, and its context where the module takes one."""
    return tuple(t.to("meta") for t in inputs(entry, images(1, WIDTH, grid)))


def count_macs(module: nn.Module, given: tuple[Tensor, ...]) -> int:
    """Multiply-accumulates of the convolutions, matrix products and attention of one forward."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*given)
    return int(counter.get_total_flops()) // 2


def round_trip(entry: Entry) -> None:
    """A copy, and a fresh module with the state loaded, compute the same bits."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (7, 9)))
    loaded = fresh(entry).eval()
    loaded.load_state_dict(module.state_dict())
    for other in (copy.deepcopy(module), loaded):
        _expect(torch.equal(module(*given), other(*given)), "the copy computes something else")


def low_precision(entry: Entry) -> None:
    """In bfloat16 values and gradients stay finite, and within 10 % of the map's largest value of float32."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (15, 17)))
    wanted = module(*given)
    half = tuple(t.bfloat16().requires_grad_() for t in given)
    y = module.bfloat16()(*half)
    y.float().square().mean().backward()
    _expect(y.dtype == torch.bfloat16, f"{y.dtype} came out")
    _expect(half[0].grad is not None and bool(half[0].grad.isfinite().all()), "the gradient is not finite")
    error = float(((y.float() - wanted).abs().max() / wanted.abs().max()).detach())
    _expect(error < 0.1, f"off by {error:.0%} of the largest value")


def autocast(entry: Entry) -> None:
    """Under bfloat16 autocast, from float32 and from bfloat16 maps, values and gradients are there and finite."""
    for dtype in (torch.float32, torch.bfloat16):
        for options in variants(entry):
            module = randomised(fresh(entry, options)).train()
            given = tuple(t.requires_grad_() for t in inputs(entry, images(4, WIDTH, (7, 9), dtype=dtype)))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                y = module(*given)
            y.float().square().mean().backward()
            found = [p.grad for p in (*given, *module.parameters()) if p.requires_grad]
            at = f"{options or 'defaults'}, {dtype}"
            _expect(bool(y.isfinite().all()), f"{at}: not finite")
            _expect(
                all(g is not None and bool(g.isfinite().all()) for g in found),
                f"{at}: a gradient is not finite",
            )


def gradcheck(entry: Entry) -> None:
    """The gradients of input and parameters agree with finite differences, in float64 on tiny maps."""
    differences(entry, {})
    module = randomised(fresh(entry, channels=16).double()).eval()
    given = _tiny(entry)
    _checked(lambda *_: module(*given), (*given, *module.parameters()), fast=True)


def differences(entry: Entry, options: Mapping[str, Scalar]) -> None:
    """The inputs' gradients element by element: the fast mode lets an error of a hundredth pass."""
    module = randomised(fresh(entry, options, channels=16).double()).eval()
    _checked(module, _tiny(entry), fast=False)


def _tiny(entry: Entry) -> tuple[Tensor, ...]:
    return tuple(t.requires_grad_() for t in inputs(entry, images(1, 16, (3, 4), dtype=torch.float64)))


def _checked(function: Callable[..., Tensor], given: tuple[Tensor, ...], *, fast: bool) -> None:
    try:
        torch.autograd.gradcheck(function, given, fast_mode=fast)
    except GradcheckError as error:
        raise BrokenError(str(error).splitlines()[0]) from None


def compiles(entry: Entry) -> None:
    """In evaluation torch compiles it into one graph, which computes the same."""
    _compiled(randomised(fresh(entry)).eval(), entry)


def compiles_training(entry: Entry) -> None:
    """So it does in training."""
    _compiled(randomised(fresh(entry)).train(), entry)


def exports(entry: Entry) -> None:
    """`torch.export` takes it, and what comes out computes the same."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (7, 9)))
    with _refused():
        found = torch.export.export(module, given).module()(*given)
    _expect(torch.allclose(found, module(*given), atol=1e-6), "exported it computes something else")


def _compiled(module: nn.Module, entry: Entry) -> None:
    torch.compiler.reset()
    given, plain = inputs(entry, images(4, WIDTH, (7, 9))), copy.deepcopy(module)
    with _refused():
        found = torch.compile(module, fullgraph=True, backend="eager")(*given)
    _expect(torch.allclose(found, plain(*given), atol=1e-6), "compiled it computes something else")


@contextmanager
def _refused() -> Iterator[None]:
    """What torch says of a module that it cannot trace, in its first line."""
    try:
        yield
    except (TorchDynamoException, RuntimeError) as error:
        raise BrokenError((str(error) or type(error).__name__).strip().splitlines()[0]) from None


CONTRACTS: dict[str, Callable[[Entry], None]] = {
    contract.__name__: contract
    for contract in (
        shape,
        input_kept,
        narrow,
        batch_one,
        batch_one_training,
        independence,
        determinism,
        own_randomness,
        identity,
        gradients,
        options_matter,
        cost,
        round_trip,
        low_precision,
        autocast,
        gradcheck,
        compiles,
        compiles_training,
        exports,
    )
}
