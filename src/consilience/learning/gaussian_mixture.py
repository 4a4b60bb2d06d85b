"""Gaussian mixture with full covariances, fitted by expectation maximisation from seeded starts.

Dempster, Laird and Rubin (1977); McLachlan and Peel, Finite Mixture Models (2000). The ridge is added to each
covariance, as scikit-learn's ``reg_covar`` is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.panel import Floats
from consilience.learning.gaussian import Terms, as_shares, clusters, log_densities, moments, require_sample


class Mixture(NamedTuple):
    """weights [K], together 1; means [K, D]; covariances [K, D, D]."""

    weights: Floats
    means: Floats
    covariances: Floats


class FittedMixture(NamedTuple):
    """A fit: log likelihood of its whole sample, steps taken, whether the last one gained too little to go on."""

    model: Mixture
    log_likelihood: float
    iterations: int
    converged: bool


def posteriors(model: Mixture, x: Floats) -> tuple[Floats, Floats]:
    """Probability [N, K] of each component for each row of ``x`` [N, D], and the row's log density [N]."""
    with np.errstate(divide="ignore"):  # a weight of 0 is an impossible component
        joint = log_densities(x, model.means, model.covariances) + np.log(model.weights)
    highest = joint.max(axis=1, keepdims=True)
    shares = np.exp(joint - highest)
    total = shares.sum(axis=1, keepdims=True)
    return shares / total, (highest + np.log(total))[:, 0]


def fit_mixture(x: Floats, terms: Terms, seed: int) -> FittedMixture:
    """The most likely of the seeded fits to ``x`` [N, D]. Raises DataError for too few or unfit observations."""
    require_sample(x, terms.checked().components)
    random = np.random.default_rng(seed)
    fits = [
        _from(as_shares(clusters(x, terms.components, random), terms.components), x, terms)
        for _ in range(terms.restarts)
    ]
    return max(fits, key=lambda fit: fit.log_likelihood)


def _from(shares: Floats, x: Floats, terms: Terms) -> FittedMixture:
    before = -np.inf
    for step in range(terms.iterations + 1):
        weight, means, covariances = moments(x, shares, terms.ridge)
        model = Mixture(weight / weight.sum(), means, covariances)
        shares, density = posteriors(model, x)
        reached = float(density.sum())
        if abs(reached - before) < terms.tolerance * len(x):
            return FittedMixture(model, reached, step, True)
        before = reached
    return FittedMixture(model, reached, terms.iterations, False)
