#!/usr/bin/env bash
# torch 2.13.0: FlopCounterMode makes a training step of EfficientNet-B0 42 times as dear as its forward pass.
#
# Behavior:  The backward pass of a convolution with g groups is counted as 1 + g forward passes instead of 2: the gradient
#            of the weight is computed from shapes in which the division by the groups is lost. Dense convolutions are
#            right, so resnet18 gives the expected factor of 3, and the error grows with the number of channels.
# A guess:   a step costs three forward passes (one forward, two backward), whatever the groups. Comparisons of training
#            cost rank depthwise networks far behind dense ones.
# What to do: count the forward pass only and multiply.
# Source:    https://github.com/pytorch/pytorch/pull/183405 ("the transposed shapes lose the group division")
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
convolution of 16 channels in 1 groups: a step costs 3 forward passes
convolution of 16 channels in 2 groups: a step costs 4 forward passes
convolution of 16 channels in 4 groups: a step costs 6 forward passes
convolution of 16 channels in 16 groups: a step costs 18 forward passes
resnet18: a step costs 2.9 forward passes
convnext_atto: a step costs 8.3 forward passes
mobilenetv3_large_100: a step costs 27.2 forward passes
efficientnet_b0: a step costs 41.7 forward passes
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import timm
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def cost(network, images, backward):
    with FlopCounterMode(display=False) as counter:
        loss = network(images).sum()
        if backward:
            loss.backward()
    return counter.get_total_flops()


for groups in (1, 2, 4, 16):
    layer = nn.Conv2d(16, 16, 3, padding=1, groups=groups, bias=False)
    images = torch.zeros(1, 16, 8, 8, requires_grad=True)
    print(f"convolution of 16 channels in {groups} groups: "
          f"a step costs {cost(layer, images, True) / cost(layer, images, False):.0f} forward passes")
for name in ("resnet18", "convnext_atto", "mobilenetv3_large_100", "efficientnet_b0"):
    network, images = timm.create_model(name).to("meta"), torch.zeros(1, 3, 224, 224, device="meta")
    print(f"{name}: a step costs {cost(network, images, True) / cost(network, images, False):.1f} forward passes")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
