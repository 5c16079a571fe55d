"""Token modules against timm's and against attention by its definition; the fused kernel is really taken."""

import functools
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention.contracts.example_inputs import images
from attention.layers.fused_attention import attend, dense_attention, to_tokens
from attention.token.bat import Bat
from attention.token.ccnet import Ccnet
from attention.token.cross_attention import CrossAttention
from attention.token.danet import Danet
from attention.token.double_attention import DoubleAttention
from attention.token.external_attention import ExternalAttention
from attention.token.multi_head import MultiHead
from attention.token.non_local import NonLocal
from attention.token.self_attention import SelfAttention
from tests.test_attention.oracles import agree, copied, example, ours, parameters_agree, reference

NON_LOCAL = {
    "t.weight": "theta.weight",
    "t.bias": "theta.bias",
    "p.weight": "phi.weight",
    "g.weight": "g.weight",
    "z.weight": "out.weight",
    "norm.weight": "norm.weight",
    "norm.bias": "norm.bias",
    "norm.running_mean": "norm.running_mean",
    "norm.running_var": "norm.running_var",
}


@pytest.mark.parametrize("training", [False, True])
def test_non_local_is_timms_without_its_cancelled_biases(training: bool) -> None:
    module = ours(lambda: NonLocal(32, reduction=4)).train(training)
    theirs = copied(
        module,
        reference("timm.layers.non_local_attn").NonLocalAttn(32, rd_channels=8, use_scale=False),
        NON_LOCAL,
    )
    for name in ("p.bias", "g.bias", "z.bias"):
        nn.init.zeros_(theirs.get_parameter(name))
    theirs.train(training)
    agree(module, theirs, example(), tolerance=1e-8)
    parameters_agree(module, theirs, NON_LOCAL, example())


def plain_non_local(module: nn.Module, x: Tensor, mode: str, sub_sample: int, scale: str) -> Tensor:
    """Equations 1 to 6, place by place."""
    theta, phi, g = (module.get_submodule(part)(x) for part in ("theta", "phi", "g"))
    if sub_sample > 1:
        phi, g = (nn.functional.max_pool2d(t, sub_sample, ceil_mode=True) for t in (phi, g))
    theta, phi, g = (t.flatten(2) for t in (theta, phi, g))
    places = []
    for i in range(theta.shape[2]):
        f = (theta[:, :, i, None] * phi).sum(1)
        if mode == "dot":
            weights = f / phi.shape[2]
        else:
            weights = torch.softmax(f / theta.shape[1] ** 0.5 if scale == "sqrt" else f, 1)
        places.append((weights[:, None] * g).sum(2))
    y = torch.stack(places, 2).reshape(len(x), -1, *x.shape[2:])
    z: Tensor = x + module.get_submodule("norm")(module.get_submodule("out")(y))
    return z


@pytest.mark.parametrize("mode", ["embedded", "gaussian", "dot"])
@pytest.mark.parametrize("sub_sample", [1, 2])
@pytest.mark.parametrize("scale", ["none", "sqrt"])
def test_non_local_is_its_formula_in_every_mode(mode: str, sub_sample: int, scale: str) -> None:
    module = ours(lambda: NonLocal(16, mode=mode, sub_sample=sub_sample, scale=scale)).eval()
    agree(module, lambda x: plain_non_local(module, x, mode, sub_sample, scale), example(2, 16, 4, 5))


@pytest.mark.parametrize(("query_width", "value_width"), [(8, 8), (4, 16), (16, 4)])
def test_fused_attention_is_its_definition_at_equal_and_unequal_widths(
    query_width: int, value_width: int
) -> None:
    q, k = example(2, 3, 10, query_width), example(2, 3, 6, query_width).flip(0)
    v = example(2, 3, 6, value_width)
    agree(lambda *t: attend(*t, scale=0.3), lambda *t: dense_attention(*t, scale=0.3), q, k, v)


FUSED: dict[str, Callable[[], nn.Module]] = {
    "non_local": lambda: NonLocal(32),
    "non_local:mode=gaussian": lambda: NonLocal(32, mode="gaussian"),
    "non_local:sub_sample=2": lambda: NonLocal(32, sub_sample=2),
    "self_attention": lambda: SelfAttention(32),
    "danet": lambda: Danet(32),
    "danet:part=position": lambda: Danet(32, part="position"),
    "cross_attention": lambda: CrossAttention(32, 24),
    "multi_head": lambda: MultiHead(32),
}


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_token_modules_take_the_fused_kernel(name: str, form: torch.memory_format) -> None:
    """Allowed nothing else, torch raises where the fused kernel does not take what it is given."""
    given = [images(2, 32, (6, 7)).contiguous(memory_format=form).requires_grad_()]
    context = [images(2, 24, (3, 4)).contiguous(memory_format=form)] if name == "cross_attention" else []
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        y = FUSED[name]()(*given, *context)
        y.sum().backward()
    assert given[0].grad is not None


