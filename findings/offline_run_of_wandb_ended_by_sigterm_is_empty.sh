#!/usr/bin/env bash
# wandb 0.31.0: an offline run that is ended by SIGTERM keeps none of its 20 epochs.
#
# Behavior:  In offline mode, wandb-core collects 16 to 32 KB before it writes to the run's file; with two metrics that
#            is 45 to 90 epochs. Only finish() or the exit of the interpreter writes the rest. SIGTERM, what a cluster sends at
#            the time limit and `timeout` and `docker stop` send, ends Python without either: the file has the 7 bytes of its
#            header, now and later, although wandb-core is a process of its own that lives on for a moment. Ctrl-C keeps
#            everything.
# A guess:   a log file is appended to as the run goes on, so a run that is cut off loses its last lines at most; `wandb
#            sync` shows the rest.
# What to do: signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)), so that the interpreter exits; and keep the curve
#            elsewhere as well.
# Source:    https://github.com/wandb/wandb/issues/9525 (the empty file, while a run is at work); the signals: run here
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" wandb==0.31.0

cat >"$folder/expected" <<'TEXT'
exit: 20 of 20 epochs in the file
SIGINT: 20 of 20 epochs in the file
SIGTERM: 0 of 20 epochs in the file, which has 7 bytes
SIGTERM with a handler that exits: 20 of 20 epochs in the file
SIGKILL: 0 of 20 epochs in the file, which has 7 bytes
TEXT
cat >"$folder/training.py" <<'PYTHON'
import os
import signal
import sys
import time

import wandb

how = sys.argv[1]
if "handler" in how:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True, x_disable_meta=True)
run = wandb.init(project="p", dir=sys.argv[2], mode="offline", settings=quiet)
for epoch in range(20):
    run.log({"loss": 1 / (1 + epoch), "accuracy": epoch / 20}, step=epoch)
time.sleep(3)
print(run.settings.sync_file, flush=True)
if how != "exit":
    os.kill(os.getpid(), getattr(signal, how.split()[0]))
    time.sleep(60)
PYTHON
cat >"$folder/main.py" <<'PYTHON'
import json
import subprocess
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1])
for how in ("exit", "SIGINT", "SIGTERM", "SIGTERM with a handler that exits", "SIGKILL"):
    command = [sys.executable, str(folder / "training.py"), how, str(folder)]
    path = Path(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()[0])
    time.sleep(5)  # for what wandb-core still writes
    tool = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(path.parent)]
    lines = subprocess.run(tool, capture_output=True, text=True).stdout.splitlines()
    epochs = sum(json.loads(line)["type"] == "history" for line in lines)
    size = "" if epochs else f", which has {path.stat().st_size} bytes"
    print(f"{how}: {epochs} of 20 epochs in the file{size}")
PYTHON
WANDB_ERROR_REPORTING=false "$folder/venv/bin/python" "$folder/main.py" "$folder" | tee "$folder/seen"
diff "$folder/expected" "$folder/seen" && echo "as recorded"
