#!/usr/bin/env bash
# safetensors 0.8.0: copying a new checkpoint over a file changes the weights that were loaded from it before.
#
# Behavior:  On the CPU, load_file maps the file into memory, and the tensors are views of the map. Whoever writes into the
#            same file (cp, shutil.copyfile, rsync --inplace, a download that overwrites) changes the tensors of every
#            process that loaded it; also the parameters of a model, if load_state_dict was called with assign=True.
#            save_file of 0.8.0 does not: it writes beside the file and renames. load_file(backend="pread") does not map.
# A guess:   loaded tensors are copies, as with torch.load.
# What to do: clone, or load_state_dict without assign; write checkpoints by renaming.
# Source:    https://github.com/safetensors/safetensors/issues/762, whose cause is the same map
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" safetensors==0.8.0 torch==2.13.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
copied over, assign=True:  [9.0, 9.0]
copied over, assign=False: [1.0, 1.0]
the same with pread:       [1.0, 1.0]
renamed over, assign=True: [1.0, 1.0]
saved over, assign=True:   [1.0, 1.0]
TEXT
"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

best, new = Path(sys.argv[1], "best.safetensors"), Path(sys.argv[1], "new.safetensors")


def after(overwrite, backend="mmap", **options):
    """The weights of a model that was loaded from `best`, after `new` has taken its place."""
    save_file({"weight": torch.full((1, 2), 1.0)}, best)
    save_file({"weight": torch.full((1, 2), 9.0)}, new)
    model = torch.nn.Linear(2, 1, bias=False)
    model.load_state_dict(load_file(best, backend=backend), **options)
    overwrite()
    return model.weight[0].tolist()


print("copied over, assign=True: ", after(lambda: shutil.copyfile(new, best), assign=True))
print("copied over, assign=False:", after(lambda: shutil.copyfile(new, best)))
print("the same with pread:      ", after(lambda: shutil.copyfile(new, best), backend="pread", assign=True))
print("renamed over, assign=True:", after(lambda: new.replace(best), assign=True))
print("saved over, assign=True:  ", after(lambda: save_file({"weight": torch.full((1, 2), 9.0)}, best), assign=True))
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
