"""Every random state of a run, as a function of its seed and of where it is used.

Nothing is ever drawn from a state that something else may have moved: that is what keeps arms paired
(a module more in the network shifts nothing) and lets a run resume with no generator in its checkpoint.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derive_seed(seed: int, *place: str | int) -> int:
    """A 63-bit seed for one place, such as derive(seed, "step", epoch, step)."""
    words = "/".join(str(word) for word in (seed, *place))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


@contextmanager
def local_seed(seed: int, *place: str | int) -> Iterator[None]:
    """Run the body under the place's own seed and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, *place))
        yield
