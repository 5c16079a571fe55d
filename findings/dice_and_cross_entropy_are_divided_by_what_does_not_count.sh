#!/usr/bin/env bash
# segmentation-models-pytorch 0.6.0: two multiclass losses divide by what they leave out.
#
# Behavior:  DiceLoss("multiclass") gives a class that is absent from the batch a loss of 0, and then takes the mean over all
#            classes. With 21 classes, an image of one class that is predicted all wrong has a loss of 1/21 = 0.048; the
#            loss of a batch says how many classes it happens to hold. SoftCrossEntropyLoss(ignore_index=...) zeroes the
#            ignored pixels and divides by all: the more of an image is void, the smaller its loss and gradient.
# A guess:   "does not count" means left out of numerator and denominator, as in torch's cross_entropy(ignore_index=...).
# What to do: divide yourself (reduction="none"), or use torch's cross-entropy and a Dice loss over present classes.
# Source:    `loss *= mask` then `loss.mean()` in losses/dice.py, `masked_fill` then `.mean()` in losses/_functional.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" segmentation-models-pytorch==0.6.0 timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
all wrong, one of 2 classes present: Dice loss 0.500
all wrong, one of 3 classes present: Dice loss 0.333
all wrong, one of 21 classes present: Dice loss 0.048
0 of 8 rows ignored: 1.000 of torch's cross-entropy
4 of 8 rows ignored: 0.500 of torch's cross-entropy
7 of 8 rows ignored: 0.125 of torch's cross-entropy
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import segmentation_models_pytorch as smp
import torch
from torch.nn.functional import cross_entropy

for classes in (2, 3, 21):
    logits = torch.full((1, classes, 8, 8), -20.0)
    logits[:, 1] = 20.0  # every pixel is predicted as class 1, and is class 0
    loss = smp.losses.DiceLoss("multiclass")(logits, torch.zeros(1, 8, 8, dtype=torch.long))
    print(f"all wrong, one of {classes} classes present: Dice loss {float(loss):.3f}")

generator = torch.Generator().manual_seed(0)
logits = torch.randn(1, 4, 8, 8, generator=generator)
for void in (0, 4, 7):
    masks = torch.randint(0, 4, (1, 8, 8), generator=torch.Generator().manual_seed(1))
    masks[:, :void] = 255
    theirs = smp.losses.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=255)(logits, masks)
    ratio = float(theirs / cross_entropy(logits, masks, ignore_index=255))
    print(f"{void} of 8 rows ignored: {ratio:.3f} of torch's cross-entropy")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
