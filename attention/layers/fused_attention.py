"""Attention over all positions, in the memory layouts that keep torch's fused kernel.

`scaled_dot_product_attention` silently falls back to the N x N matrix for inputs that are strided
(`flatten(2).transpose(1, 2)` of a map), that have no axis of heads, or whose values are not as wide as the
queries. The functions here avoid all three cases.
"""

from torch import Tensor
from torch.nn import functional


def to_tokens(x_BCHW: Tensor, heads: int = 1) -> Tensor:
    """Convert a map to contiguous tokens: (B, heads * D, H, W) -> (B, heads, H * W, D)."""
    batch, channels = x_BCHW.shape[:2]
    return x_BCHW.reshape(batch, heads, channels // heads, -1).transpose(2, 3).contiguous()


def to_map(y_BhND: Tensor, height: int, width: int) -> Tensor:
    """Convert tokens back to a map: (B, heads, H * W, D) -> (B, heads * D, H, W)."""
    return y_BhND.transpose(2, 3).reshape(y_BhND.shape[0], -1, height, width)


def attend(q_BhND: Tensor, k_BhMD: Tensor, v_BhME: Tensor, *, scale: float) -> Tensor:
    """Compute softmax(scale q k^T) v, (B, heads, N, E), without the N x M matrix.

    Widths D and E may differ: the narrower side is padded with zeros, which changes no product.
    """
    width = v_BhME.shape[-1]
    padded = max(width, q_BhND.shape[-1])
    q, k, v = (_pad_width(t, padded) for t in (q_BhND, k_BhMD, v_BhME))
    return functional.scaled_dot_product_attention(q, k, v, scale=scale)[..., :width]


def _pad_width(t_BhND: Tensor, width: int) -> Tensor:
    missing = width - t_BhND.shape[-1]
    return functional.pad(t_BhND, (0, missing)) if missing else t_BhND
