"""Regime models fitted to the observations of a panel, as parameter sets that the features read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.panel import Floats, Ints, Panel
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.regime._model import (
    LABELS,
    LOWER,
    OBSERVATIONS,
    PERIOD,
    chain_slots,
    density_slots,
    observations,
    standard_slots,
)
from consilience.learning.gaussian import Terms, whitening
from consilience.learning.gaussian_hmm import fit_markov
from consilience.learning.gaussian_mixture import fit_mixture
from consilience.learning.regime_labels import label_order
from consilience.market.float_bars import FloatBarMaker

# variances of standard units are about 1: the ridge keeps a state of few bars from shrinking to a point, the smallest
# transition keeps the filter from being locked in a state that a new observation all but rules out
TERMS = Terms(tolerance=1e-5, ridge=1e-3, smallest=1e-4)
KINDS = ("hmm", "gmm")


class Fitted(NamedTuple):
    """One model in the order of the labels, in standard units. share: [3] of the sample in each regime."""

    center: Floats
    scale: Floats
    means: Floats
    covariances: Floats
    transition: Floats
    share: Floats
    log_likelihood: float
    observations: int
    iterations: int
    converged: bool


def observe(panel: Panel, period: int = PERIOD) -> Floats:
    """The observations [T, S, 4] of every slice, by the features that also read them live; NaN where not known."""
    rows, symbols = panel.shape
    nodes = observations(ta, bar.close, period)
    evaluator = Evaluator(nodes, symbols, block=rows)
    bars = FloatBarMaker(symbols, evaluator.price_fields()).make(panel, 0, rows)
    evaluator.push(
        FeatureBlock(panel.ts, bars, panel.valid, panel.session, duration_ns=panel.duration_ns, dense=panel.dense)
    )
    return np.stack([evaluator.value(node) for node in nodes], axis=-1)


def fit_regimes(kind: str, sample: Sequence[Floats], seed: int, terms: Terms = TERMS) -> Fitted:
    """A model of ``kind`` from sequences of observations [N, 4], standardised by their common mean and deviation.

    Raises ConfigError for an unknown kind, DataError for too few observations.
    """
    if kind not in KINDS:
        raise ConfigError(f"a regime model is one of {', '.join(KINDS)}, not {kind!r}")
    rows = np.concatenate(sample)
    center, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    x = (rows - center) / scale
    if kind == "hmm":
        markov = fit_markov(x, terms, seed, np.array([len(one) for one in sample], np.int64))
        means, covariances, transition = markov.model.means, markov.model.covariances, markov.model.transition
        share, ended = markov.share, (markov.log_likelihood, markov.iterations, markov.converged)
    else:
        mixture = fit_mixture(x, terms, seed)
        means, covariances, share = mixture.model.means, mixture.model.covariances, mixture.model.weights
        transition = np.repeat(share[None, :], len(share), axis=0)
        ended = (mixture.log_likelihood, mixture.iterations, mixture.converged)
    order = list(label_order(means))
    reached, iterations, converged = ended
    return Fitted(
        center, scale, means[order], covariances[order], transition[np.ix_(order, order)], share[order],
        reached / len(x), len(x), iterations, converged,
    )  # fmt: skip


def slot_values(fitted: Fitted) -> dict[str, float]:
    """The model by the names of its slots, and how the fit went (``log_likelihood`` is an observation's)."""
    white, heights = whitening(fitted.covariances)
    numbers = [*fitted.center, *fitted.scale]
    names = [*standard_slots()]
    for k, label in enumerate(LABELS):
        names += density_slots(label)
        numbers += [*fitted.means[k], *(white[k][at] for at in LOWER), heights[k]]
    names += chain_slots()
    numbers += [*fitted.transition.ravel(), *fitted.share]
    names += ["log_likelihood", "observations", "iterations", "converged"]
    numbers += [fitted.log_likelihood, fitted.observations, fitted.iterations, fitted.converged]
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}


class RegimeFitter:
    """Fits regime models of one kind; a ``Fitter`` of the core's ports.

    kind: 'hmm' or 'gmm'. window: bars of each symbol to train on, the latest; 0 for all. fewest: bars a symbol needs.
    pooled: one model of all symbols, each a sequence of its own, else one for each symbol. period: see ``observe``.
    """

    def __init__(
        self,
        kind: str,
        *,
        window: int = 0,
        fewest: int = 250,
        pooled: bool = True,
        period: int = PERIOD,
        terms: Terms = TERMS,
    ) -> None:
        if kind not in KINDS:
            raise ConfigError(f"a regime model is one of {', '.join(KINDS)}, not {kind!r}")
        least = len(LABELS) * (len(OBSERVATIONS) + 1)
        if fewest < least or (window and window < fewest):
            raise ConfigError(f"fewest={fewest} must lie between {least} and the window, {window or 'all'}")
        self.kind, self.pooled, self.period, self.terms = kind, pooled, period, terms.checked()
        self.window, self.fewest = window, fewest

    def fit(self, panel: Panel, training_end_ns: int, seed: int) -> Mapping[str, Any]:
        """Values of slots from slices that closed by ``training_end_ns``: numbers, or a mapping by symbol each.

        Empty where no symbol has ``fewest`` bars with observations.
        """
        samples = self._samples(panel, training_end_ns)
        if not samples:
            return {}
        if self.pooled:
            return slot_values(fit_regimes(self.kind, list(samples.values()), seed, self.terms))
        each = {symbol: slot_values(fit_regimes(self.kind, [x], seed, self.terms)) for symbol, x in samples.items()}
        names = next(iter(each.values()))
        return {name: {symbol: values[name] for symbol, values in each.items()} for name in names}

    def _samples(self, panel: Panel, training_end_ns: int) -> dict[str, Floats]:
        """The known observations [N, 4] of each symbol that has enough of them."""
        stop = int(np.searchsorted(panel.ts, training_end_ns, side="right"))
        if stop == 0:
            return {}
        seen = observe(panel.rows(0, stop), self.period)
        found: dict[str, Floats] = {}
        for s, symbol in enumerate(panel.symbols):
            known: Ints = np.flatnonzero(np.isfinite(seen[:, s]).all(axis=1))
            if len(known) >= self.fewest:
                found[symbol] = np.ascontiguousarray(seen[known[-self.window :], s])
        return found