def test_unequal_widths_would_not_take_the_fused_kernel() -> None:
    q, v = images(1, 1, (6, 4))[:, :, :, :3], images(1, 1, (6, 4))
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="No available kernel"):
            nn.functional.scaled_dot_product_attention(q, q, v)


def test_no_module_keeps_a_matrix_of_all_pairs_of_places() -> None:
    """What autograd keeps of a 64 x 64 map stays below a tenth of the N x N matrix."""
    for make in (SelfAttention, NonLocal, Danet, MultiHead):
        kept: list[int] = []
        pack = functools.partial(_count, kept)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            make(32)(images(1, 32, (64, 64)).requires_grad_())
        assert max(kept) < 64**4 // 10


def _count(kept: list[int], tensor: Tensor) -> Tensor:
    kept.append(tensor.numel())
    return tensor


def test_tokens_are_contiguous_places() -> None:
    x = images(2, 6, (3, 4))
    t = to_tokens(x, heads=2)
    assert t.shape == (2, 2, 12, 3)
    assert t.is_contiguous()
    assert torch.equal(t[1, 1, 5], x[1, 3:, 1, 1])


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


@pytest.mark.parametrize("activation", ["none", "relu", "sigmoid", "tanh"])
def test_self_attention_is_its_formula(activation: str) -> None:
    module = ours(lambda: SelfAttention(16, activation=activation))
    acts = {"none": lambda s: s, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}

    def plain(x: Tensor) -> Tensor:
        scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
        y = torch.einsum("bij,bdj->bdi", torch.softmax(acts[activation](scores), 2), flat(module, "value", x))
        z: Tensor = x + module.get_parameter("gamma") * module.get_submodule("out")(y.reshape(2, -1, 4, 5))
        return z

    agree(module, plain, example(2, 16, 4, 5))


