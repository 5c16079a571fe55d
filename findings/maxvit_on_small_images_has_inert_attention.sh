#!/usr/bin/env bash
# timm 1.0.31: MaxViT takes img_size=32 and then attends within windows of one pixel: its attention is inert.
#
# Behavior:  The window of MaxViT is derived from the image (img_size // 32). At 32 and 48 it is 1 x 1: the softmax over one
#            key is 1, so all 22 attention layers pass their values on. Queries, keys and position tables have a gradient
#            of exactly 0 and no influence: here all of them are replaced, and the logits keep their bits. No warning; the
#            parameters are counted, and the network trains (it has its convolutions and value projections left).
# A guess:   what create_model accepts as img_size is a MaxViT of that size. On CIFAR-sized images, ablations of its
#            attention compare nothing.
# What to do: enlarge images to 64 pixels or more, in steps of 32.
# Source:    partition_ratio=32 in timm/models/maxxvit.py (read in 1.0.31)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
img_size=32: 22 attention layers, of them without a gradient of queries and keys: 22; other queries, keys and positions, same logits: True
img_size=48: 22 attention layers, of them without a gradient of queries and keys: 22; other queries, keys and positions, same logits: True
img_size=64: 22 attention layers, of them without a gradient of queries and keys: 0; other queries, keys and positions, same logits: False
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import timm
import torch


def replaced(name, weight):
    """Zeros for queries and keys, sevens for position tables; values and all else as they are."""
    weight = weight.clone()
    if "attn.qkv" in name:
        weight[: len(weight) // 3 * 2] = 0
    return torch.full_like(weight, 7) if "rel_pos" in name and weight.is_floating_point() else weight


for size in (32, 48, 64):
    torch.manual_seed(0)
    network = timm.create_model("maxvit_tiny_tf_224", img_size=size, num_classes=10)
    images = torch.randn(2, 3, size, size)
    network(images).square().sum().backward()
    scores = [weight.grad[: len(weight) // 3 * 2].abs().max() for name, weight in network.named_parameters()
              if "attn.qkv.weight" in name]
    network.eval()
    with torch.no_grad():
        before = network(images)
        network.load_state_dict({name: replaced(name, weight) for name, weight in network.state_dict().items()})
        same = torch.equal(network(images), before)
    print(f"img_size={size}: {len(scores)} attention layers, of them without a gradient of queries and keys: "
          f"{sum(float(score) == 0 for score in scores)}; other queries, keys and positions, same logits: {same}")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
