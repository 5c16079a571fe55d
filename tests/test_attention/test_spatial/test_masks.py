"""The masks of the center and of local maxima against values by hand."""

import torch

from attention.spatial.masks import CentreCrop, MaxPoolMask


def test_the_center_crop_keeps_the_middle() -> None:
    mask = CentreCrop(1, percent=50).gate(torch.ones(1, 1, 4, 6))
    assert mask[0, 0].tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert CentreCrop(1, percent=25).gate(torch.ones(1, 1, 1, 1)).item() == 1


def test_the_max_pool_mask_keeps_each_windows_maximum() -> None:
    x = torch.tensor([[[[1.0, 5.0, 2.0], [3.0, 4.0, 2.0], [7.0, 6.0, -1.0]]]])
    assert MaxPoolMask(1)(x)[0, 0].tolist() == [[0, 5, 2], [0, 0, 2], [7, 0, -1]]
