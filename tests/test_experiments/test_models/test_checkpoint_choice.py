"""Of several sets of weights in a checkpoint one is taken, and every other one is told."""

from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.models.checkpoint_file import read_weights
from tests.test_experiments.test_models.test_checkpoint_file import Small, filled, saved, value_of
from user_error import UserError

KEYS_OF_AVERAGES = [
    *(
        "state_dict_ema",
        "model_ema",
        "ema",
        "ema_state_dict",
        "ema_model",
        "model_ema_state_dict",
        "module_ema",
    ),
    *("averaged", "averaged_model", "swa_model", "swa_state_dict", "swa", "EMA", "modelEma", "ema_weights"),
    *("params_ema", "avg_model", "polyak", "net_ema", "ema-model", "shadow", "modelema", "moving_average"),
]


@pytest.mark.parametrize("plain", ["state_dict", "model", "model_state_dict"])
@pytest.mark.parametrize("key", KEYS_OF_AVERAGES)
def test_an_average_is_known_under_any_usual_key(plain: str, key: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", {plain: filled(1.0), key: filled(2.0), "ema_decay": 0.9})
    assert [value_of(path, averaged) for averaged in (None, True, False)] == [2.0, 2.0, 1.0]
    assert read_weights(path)[1:] == (key, plain, ())
    assert read_weights(path, averaged=False)[1:] == (plain, key, ())


def test_an_average_within_a_dictionary_of_its_own_is_known(tmp_path: Path) -> None:
    content = {"model": filled(1.0), "model_ema": {"decay": 0.9, "state_dict": filled(2.0)}}
    path = saved(tmp_path / "model.pth", content)
    assert [value_of(path, averaged) for averaged in (None, True, False)] == [2.0, 2.0, 1.0]
    assert read_weights(path)[1:] == ("model_ema.state_dict", "model", ())


def test_weights_with_torchs_counter_are_an_average_wherever_they_are(tmp_path: Path) -> None:
    average = torch.optim.swa_utils.AveragedModel(Small()).state_dict()
    for content in (average, {"state_dict": average}):
        path = saved(tmp_path / "model.pth", content)
        assert sorted(read_weights(path, averaged=True).state) == ["layer.bias", "layer.weight"]
        with pytest.raises(UserError, match="nothing but the average"):
            read_weights(path, averaged=False)
    path = saved(tmp_path / "model.pth", {"state_dict": average, "model": filled(1.0)})
    assert value_of(path, averaged=False) == 1.0


@pytest.mark.parametrize(
    ("content", "averaged", "key", "left"),
    [
        ({"model": 1.0, "teacher": 3.0}, None, "model", ("teacher",)),
        ({"model": 1.0, "ema": 2.0, "swa": 3.0}, None, "ema", ("swa",)),
        ({"model": 1.0, "ema": 2.0, "swa": 3.0, "net_d": 4.0}, None, "ema", ("swa", "net_d")),
        ({"model": 1.0, "ema": 2.0, "swa": 3.0, "net_d": 4.0}, True, "ema", ("swa", "net_d")),
        ({"model": 1.0, "ema": 2.0, "swa": 3.0, "net_d": 4.0}, False, "model", ("net_d",)),
        ({"model": 1.0, "swa": 3.0, "model_ema": 2.0, "state_dict_ema": 4.0}, True, "state_dict_ema", None),
        ({"net": 1.0, "ema": 2.0}, None, "ema", ("net",)),
        ({"state_dict": 1.0, "model": 2.0}, None, "state_dict", ("model",)),
    ],
)
def test_every_other_set_of_weights_is_told(
    content: dict[str, float], averaged: bool | None, key: str, left: tuple[str, ...] | None, tmp_path: Path
) -> None:
    sets = {name: filled(value) for name, value in content.items()}
    path = saved(tmp_path / "model.pth", {**sets, "epoch": 3, "loss": torch.tensor(0.5)})
    assert value_of(path, averaged) == content[key]
    found = read_weights(path, averaged=averaged)
    assert (found.key, found.left) == (key, left or ("swa", "model_ema"))


def test_states_of_optimizers_and_scores_are_no_weights(tmp_path: Path) -> None:
    model = Small()
    optimizer = torch.optim.AdamW(model.parameters())
    sum(parameter.sum() for parameter in model.parameters()).backward()  # type: ignore[union-attr]
    optimizer.step()
    content = {
        "model": filled(1.0),
        "optimizer": optimizer.state_dict(),
        "ema_optimizer": {"state": {"layer": {"exp_avg": torch.ones(3)}}},
        "average_scores": {"loss": torch.tensor(0.5)},
        "ema": None,
    }
    found = read_weights(saved(tmp_path / "model.pth", content))
    assert found[1:] == ("model", "", ())


def test_what_has_other_names_than_the_weights_is_no_average_of_them(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", {"model": filled(1.0), "class_avg": {"cat": torch.ones(3)}})
    assert value_of(path) == 1.0
    assert read_weights(path).left == ("class_avg",)


def test_timms_own_keys_name_an_average_whatever_its_names(tmp_path: Path) -> None:
    wrapped = {f"model.{name}": value for name, value in filled(1.0).items()}
    path = saved(tmp_path / "last.ckpt", {"state_dict": wrapped, "state_dict_ema": filled(2.0)})
    assert value_of(path) == 2.0
    assert read_weights(path)[1:] == ("state_dict_ema", "state_dict", ())


@pytest.mark.parametrize(
    "ema", [[torch.ones(3)], {"decay": 0.9, "shadow": [torch.ones(3)]}, {"w": torch.ones(3), "n": 1}]
)
def test_an_average_in_another_form_is_told_and_never_denied(ema: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", {"model": filled(1.0), "ema": ema})
    assert value_of(path) == 1.0
    assert read_weights(path).left == ("ema",)
    with pytest.raises(UserError, match=r"true, but in .*model.pth ema is no dictionary of tensors by name"):
        read_weights(path, averaged=True)


def test_a_choice_that_fails_names_what_the_file_holds(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", {"model": filled(1.0), "teacher": filled(2.0)})
    with pytest.raises(
        UserError, match="holds no moving average; its dictionaries of tensors are model, teacher"
    ):
        read_weights(path, averaged=True)
    path = saved(tmp_path / "model.pth", {"net": filled(1.0), "ema": filled(2.0)})
    with pytest.raises(UserError, match=r"holds no weights at state_dict, .*of tensors are net, ema"):
        read_weights(path, averaged=False)
