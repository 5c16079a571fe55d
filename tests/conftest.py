"""What holds for every test: one thread, no network, no account, no screen."""

import os
import signal
from collections.abc import Iterator

# Before torch is imported: one thread a process is what makes results independent of the machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest
from hypothesis import settings

# Speed varies with what else the machine does, and a failure must come back on the next run.
settings.register_profile("ablation", deadline=None, derandomize=True, database=None)
settings.load_profile("ablation")


@pytest.fixture
def signals_heard() -> Iterator[None]:
    """Hear Ctrl-C and hangups in the test and its processes: background shells and `nohup` make pytest ignore them."""
    interrupts = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangups = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupts)
    signal.signal(signal.SIGHUP, hangups)
