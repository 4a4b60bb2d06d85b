"""Hidden Markov models against hmmlearn (tools/make_regime_answers.py), and what every fit must do."""

import json
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import ConfigError, DataError
from consilience.learning.gaussian import Terms, whitening
from consilience.learning.gaussian_hmm import (
    MarkovModel,
    _expect,
    _maximise,
    filtered,
    fit_markov,
    floored,
    log_likelihood,
    smoothed,
)

ANSWERS = json.loads((Path(__file__).parent / "answers" / "fits.json").read_text(encoding="utf-8"))
MODEL = MarkovModel(*(np.array(ANSWERS["model"][k]) for k in ("start", "transition", "means", "covariances")))
cases = pytest.mark.parametrize("case", ANSWERS["cases"], ids=lambda case: f"{len(case['x'])} rows")


def sample_of(case):
    return np.array(case["x"]), np.array(case["lengths"], np.int64)


@cases
def test_likelihood_and_probabilities_are_those_of_hmmlearn(case):
    x, lengths = sample_of(case)
    assert log_likelihood(MODEL, x, lengths) == pytest.approx(case["hmm"]["log_likelihood"], rel=0, abs=1e-8)
    np.testing.assert_allclose(smoothed(MODEL, x, lengths)[:40], case["hmm"]["smoothed"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(filtered(MODEL, x, lengths)[:40], case["hmm"]["filtered"], rtol=0, atol=1e-10)


@cases
def test_one_step_of_baum_and_welch_is_that_of_hmmlearn(case):
    x, lengths = sample_of(case)
    stepped = _maximise(_expect(MODEL, x, lengths), x, Terms(ridge=0.0))
    for name, value in stepped._asdict().items():
        np.testing.assert_allclose(value, case["hmm"]["step"][name], rtol=0, atol=1e-9, err_msg=name)
    assert not np.allclose(stepped.transition, MODEL.transition, atol=1e-3)


@cases
def test_a_fit_is_as_likely_as_the_best_of_hmmlearn(case):
    x, lengths = sample_of(case)
    fit = fit_markov(x, Terms(), 0, lengths)
    assert fit.log_likelihood > case["hmm"]["best"] - 0.01  # of thousands; both stop a little before the summit
    assert fit.log_likelihood == pytest.approx(log_likelihood(fit.model, x, lengths), abs=1e-9)
    assert fit.converged and fit.share.sum() == pytest.approx(1.0)


@cases
def test_a_fit_finds_the_hidden_states(case):
    x, lengths = sample_of(case)
    found = smoothed(fit_markov(x, Terms(), 0, lengths).model, x, lengths).argmax(axis=1)
    states = np.array(case["states"])
    best = max(float((np.array(order)[found] == states).mean()) for order in permutations(range(3)))
    assert best > 0.9


def test_each_step_is_at_least_as_likely_as_the_one_before():
    x = np.array(ANSWERS["cases"][2]["x"])
    reached = [
        fit_markov(x, Terms(iterations=n, tolerance=0.0, restarts=1, ridge=0.0), 4).log_likelihood for n in range(1, 12)
    ]
    assert all(b >= a - 1e-9 for a, b in pairwise(reached)) and reached[-1] > reached[0]


def test_sequences_are_apart():
    x = np.array(ANSWERS["cases"][1]["x"])
    parts = [x[:300], x[300:420], x[420:]]
    whole = log_likelihood(MODEL, x, np.array([300, 120, 80]))
    assert whole == pytest.approx(sum(log_likelihood(MODEL, part) for part in parts), abs=1e-9)
    assert abs(whole - log_likelihood(MODEL, x)) > 1e-3
    np.testing.assert_array_equal(filtered(MODEL, x, np.array([300, 120, 80]))[300:420], filtered(MODEL, parts[1]))


def test_filtered_values_know_nothing_of_later_rows_and_smoothed_ones_do():
    x = np.array(ANSWERS["cases"][2]["x"])
    changed = x.copy()
    changed[100:] = changed[100:][::-1]
    np.testing.assert_array_equal(filtered(MODEL, x)[:100], filtered(MODEL, changed)[:100])
    assert (smoothed(MODEL, x)[:100] != smoothed(MODEL, changed)[:100]).any()


def test_a_seed_gives_one_fit():
    x = np.array(ANSWERS["cases"][2]["x"])
    one, again = fit_markov(x, Terms(restarts=2), 7), fit_markov(x, Terms(restarts=2), 7)
    for a, b in zip(one.model, again.model, strict=True):
        np.testing.assert_array_equal(a, b)


@given(st.permutations(range(3)))
def test_the_order_of_states_means_nothing(order):
    x = np.array(ANSWERS["cases"][2]["x"])
    start, transition, means, covariances = MODEL
    turned = MarkovModel(start[order], transition[np.ix_(order, order)], means[order], covariances[order])
    assert log_likelihood(turned, x) == pytest.approx(log_likelihood(MODEL, x), abs=1e-9)
    np.testing.assert_allclose(filtered(turned, x), filtered(MODEL, x)[:, order], rtol=0, atol=1e-12)


def test_no_transition_is_below_the_smallest():
    x = np.array(ANSWERS["cases"][2]["x"])
    model = fit_markov(x, Terms(smallest=0.01, restarts=1), 0).model
    assert model.transition.min() > 0.0095 and model.start.min() > 0.0095
    np.testing.assert_allclose(floored(np.array([1.0, 0.0]), 0.25), [0.8, 0.2])


def test_whitening_makes_unit_covariances():
    white, heights = whitening(MODEL.covariances)
    for w, c, height in zip(white, MODEL.covariances, heights, strict=True):
        np.testing.assert_allclose(w @ c @ w.T, np.eye(4), atol=1e-12)
        assert height == pytest.approx(-0.5 * np.log(np.linalg.det(2 * np.pi * c)), abs=1e-12)


X = np.arange(80.0).reshape(20, 4) % 7


@pytest.mark.parametrize(
    ("x", "lengths", "text"),
    [
        (X[:14], None, "14 observations are too few for 3 components; give at least 15"),
        (np.where(X == 3.0, np.nan, X), None, "finite observations"),
        (X, [19], "must be above 0 and sum to 20"),
        (X, [20, 0], "must be above 0 and sum to 20"),
    ],
)
def test_unfit_samples_are_refused(x, lengths, text):
    with pytest.raises(DataError, match=text):
        fit_markov(x, Terms(), 0, None if lengths is None else np.array(lengths))


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        (Terms(components=0), "components=0 is below 1"),
        (Terms(iterations=0), "iterations=0"),
        (Terms(restarts=0), "restarts=0"),
        (Terms(smallest=0.4), "leaves nothing for 3 components"),
        (Terms(ridge=-1.0), "may not be below 0"),
    ],
)
def test_terms_are_checked(terms, text):
    with pytest.raises(ConfigError, match=text):
        fit_markov(X, terms, 0)


def test_a_flat_covariance_says_what_to_do():
    with pytest.raises(DataError, match="raise the ridge"):
        fit_markov(np.ones((30, 4)), Terms(ridge=0.0), 0)


def test_equal_rows_can_be_fitted_with_a_ridge():
    assert np.isfinite(fit_markov(np.ones((30, 4)), Terms(ridge=1e-3), 0).log_likelihood)
