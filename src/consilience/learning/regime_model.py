"""Regime models fitted to the observations of a panel, as parameter sets that the features read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Floats, Ints, Panel
from consilience.core.time import Timeframe
from consilience.features import Evaluator, FeatureBlock, Node, bar, ta
from consilience.features.expression import on_base
from consilience.features.regime._model import (
    LABELS,
    LOWER,
    OBSERVATIONS,
    PERIOD,
    chain_slots,
    closing,
    density_slots,
    observations,
    split_model,
    standard_slots,
)
from consilience.learning.gaussian import Terms, whitening
from consilience.learning.gaussian_hmm import fit_markov
from consilience.learning.gaussian_mixture import fit_mixture
from consilience.learning.regime_labels import States, in_label_order
from consilience.market.float_bars import FloatBarMaker

# variances of standard units are about 1: the ridge keeps a state of few bars from shrinking to a point, the smallest
# transition keeps the filter from being locked in a state that a new observation all but rules out; a fit that ends
# before it converges does not serve, so it gets the steps that it needs
TERMS = Terms(iterations=1000, tolerance=1e-5, ridge=1e-3, smallest=1e-4)
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


class Market(NamedTuple):
    """Which bars of a panel a model is of.

    bars: their length, such as ``1d``; empty for the panel's own. session_open: int64 [T, S] of the panel's cells from
    its first slice on, which longer bars anchor to; None for UTC midnight.
    """

    bars: str = ""
    session_open: Ints | None = None


def observe(panel: Panel, period: int = PERIOD, market: Market | None = None) -> Floats:
    """The observations [T, S, 4] of every slice, by the features that also read them live; NaN where not known.

    Of longer bars only the slices in which one closes have any.
    """
    bars = "" if market is None else market.bars
    if not bars:
        return _values(panel, observations(ta, bar.close, period), market)
    seen = _values(panel, [*_on_slices(observations(ta, bar.at(bars).close, period)), closing(ta, bar, bars)], market)
    seen[seen[..., -1] != 1.0] = np.nan
    return seen[..., :-1]


def closes(panel: Panel, market: Market) -> Ints:
    """Rows of the slices in which a bar of the model closes for some symbol, ascending.

    Raises ConfigError for bars that are no multiple of the panel's.
    """
    if not market.bars:
        return np.arange(panel.shape[0])
    own, length = panel.duration_ns, Timeframe.parse(market.bars).duration_ns
    if not own or length <= own or length % own:
        whose = f"the run's bars are {Timeframe(own)}" if own else "the run's bars are irregular"
        raise ConfigError(f"{whose}, so no model of {market.bars} bars is fitted; choose a larger multiple, or none")
    closed: Ints = np.flatnonzero((_values(panel, [closing(ta, bar, market.bars)], market) == 1.0).any(axis=(1, 2)))
    return closed


def _on_slices(nodes: Sequence[Node]) -> list[Node]:
    return [on_base(node) for node in nodes]


def _values(panel: Panel, nodes: Sequence[Node], market: Market | None) -> Floats:
    """Values [T, S, N] of ``nodes`` in every slice."""
    rows, symbols = panel.shape
    opens = None if market is None else market.session_open
    evaluator = Evaluator(nodes, symbols, block=rows)
    bars = FloatBarMaker(symbols, evaluator.price_fields()).make(panel, 0, rows)
    evaluator.push(
        FeatureBlock(
            panel.ts,
            bars,
            panel.valid,
            panel.session,
            session_open=None if opens is None else opens[:rows],
            duration_ns=panel.duration_ns,
            dense=panel.dense,
        )
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
    states = in_label_order(States(means, covariances, transition, share))
    reached, iterations, converged = ended
    return Fitted(center, scale, *states, reached / len(x), len(x), iterations, converged)


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


def model_kinds(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Kind and bars by name: regime_hmm, regime_gmm, with ``@1d`` or the like where they are of longer bars.

    Raises NotFound for another name, ConfigError for bars of no length.
    """
    kinds = {f"regime_{kind}": kind for kind in KINDS}
    found = {}
    for name in names:
        model, bars = split_model(name)
        if model not in kinds:
            raise NotFound.named("fitted model", model, kinds, "in [data] models")
        if bars or "@" in name:
            Timeframe.parse(bars)
        found[name] = kinds[model], bars
    return found


class RegimeFitter:
    """Fits regime models of one kind; a ``Fitter`` of the core's ports.

    kind: 'hmm' or 'gmm'. window: bars of each symbol to train on, the latest; 0 for all. fewest: bars a symbol needs.
    pooled: one model of all symbols, each a sequence of its own, else one for each symbol. period: see ``observe``.
    market: which bars it is of; its session opens are those of every panel that ``fit`` gets, from the first slice.
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
        market: Market | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ConfigError(f"a regime model is one of {', '.join(KINDS)}, not {kind!r}")
        least = len(LABELS) * (len(OBSERVATIONS) + 1)
        if fewest < least or (window and window < fewest):
            raise ConfigError(f"fewest={fewest} must lie between {least} and the window, {window or 'all'}")
        self.kind, self.pooled, self.period, self.terms = kind, pooled, period, terms.checked()
        self.window, self.fewest, self.market = window, fewest, market or Market()

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
        seen = observe(panel.rows(0, stop), self.period, self.market)
        found: dict[str, Floats] = {}
        for s, symbol in enumerate(panel.symbols):
            known: Ints = np.flatnonzero(np.isfinite(seen[:, s]).all(axis=1))
            if len(known) >= self.fewest:
                found[symbol] = np.ascontiguousarray(seen[known[-self.window :], s])
        return found
