#!/usr/bin/env bash
# torch 2.13.0: nn.MultiheadAttention is finite in training and NaN in validation, for the same input.
#
# Behavior:  For a sequence that is padding only (an empty caption, a batch filled up to its size), attention has nothing to
#            attend to. In training, and in evaluation with gradients, the result is finite: the fused kernel gives zeros.
#            In evaluation under no_grad or inference_mode another kernel runs (the "fast path"), and the sequence is NaN.
#            With need_weights=True, the default, it is NaN in every mode, and so are the gradients of all weights.
# A guess:   train/eval differ by dropout alone, and no_grad changes no value. A validation loss of NaN after finite
#            training losses is then looked for in the data.
# What to do: leave one token of such a sequence unmasked and drop its output; or
#            torch.backends.mha.set_fastpath_enabled(False) together with need_weights=False.
# Source:    https://github.com/pytorch/pytorch/issues/41508, https://github.com/pytorch/pytorch/issues/160064 (need_weights);
#            the fast path: run here
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" torch==2.13.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
need_weights=False, train, grad: finite, finite
need_weights=False, eval, grad: finite, finite
need_weights=False, eval, no_grad: finite, NaN
need_weights=True, train, grad: finite, NaN
need_weights=True, eval, grad: finite, NaN
need_weights=True, eval, no_grad: finite, NaN
fast path off, need_weights=False, eval, no_grad: finite, finite
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import torch
from torch import nn

PADDED = torch.tensor([[False, False, True], [True, True, True]])  # the second sequence is padding only
x = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
layer = nn.MultiheadAttention(8, 2, batch_first=True)


def state(training, grad, need_weights):
    layer.train(training)
    with torch.set_grad_enabled(grad):
        output = layer(x, x, x, key_padding_mask=PADDED, need_weights=need_weights)[0]
    return ["NaN" if sequence.isnan().any() else "finite" for sequence in output]


for need_weights in (False, True):
    for training, grad in ((True, True), (False, True), (False, False)):
        print(f"need_weights={need_weights}, {'train' if training else 'eval'}, "
              f"{'grad' if grad else 'no_grad'}: {', '.join(state(training, grad, need_weights))}")
torch.backends.mha.set_fastpath_enabled(False)
print("fast path off, need_weights=False, eval, no_grad:", ", ".join(state(False, False, False)))
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
