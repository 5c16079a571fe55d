"""What holds for every test: one thread, no network, no account, no screen."""

import os

# Before torch is imported: one thread a process is what makes results independent of the machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings

# Speed varies with what else the machine does, and a failure must come back on the next run.
settings.register_profile("ablation", deadline=None, derandomize=True, database=None)
settings.load_profile("ablation")
