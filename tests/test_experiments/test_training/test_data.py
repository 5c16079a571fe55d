"""A run's data are those that its spec names."""

from pathlib import Path

import pytest

from datasets.catalog import load
from experiments.config.run_spec import Task
from experiments.training.data import load_data, shape_of
from tests.test_experiments.made import DIGITS, run_spec


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_data_are_those_of_the_catalog(task: Task, cache: Path) -> None:
    splits, expected = load_data(run_spec(task), cache), load("cluttered_digits", task, DIGITS, cache=cache)
    assert splits.content == expected.content
    assert splits.classes == expected.classes
    assert (splits.test.images[:] == expected.test.images[:]).all()


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_shape_is_that_of_the_images_and_classes(task: Task, cache: Path) -> None:
    splits = load_data(run_spec(task), cache)
    assert tuple(shape_of(splits)) == (*splits.train.images.shape[1:], len(splits.classes))
    assert shape_of(splits).example().shape == (1, *splits.train.images.shape[1:])


def test_content_with_another_hash_is_an_error_that_names_both(cache: Path) -> None:
    spec = run_spec()
    content = load_data(spec, cache).content
    right = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"content": content})})
    assert load_data(right, cache).content == content
    wrong = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"content": "0" * 64})})
    with pytest.raises(ValueError, match=f"dataset.content: {'0' * 64} is not the hash of .*{content}"):
        load_data(wrong, cache)
