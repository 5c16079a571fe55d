"""The table of all contracts, by name."""

from collections.abc import Callable

from ..catalog import Entry
from .forward import (
    batch_one,
    batch_one_training,
    determinism,
    identity,
    independence,
    input_kept,
    narrow,
    own_randomness,
    shape,
)
from .gradients import gradcheck, gradients
from .options import cost, options_matter
from .portability import autocast, compiles, compiles_training, exports, low_precision, round_trip

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
