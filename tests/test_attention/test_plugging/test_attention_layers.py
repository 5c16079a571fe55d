"""An attention layer is inert exactly where its queries and keys get no gradient."""

from typing import Any

import pytest
from torch import Tensor, nn
from torch.nn import functional as F

from attention import attention_layers
from attention.contracts.example_inputs import fixed_seed, images
from tests.test_attention.oracles import reference

timm = reference("timm")
DIM, PATCH = 8, 8


class Separate(nn.Module):
    """Attention with a projection each for queries, keys and values; `how` it takes its softmax."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.softmax = how, nn.Softmax(dim=-1)
        self.q, self.k, self.v = (nn.Linear(DIM, DIM) for _ in range(3))

    def forward(self, x_BNC: Tensor) -> Tensor:
        parts: list[Tensor] = [project(x_BNC) for project in (self.q, self.k, self.v)]
        q, k, v = parts
        if self.how == "fused":
            fused: Tensor = F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]
            return fused
        if self.how == "channels":
            q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
            between: Tensor = (q.transpose(1, 2) @ k).softmax(-1)
            return v @ between.transpose(1, 2)
        scores = q @ k.transpose(1, 2)
        weights: Tensor = self.softmax(scores) if self.how == "module" else F.softmax(scores, -1)
        return weights @ v


class OfTorch(nn.Module):
    """Torch's own attention, under the names of the other one."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(DIM, 2, batch_first=True)

    def forward(self, x_BNC: Tensor) -> Tensor:
        mixed: Tensor = self.inner(x_BNC, x_BNC, x_BNC, need_weights=False)[0]
        return mixed


class OnPatches(nn.Module):
    """A network of one attention layer between the patches of an image."""

    def __init__(self, attend: nn.Module) -> None:
        super().__init__()
        self.stem, self.attend, self.head = nn.Conv2d(3, DIM, PATCH, PATCH), attend, nn.Linear(DIM, 4)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        tokens = self.stem(x_BCHW).flatten(2).transpose(1, 2)
        scores: Tensor = self.head((tokens + self.attend(tokens)).mean(1))
        return scores


def network(how: str) -> OnPatches:
    with fixed_seed(0):
        return OnPatches(OfTorch() if how == "torch" else Separate(how))


def query_gradients(model: OnPatches, how: str, x: Tensor) -> list[Tensor]:
    """The gradients of the queries' and keys' weights."""
    model(x).square().sum().backward()
    if how == "torch":
        grad = model.get_parameter("attend.inner.in_proj_weight").grad
        assert grad is not None
        return [grad[: 2 * DIM]]
    grads = [model.get_parameter(f"attend.{name}.weight").grad for name in ("q", "k")]
    return [grad for grad in grads if grad is not None]


@pytest.mark.parametrize("how", ["softmax", "module", "fused", "channels", "torch"])
@pytest.mark.parametrize(("side", "inert"), [(PATCH, True), (2 * PATCH, False)])
def test_a_layer_is_inert_where_its_queries_and_keys_get_no_gradient(
    how: str, side: int, inert: bool
) -> None:
    model, x = network(how), images(2, 3, (side, side))
    name = "attend.inner" if how == "torch" else "attend"
    assert attention_layers(model, x) == [(name, inert)]
    sizes = [float(grad.abs().max()) for grad in query_gradients(model, how, x)]
    assert sizes
    assert max(sizes) < 1e-6 if inert else min(sizes) > 1e-6


@pytest.mark.parametrize("how", ["softmax", "fused", "channels", "torch"])
def test_the_meta_device_gives_the_same_answer(how: str) -> None:
    for side in (PATCH, 3 * PATCH):
        x = images(1, 3, (side, side))
        found = attention_layers(network(how).to("meta"), x.to("meta"))
        assert found == attention_layers(network(how), x)


def test_a_network_without_a_softmax_has_no_attention_layer() -> None:
    assert attention_layers(timm.create_model("test_resnet"), images(1, 3, (64, 64))) == []


@pytest.mark.parametrize(("side", "inert"), [(48, True), (64, False)])
def test_windows_of_one_pixel_make_maxvit_inert(side: int, inert: bool) -> None:
    with fixed_seed(0):
        model: Any = timm.create_model("test_maxvit", img_size=side, num_classes=4)
    layers = attention_layers(model, images(1, 3, (side, side)))
    assert [layer.inert for layer in layers] == [inert] * 8
    model.train()(images(2, 3, (side, side))).square().sum().backward()
    for layer in layers:
        part = model.get_submodule(layer.name)
        rows = part.qkv.weight.grad.view(part.num_heads, 3, -1)  # MaxViT groups q, k and v by head
        is_zero = [bool((rows[:, which] == 0).all()) for which in range(3)]
        assert is_zero == [inert, inert, False], layer.name
