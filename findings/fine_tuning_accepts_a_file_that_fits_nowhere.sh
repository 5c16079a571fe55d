#!/usr/bin/env bash
# timm 1.0.31: with another number of classes, pretrained weights are loaded without strict, for the whole network.
#
# Behavior:  create_model(pretrained=True, pretrained_cfg_overlay={"file": ...}) removes the classifier's weights if the number
#            of classes differs, and then calls load_state_dict(strict=False). A file whose names have a prefix (as written
#            by a detection or self-supervised framework) fits nowhere: no tensor is taken, training starts from random
#            weights. What is superfluous is logged as a warning ("may be expected"); what is missing only as INFO. The same
#            file with the same number of classes is refused.
# A guess:   only the classifier may be missing.
# What to do: create the network with the file's number of classes, then reset_classifier(10).
# Source:    load_pretrained in timm/models/_builder.py (read in 1.0.31)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
prefix '', 1000 classes: 122 of 122 tensors taken
prefix '', 10 classes: 120 of 122 tensors taken
prefix 'backbone.', 1000 classes: Error(s) in loading state_dict for ResNet:
prefix 'backbone.', 10 classes: 0 of 122 tensors taken
TEXT
"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import logging
import sys

import timm
import torch

logging.getLogger("timm").addHandler(logging.NullHandler())  # the warning lists 122 names
logging.getLogger("timm").propagate = False
weights = {name: tensor + 1 for name, tensor in timm.create_model("resnet18").state_dict().items()}


def taken(prefix, classes):
    """How many of the network's tensors come from a file whose names have this prefix."""
    torch.save({prefix + name: tensor for name, tensor in weights.items()}, sys.argv[1] + "/weights.pth")
    overlay = {"file": sys.argv[1] + "/weights.pth"}
    network = timm.create_model("resnet18", pretrained=True, num_classes=classes, pretrained_cfg_overlay=overlay)
    state = network.state_dict()
    return f"{sum(torch.equal(state[name], weights[name]) for name in state)} of {len(state)} tensors taken"


for prefix in ("", "backbone."):
    for classes in (1000, 10):
        try:
            print(f"prefix {prefix!r}, {classes} classes: {taken(prefix, classes)}")
        except RuntimeError as error:
            print(f"prefix {prefix!r}, {classes} classes: {str(error).splitlines()[0]}")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
