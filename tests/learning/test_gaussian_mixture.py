"""Gaussian mixtures against scikit-learn (tools/make_regime_answers.py), and what every fit must do."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from consilience.core.errors import DataError
from consilience.learning.gaussian import Terms, clusters, moments
from consilience.learning.gaussian_mixture import Mixture, fit_mixture, posteriors

ANSWERS = json.loads((Path(__file__).parent / "answers" / "fits.json").read_text(encoding="utf-8"))
MODEL = Mixture(*(np.array(ANSWERS["model"][k]) for k in ("start", "means", "covariances")))
cases = pytest.mark.parametrize("case", ANSWERS["cases"], ids=lambda case: f"{len(case['x'])} rows")


@cases
def test_likelihood_and_probabilities_are_those_of_scikit_learn(case):
    shares, density = posteriors(MODEL, np.array(case["x"]))
    assert density.sum() == pytest.approx(case["gmm"]["log_likelihood"], rel=0, abs=1e-8)
    np.testing.assert_allclose(shares[:40], case["gmm"]["posterior"], rtol=0, atol=1e-10)


@cases
def test_one_step_of_expectation_maximisation_is_that_of_scikit_learn(case):
    x = np.array(case["x"])
    weight, means, covariances = moments(x, posteriors(MODEL, x)[0], 0.0)
    step = {"weights": weight / weight.sum(), "means": means, "covariances": covariances}
    for name, value in step.items():
        np.testing.assert_allclose(value, case["gmm"]["step"][name], rtol=0, atol=1e-9, err_msg=name)
    assert not np.allclose(means, MODEL.means, atol=1e-3)


@cases
def test_a_fit_is_as_likely_as_the_best_of_scikit_learn(case):
    x = np.array(case["x"])
    fit = fit_mixture(x, Terms(), 0)
    assert fit.log_likelihood > case["gmm"]["best"] - 0.01  # of thousands
    assert fit.converged and fit.model.weights.sum() == pytest.approx(1.0)
    assert fit.log_likelihood == pytest.approx(posteriors(fit.model, x)[1].sum(), abs=1e-9)


def test_each_step_is_at_least_as_likely_as_the_one_before():
    x = np.array(ANSWERS["cases"][2]["x"])
    reached = [
        fit_mixture(x, Terms(iterations=n, tolerance=0.0, restarts=1, ridge=0.0), 4).log_likelihood
        for n in range(1, 15)
    ]
    assert all(b >= a - 1e-9 for a, b in pairwise(reached)) and reached[-1] > reached[0]


def test_a_fit_that_ran_out_of_steps_says_so():
    fit = fit_mixture(np.array(ANSWERS["cases"][0]["x"]), Terms(iterations=2), 0)
    assert not fit.converged and fit.iterations == 2


def test_clusters_are_seeded_and_all_used():
    x = np.array(ANSWERS["cases"][0]["x"])
    one, again = (clusters(x, 3, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert set(one.tolist()) == {0, 1, 2}
    assert set(clusters(np.ones((9, 2)), 3, np.random.default_rng(3)).tolist()) == {0}


def test_too_few_rows_are_refused():
    with pytest.raises(DataError, match="too few"):
        fit_mixture(np.zeros((5, 4)), Terms(), 0)
