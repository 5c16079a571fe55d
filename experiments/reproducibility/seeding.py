"""Seeds for every use of randomness in a run, derived from the run's seed and the purpose of the use.

No random number depends on how many were drawn elsewhere. This keeps arms paired (an added module shifts no other
random number) and lets a run resume without generator states in its checkpoint.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Derive a 63-bit seed for one purpose, such as derive_seed(seed, "step", epoch, step)."""
    words = "/".join(str(word) for word in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


@contextmanager
def local_seed(seed: int, *purpose: str | int) -> Iterator[None]:
    """Seed torch's global CPU generator for one purpose; restore its state at the end of the context."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, *purpose))
        yield
