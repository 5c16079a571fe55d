"""The selective kernel against timm's."""

import pytest

from attention.branch.sk import Sk

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

NORM = ("weight", "bias", "running_mean", "running_var")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("branches", [2, 3])
def test_the_selective_kernel_is_timms(branches: int, training: bool) -> None:
    module = ours(lambda: Sk(16, branches=branches, groups=4)).train(training)
    kernels = [3, 5, 7][:branches]
    theirs = reference("timm.layers.selective_kernel").SelectiveKernel(
        16, kernel_size=kernels, groups=4, rd_channels=32, split_input=False
    )
    names = {"attn.fc_reduce.weight": "reduce.0.weight", "attn.fc_select.weight": "select.weight"}
    names |= {f"attn.bn.{kind}": f"reduce.1.{kind}" for kind in NORM}
    for i in range(branches):
        names |= {f"paths.{i}.conv.weight": f"branches.{i}.0.weight"}
        names |= {f"paths.{i}.bn.{kind}": f"branches.{i}.1.{kind}" for kind in NORM}
    copy_weights(module, theirs, names).train(training)
    agree(module, theirs, example(4, 16))
    parameters_agree(module, theirs, names, example(4, 16))
