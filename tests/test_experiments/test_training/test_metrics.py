"""Metrics from one confusion matrix, against scikit-learn's."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from experiments.training import metrics as evaluation

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def matrix_of(pairs: list[tuple[int, int]]) -> torch.Tensor:
    truth, predicted = torch.tensor(pairs).T
    return evaluation.confusion_matrix(predicted, truth, 4)


@given(PAIRS)
def test_the_confusion_matrix_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    expected = metrics.confusion_matrix(truth, predicted, labels=range(4))
    assert matrix_of(pairs).tolist() == expected.tolist()


@given(PAIRS)
def test_scores_of_classes_that_occur_are_scikit_learns_and_absent_ones_are_nan(
    pairs: list[tuple[int, int]],
) -> None:
    truth, predicted = np.array(pairs).T
    matrix = matrix_of(pairs)
    for scores, oracle in (
        (evaluation.intersection_over_union(matrix), metrics.jaccard_score),
        (evaluation.dice_score(matrix), metrics.f1_score),
    ):
        for label in range(4):
            if label in truth or label in predicted:
                (expected,) = oracle(truth, predicted, labels=[label], average=None, zero_division=0)
                assert math.isclose(scores[label], expected)
            else:
                assert math.isnan(scores[label])


@given(PAIRS)
def test_recall_is_scikit_learns_and_nan_without_examples(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    recalls = evaluation.recall(matrix_of(pairs))
    for label in range(4):
        if label in truth:
            (expected,) = metrics.recall_score(truth, predicted, labels=[label], average=None)
            assert math.isclose(recalls[label], expected)
        else:
            assert math.isnan(recalls[label])


@given(PAIRS)
def test_accuracy_is_the_share_of_hits(pairs: list[tuple[int, int]]) -> None:
    assert math.isclose(
        evaluation.accuracy(matrix_of(pairs)), sum(a == b for a, b in pairs) / len(pairs), rel_tol=1e-6
    )


def test_nan_is_listed_as_null() -> None:
    assert evaluation.to_json_numbers(torch.tensor([0.5, math.nan])) == [0.5, None]
