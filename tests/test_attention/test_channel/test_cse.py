"""The channel gate of scSE against squeeze-and-excitation."""

from attention.channel.cse import Cse
from attention.channel.se import Se

from ..oracles import agree, example, ours


def test_cse_is_se_with_reduction_two() -> None:
    module = ours(lambda: Cse(32))
    theirs = Se(32, reduction=2).double()
    theirs.load_state_dict(module.state_dict())
    agree(module, theirs, example())