def test_attention_in_chunks_is_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ours(lambda: SelfAttention(16, activation="tanh"))
    x = example(2, 16, 4, 5)
    whole = ours(lambda: SelfAttention(16, activation="tanh"))
    expected = whole(x)
    torch.autograd.backward(expected.square().sum())
    monkeypatch.setattr("attention.layers.chunked_attention.CHUNK", 7)
    found = module(x)
    torch.autograd.backward(found.square().sum())
    torch.testing.assert_close(found, expected)
    for mine, theirs in zip(module.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_cross_attention_takes_a_context_of_another_width_and_size() -> None:
    module = ours(lambda: CrossAttention(16, 6))

    def plain(x: Tensor, context: Tensor) -> Tensor:
        q, k, v = (flat(module, part, t) for part, t in (("query", x), ("key", context), ("value", context)))
        weights = torch.softmax(torch.einsum("bdi,bdj->bij", q, k) / 8**0.5, 2)
        y = torch.einsum("bij,bdj->bdi", weights, v).reshape(2, -1, 4, 5)
        z: Tensor = x + module.get_submodule("out")(y)
        return z

    agree(module, plain, example(2, 16, 4, 5), example(2, 6, 3, 7))


@pytest.mark.parametrize("part", ["both", "position", "channel"])
@pytest.mark.parametrize("formula", ["code", "paper"])
def test_dual_attention_is_its_formula(part: str, formula: str) -> None:
    module = ours(lambda: Danet(16, part=part, channel_scores=formula))

    def plain(x: Tensor) -> Tensor:
        y = x
        if part != "channel":
            scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
            seen = torch.einsum("bij,bdj->bdi", torch.softmax(scores, 2), flat(module, "value", x))
            y = y + module.get_parameter("alpha") * seen.reshape(x.shape)
        if part != "position":
            energy = torch.einsum("bci,bdi->bcd", x.flatten(2), x.flatten(2))
            energy = energy.amax(2, keepdim=True) - energy if formula == "code" else energy
            weights = torch.softmax(energy, 2)
            y = y + module.get_parameter("beta") * (weights @ x.flatten(2)).reshape(x.shape)
        return y

    agree(module, plain, example(2, 16, 4, 5))


@pytest.mark.parametrize("recurrence", [1, 2])
def test_criss_cross_attention_is_dense_attention_with_a_cross_for_a_mask(recurrence: int) -> None:
    module = ours(lambda: Ccnet(16, recurrence=recurrence))
    row, column = torch.arange(20) // 5, torch.arange(20) % 5
    outside = (row[:, None] != row) & (column[:, None] != column)

    def plain(x: Tensor) -> Tensor:
        for _ in range(recurrence):
            scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
            weights = torch.softmax(scores.masked_fill(outside, float("-inf")), 2)
            seen = torch.einsum("bij,bdj->bdi", weights, flat(module, "value", x))
            x = x + module.get_parameter("gamma") * seen.reshape(x.shape)
        return x

    agree(module, plain, example(2, 16, 4, 5))


def test_double_attention_gathers_and_distributes() -> None:
    module = ours(lambda: DoubleAttention(16, descriptors=8))

    def plain(x: Tensor) -> Tensor:
        features = flat(module, "features", x)
        gather = torch.softmax(flat(module, "gather", x), 2)
        give = torch.softmax(flat(module, "distribute", x), 1)
        descriptors = torch.einsum("bmn,bkn->bmk", features, gather)
        mixed = torch.einsum("bmk,bkn->bmn", descriptors, give).reshape(2, -1, 4, 5)
        z: Tensor = x + module.get_submodule("out")(mixed)
        return z

    agree(module, plain, example(2, 16, 4, 5))


@pytest.mark.parametrize("training", [False, True])
def test_external_attention_normalises_twice(training: bool) -> None:
    module = ours(lambda: ExternalAttention(16, slots=16)).train(training)

    def plain(x: Tensor) -> Tensor:
        places = module.get_submodule("embed")(x).flatten(2).transpose(1, 2)
        weights = torch.softmax(places @ module.get_parameter("keys.weight")[:, :, 0, 0].T, 1)
        weights = weights / (1e-9 + weights.sum(2, keepdim=True))
        said = (
            (weights @ module.get_parameter("values.weight")[:, :, 0, 0].T).transpose(1, 2).reshape(x.shape)
        )
        z: Tensor = x + module.get_submodule("norm")(module.get_submodule("out")(said))
        return z

    agree(module, plain, example(2, 16, 4, 5))


@pytest.mark.parametrize("position", ["none", "relative"])
def test_multi_head_attention_is_torchs(position: str) -> None:
    module = ours(lambda: MultiHead(16, heads=4, position=position))
    assert isinstance(module, MultiHead)
    theirs = nn.MultiheadAttention(16, 4, batch_first=True).double()
    state = {name: value.squeeze() for name, value in module.state_dict().items()}
    weights = [state[f"{part}.weight"] for part in ("query", "key", "value")]
    biases = [state["query.bias"], torch.zeros(32, dtype=torch.float64)]
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = torch.cat(weights), torch.cat(biases)
    theirs.out_proj.weight.data, theirs.out_proj.bias.data = state["out.weight"], state["out.bias"]

    def plain(x: Tensor) -> Tensor:
        bias = torch.zeros(4, 20, 20, dtype=torch.float64)
        if module.bias is not None:
            for i in range(20):
                for j in range(20):
                    step = torch.tensor([i // 5 - j // 5, i % 5 - j % 5], dtype=torch.float64)
                    bias[:, i, j] = module.bias(step.sign() * torch.log2(1 + step.abs()) / 3)
        tokens_BNC = x.flatten(2).transpose(1, 2)
        y, _ = theirs(tokens_BNC, tokens_BNC, tokens_BNC, attn_mask=bias.repeat(2, 1, 1))
        z: Tensor = x + y.transpose(1, 2).reshape(x.shape)
        return z

    agree(module, plain, example(2, 16, 4, 5))


BAT = {
    f"{theirs}.{layer}.{kind}": f"{mine}.{i}.{kind}"
    for theirs, mine in (
        ("conv1", "reduce"),
        ("ba.conv1", "summary"),
        ("ba.conv2", "mixed"),
        ("conv2", "out"),
    )
    for i, layer, kinds in (
        (0, "conv", ["weight"]),
        (1, "bn", ["weight", "bias", "running_mean", "running_var"]),
    )
    for kind in kinds
} | {
    f"ba.conv_{theirs}.{kind}": f"{mine}.{kind}"
    for theirs, mine in (("p", "rows"), ("q", "columns"))
    for kind in ("weight", "bias")
}


@pytest.mark.parametrize("training", [False, True])
def test_the_bilinear_transform_is_timms_where_blocks_divide_the_map(training: bool) -> None:
    module = ours(lambda: Bat(32, start="paper")).train(training)
    theirs = reference("timm.layers.non_local_attn").BatNonLocalAttn(32, rd_channels=8, drop_rate=0.0)
    theirs = copied(module, theirs, BAT).train(training)
    agree(module, theirs, example(2, 32, 7, 14), tolerance=1e-8)


def test_the_bilinear_transform_refuses_groups_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="bat: 4 groups do not divide 10 hidden channels"):
        Bat(40, groups=4)


@pytest.mark.parametrize("heads", [8])
def test_heads_that_do_not_divide_the_channels_are_refused(heads: int) -> None:
    with pytest.raises(ValueError, match="multi_head: 8 heads do not divide 12 channels"):
        MultiHead(12, heads=heads)
