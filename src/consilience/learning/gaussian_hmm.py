"""Hidden Markov model with Gaussian states and full covariances, fitted by Baum and Welch from seeded starts.

Rabiner, A tutorial on hidden Markov models, Proceedings of the IEEE 77 (1989): forward and backward variables are
scaled at each step. Several sequences (one for each symbol) share one model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.errors import DataError
from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints
from consilience.learning.gaussian import Terms, as_shares, clusters, log_densities, moments, require_sample


class MarkovModel(NamedTuple):
    """start [K] and transition [K, K] by rows, probabilities; means [K, D]; covariances [K, D, D]."""

    start: Floats
    transition: Floats
    means: Floats
    covariances: Floats


class FittedMarkov(NamedTuple):
    """A fit. share: [K] of the sample in each state; the others as in ``FittedMixture``."""

    model: MarkovModel
    share: Floats
    log_likelihood: float
    iterations: int
    converged: bool


class _Expected(NamedTuple):
    """What the sample says of the hidden states under one model."""

    states: Floats  # [N, K]
    moves: Floats  # [K, K]
    starts: Floats  # [K]
    log_likelihood: float


@njit
def forward_nb(density: Floats, start: Floats, transition: Floats, lengths: Ints, alpha: Floats, scale: Floats) -> None:
    """Filtered probabilities ``alpha`` [N, K] and the ``scale`` [N] of each row, from densities [N, K] (not logs)."""
    count = density.shape[1]
    row = 0
    for length in lengths:
        for t in range(row, row + length):
            total = 0.0
            for k in range(count):
                if t == row:
                    before = start[k]
                else:
                    before = 0.0
                    for j in range(count):
                        before += alpha[t - 1, j] * transition[j, k]
                alpha[t, k] = before * density[t, k]
                total += alpha[t, k]
            scale[t] = total
            if total > 0.0:
                for k in range(count):
                    alpha[t, k] /= total
        row += length


@njit
def backward_nb(
    density: Floats, transition: Floats, lengths: Ints, alpha: Floats, scale: Floats, moves: Floats
) -> None:
    """Turn ``alpha`` into smoothed probabilities and add the expected transitions to ``moves`` [K, K]."""
    count = density.shape[1]
    beta = np.empty(count)
    ahead = np.empty(count)
    row = len(density)
    for at in range(len(lengths) - 1, -1, -1):
        first = row - lengths[at]
        for k in range(count):
            beta[k] = 1.0
        for t in range(row - 2, first - 1, -1):
            for k in range(count):
                ahead[k] = density[t + 1, k] * beta[k] / scale[t + 1]
            # alpha of t + 1 is needed no more: it becomes the smoothed one
            for k in range(count):
                alpha[t + 1, k] *= beta[k]
            for j in range(count):
                beta[j] = 0.0
                for k in range(count):
                    step = transition[j, k] * ahead[k]
                    moves[j, k] += alpha[t, j] * step
                    beta[j] += step
        for k in range(count):
            alpha[first, k] *= beta[k]
        row = first


def _forward(model: MarkovModel, x: Floats, lengths: Ints) -> tuple[Floats, Floats, Floats, float]:
    """(densities below 1, filtered, scales, log likelihood) of ``x`` [N, D]. Raises DataError for an impossible row."""
    logs = log_densities(x, model.means, model.covariances)
    highest = logs.max(axis=1)
    density = np.exp(logs - highest[:, None])
    alpha, scale = np.empty_like(density), np.empty(len(x))
    forward_nb(density, model.start, model.transition, lengths, alpha, scale)
    if not bool((scale > 0.0).all()):
        raise DataError("an observation is impossible under the model; raise the smallest transition probability")
    return density, alpha, scale, float((np.log(scale) + highest).sum())


def _lengths(x: Floats, lengths: Ints | None) -> Ints:
    found = np.array([len(x)], np.int64) if lengths is None else np.ascontiguousarray(lengths, np.int64)
    if int(found.sum()) != len(x) or not bool((found > 0).all()):
        raise DataError(f"lengths of sequences must be above 0 and sum to {len(x)}, the number of observations")
    return found


def log_likelihood(model: MarkovModel, x: Floats, lengths: Ints | None = None) -> float:
    """Log likelihood of the sequences in ``x`` [N, D] (``lengths`` [Q], one sequence when None)."""
    return _forward(model, x, _lengths(x, lengths))[3]


def filtered(model: MarkovModel, x: Floats, lengths: Ints | None = None) -> Floats:
    """Probability [N, K] of each state given the rows of its sequence up to and with this one."""
    return _forward(model, x, _lengths(x, lengths))[1]


def smoothed(model: MarkovModel, x: Floats, lengths: Ints | None = None) -> Floats:
    """Probability [N, K] of each state given all rows of its sequence: for fitting, never for a decision."""
    return _expect(model, x, _lengths(x, lengths)).states


def _expect(model: MarkovModel, x: Floats, lengths: Ints) -> _Expected:
    density, alpha, scale, reached = _forward(model, x, lengths)
    moves = np.zeros_like(model.transition)
    backward_nb(density, model.transition, lengths, alpha, scale, moves)
    firsts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)[:-1]))
    return _Expected(alpha, moves, alpha[firsts].sum(axis=0), reached)


def fit_markov(x: Floats, terms: Terms, seed: int, lengths: Ints | None = None) -> FittedMarkov:
    """The most likely of the seeded fits to the sequences in ``x`` [N, D].

    Raises DataError for too few or unfit observations.
    """
    require_sample(x, terms.checked().components)
    found = _lengths(x, lengths)
    random = np.random.default_rng(seed)
    fits = [_from(clusters(x, terms.components, random), x, found, terms) for _ in range(terms.restarts)]
    return max(fits, key=lambda fit: fit.log_likelihood)


def _from(labels: Ints, x: Floats, lengths: Ints, terms: Terms) -> FittedMarkov:
    """Start from clusters as if they were the states: their moves are counted, and one more of each kind."""
    count = terms.components
    states = as_shares(labels, count)
    firsts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)[:-1]))
    inside = np.ones(len(x), np.bool_)
    inside[firsts] = False
    later = np.flatnonzero(inside)
    moves = np.einsum("nj,nk->jk", states[later - 1], states[later]) + 1.0
    expected = _Expected(states, moves, states[firsts].sum(axis=0) + 1.0, -np.inf)
    before = -np.inf
    for step in range(terms.iterations + 1):
        model = _maximise(expected, x, terms)
        expected = _expect(model, x, lengths)
        if abs(expected.log_likelihood - before) < terms.tolerance * len(x):
            return FittedMarkov(model, _share(expected), expected.log_likelihood, step, True)
        before = expected.log_likelihood
    return FittedMarkov(model, _share(expected), before, terms.iterations, False)


def _share(expected: _Expected) -> Floats:
    share: Floats = expected.states.mean(axis=0)
    return share


def _maximise(expected: _Expected, x: Floats, terms: Terms) -> MarkovModel:
    _, means, covariances = moments(x, expected.states, terms.ridge)
    rows = expected.moves + np.finfo(np.float64).tiny  # a state that is never left keeps a row
    transition = floored(rows / rows.sum(axis=1, keepdims=True), terms.smallest)
    return MarkovModel(floored(expected.starts / expected.starts.sum(), terms.smallest), transition, means, covariances)


def floored(probabilities: Floats, smallest: float) -> Floats:
    """Rows of probabilities with none below about ``smallest``, together 1 again."""
    raised = np.maximum(probabilities, smallest)
    found: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return found
