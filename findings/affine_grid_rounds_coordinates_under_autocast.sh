#!/usr/bin/env bash
# torch 2.13.0: under torch.autocast(dtype=bfloat16), the identity transform of a spatial transformer moves the image.
#
# Behavior:  F.affine_grid multiplies by a batched matrix product, which autocast runs in bfloat16. The grid comes back
#            as bfloat16, in steps of 1/256 near the border of [-1, 1]: one step is one pixel of a 512-pixel image.
#            F.grid_sample then takes float32 again, so neither the dtype of the output nor an error tells of it. Pixels
#            whose coordinate is rounded to 1.0 lie half outside the image: the last column loses half of its value, the
#            corner three quarters.
# A guess:   coordinates stay float32, because grid_sample is among the operations that autocast runs in float32; the
#            identity transform returns its input.
# What to do: compute the grid with autocast disabled, from float32 parameters.
# Source:    https://docs.pytorch.org/docs/stable/amp.html (bmm in the list of lower-precision operations, grid_sample in
#            that of float32; affine_grid in none)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.2.6

cat >"$folder/expected" <<'TEXT'
autocast off: grid float32, output float32, mean error inside 0.00 pixels, largest on the border 0.00
autocast on: grid bfloat16, output float32, mean error inside 0.25 pixels, largest on the border 383.25
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import torch
import torch.nn.functional as F

ramp = torch.arange(512.0).expand(1, 1, 512, 512)  # each pixel's value is its column
identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
for enabled in (False, True):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
        grid = F.affine_grid(identity, [1, 1, 512, 512], align_corners=False)
        out = F.grid_sample(ramp, grid, align_corners=False)
    error = (out - ramp).abs()
    names = [str(t.dtype).removeprefix("torch.") for t in (grid, out)]
    print(f"autocast {'on' if enabled else 'off'}: grid {names[0]}, output {names[1]}, "
          f"mean error inside {error[..., 1:-1, 1:-1].mean():.2f} pixels, largest on the border {error.max():.2f}")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
