"""What every module of the catalogue promises, as functions that hold a module to it.

A contract that does not hold raises BrokenError with one sentence.
"""

import torch

from ..canonical import identity_of
from ..catalog import Entry
from .broken import _close, _expect
from .example_inputs import GRIDS, WIDTH, fresh, images, inputs, randomised, variants


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
