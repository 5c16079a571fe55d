#!/usr/bin/env bash
# timm 1.0.31: set_grad_checkpointing() changes what a network computes, not only how much memory it takes.
#
# Behavior:  (1) Stages are no longer called: their children run one by one inside the checkpoint. Forward hooks on a stage
#            (a probe, an adapter, an attention module plugged by a hook) stay registered and are never called; here hooks
#            that set the output of layer1..4 to zero change the logits without checkpointing, and not with it.
#            (2) Every batch norm inside a checkpoint sees each batch twice, once more in the backward pass: running mean
#            and variance move twice per step, so the same momentum gives other statistics in evaluation.
# A guess:   checkpointing trades time for memory and leaves forward, hooks and buffers as they are.
# What to do: hook the blocks, or replace submodules; give batch norm the momentum 1 - sqrt(1 - m) instead of m.
# Source:    checkpoint_seq in timm/models/_manipulate.py; forward_features of resnet, convnext, vision_transformer,
#            efficientnet (read in 1.0.31); batch norm: https://github.com/pytorch/pytorch/issues/96136
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
resnet18: hooks no longer called: layer1 layer2 layer3 layer4
convnext_atto: hooks no longer called: stages.0.blocks stages.1.blocks stages.2.blocks stages.3.blocks
efficientnet_b0: hooks no longer called: blocks blocks.0 blocks.1 blocks.2 blocks.3 blocks.4 blocks.5 blocks.6
regnetx_002: hooks no longer called: none
vit_tiny_patch16_224: hooks no longer called: blocks
checkpointing False: hooks change the logits: True, batches counted in one step: 1, mean of the running variance: 1.004
checkpointing True: hooks change the logits: False, batches counted in one step: 2, mean of the running variance: 1.008
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import timm
import torch

IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def called(network):
    """Names of the submodules whose forward hooks are called in a training step."""
    names, handles = set(), []
    for name, module in network.named_modules():
        if name:
            handles.append(module.register_forward_hook(lambda m, i, o, name=name: names.add(name)))
    network(IMAGES).sum().backward()
    for handle in handles:
        handle.remove()
    return names


for name, arguments in {"resnet18": {}, "convnext_atto": {}, "efficientnet_b0": {}, "regnetx_002": {},
                        "vit_tiny_patch16_224": {"img_size": 64}}.items():
    network = timm.create_model(name, num_classes=2, **arguments).train()
    before = called(network)
    network.set_grad_checkpointing()
    print(f"{name}: hooks no longer called: {' '.join(sorted(before - called(network))) or 'none'}")

for checkpointing in (False, True):
    torch.manual_seed(0)
    network = timm.create_model("resnet18", num_classes=2).train()
    network.set_grad_checkpointing(checkpointing)
    plain = network(IMAGES)
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        stage.register_forward_hook(lambda module, inputs, output: output * 0)
    changed = not torch.equal(network(IMAGES), plain)
    torch.manual_seed(0)
    network = timm.create_model("resnet18", num_classes=2).train()
    network.set_grad_checkpointing(checkpointing)
    network(IMAGES).sum().backward()
    norm = network.layer1[0].bn1
    print(f"checkpointing {checkpointing}: hooks change the logits: {changed}, "
          f"batches counted in one step: {int(norm.num_batches_tracked)}, "
          f"mean of the running variance: {float(norm.running_var.mean()):.3f}")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
