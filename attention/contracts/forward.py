"""Contracts on the forward pass.

A contract is a function of a catalog entry that raises ContractError, one sentence, if it does not hold. The `check`
command prints its docstring.
"""

import torch

from ..canonical import entry_identity_start
from ..catalog import Entry
from .errors import is_close, require
from .example_inputs import GRIDS, WIDTH, fresh_module, images, inputs, randomize, variants


def shape(entry: Entry) -> None:
    """Keep the input's shape, dtype and memory format, at odd and 1x1 maps and at every option."""
    for options in variants(entry):
        module = randomize(fresh_module(entry, options)).eval()
        for grid in GRIDS:
            x = images(2, WIDTH, grid)
            for form in (torch.contiguous_format, torch.channels_last):
                arguments = x.contiguous(memory_format=form)
                y = module(*inputs(entry, arguments))
                at = f"{options or 'defaults'} at {grid}"
                require(y.shape == x.shape, f"{at}: the output has shape {tuple(y.shape)}")
                require(y.dtype == x.dtype, f"{at}: the output is {y.dtype}")
                require(y.is_contiguous(memory_format=form), f"{at}: the output is not in {form}")
                require(bool(y.isfinite().all()), f"{at}: the output is not finite")


def input_kept(entry: Entry) -> None:
    """Leave the input unchanged in forward and backward."""
    for training in (False, True):
        module = randomize(fresh_module(entry)).train(training)
        x = images(2, WIDTH, (7, 9))
        arguments = tuple(t.clone().requires_grad_() * 1 for t in inputs(entry, x))
        module(*arguments).square().sum().backward()
        require(torch.equal(arguments[0].detach(), x), f"the input changed (training={training})")


def narrow(entry: Entry) -> None:
    """Accept maps with fewer channels than any reduction."""
    for channels in (8, 4, 2):
        for options in variants(entry):
            x = images(2, channels, (5, 6))
            y = fresh_module(entry, options, channels=channels)(*inputs(entry, x))
            at = f"{channels} channels, {options or 'defaults'}"
            require(y.shape == x.shape, f"{at}: the output has shape {tuple(y.shape)}")


def batch_one(entry: Entry) -> None:
    """Accept a batch of one in evaluation, at 1x1 too."""
    module = randomize(fresh_module(entry)).eval()
    for grid in ((7, 9), (1, 1)):
        y = module(*inputs(entry, images(1, WIDTH, grid)))
        require(bool(y.isfinite().all()), f"at {grid}: the output is not finite")


def batch_one_training(entry: Entry) -> None:
    """Accept a batch of one in training, at 1x1 too."""
    for grid in ((7, 9), (1, 1)):
        y = randomize(fresh_module(entry)).train()(*inputs(entry, images(1, WIDTH, grid)))
        require(bool(y.isfinite().all()), f"at {grid}: the output is not finite")


def independence(entry: Entry) -> None:
    """Compute each sample's output independently of the rest of the batch in evaluation."""
    for options in variants(entry):
        module = randomize(fresh_module(entry, options).double()).eval()
        arguments = inputs(entry, images(4, WIDTH, (7, 9), dtype=torch.float64))
        same = is_close(module(*arguments)[1:2], module(*(t[1:2] for t in arguments)))
        require(same, f"{options or 'defaults'}: the output depends on the other samples of the batch")


def determinism(entry: Entry) -> None:
    """Compute bit-identical outputs for the same input in evaluation."""
    module = randomize(fresh_module(entry)).eval()
    arguments = inputs(entry, images(2, WIDTH, (7, 9)))
    require(torch.equal(module(*arguments), module(*arguments)), "two evaluations of the same input differ")


def own_randomness(entry: Entry) -> None:
    """Draw no numbers from the global generator, which belongs to the training loop."""
    for training in (True, False):
        for options in variants(entry):
            module = randomize(fresh_module(entry, options)).train(training)
            arguments, before = inputs(entry, images(2, WIDTH, (7, 9))), torch.get_rng_state()
            module(*arguments)
            untouched = torch.equal(torch.get_rng_state(), before)
            require(
                untouched,
                f"{options or 'defaults'}, training={training}: it drew from the global random generator",
            )


def identity(entry: Entry) -> None:
    """Start as declared at every option: "exact" bit for bit, "approximate" within 1e-3."""
    for options in variants(entry):
        promise = entry_identity_start(entry, options)
        if promise == "none":
            continue
        for training in (True, False):
            x = images(2, WIDTH, (7, 9))
            y = fresh_module(entry, options).train(training)(*inputs(entry, x))
            same = torch.equal(y, x) if promise == "exact" else torch.allclose(y, x, atol=1e-3)
            difference = float((y - x).detach().abs().max())
            require(
                same,
                f"{options or 'defaults'}, training={training}: output and input differ by {difference:.3g}",
            )
