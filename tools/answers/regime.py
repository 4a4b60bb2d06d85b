"""Answers for features/regime: hmmlearn for the chain, scikit-learn for the mixture, SciPy for densities and ranks.

Filtered probabilities are those that hmmlearn gives the last bar of each shortened history: it only smooths, and at the
end of a history both are one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import hmmlearn
import numpy as np
import scipy
import sklearn
import talib
from hmmlearn.hmm import GaussianHMM
from scipy import stats
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from tools.answers.structure import TALIB, Columns, Floats, Write

LABELS = ("bullish_calm", "bearish_volatile", "squeeze")
OBSERVATIONS = ("log_return", "volatility", "momentum", "zscore")
CENTER, SCALE = np.array([0.0005, 0.0095, 0.5, 0.1]), np.array([0.01, 0.0017, 4.5, 1.2])
START = np.array([0.5, 0.2, 0.3])
TRANSITION = np.array([[0.94, 0.01, 0.05], [0.03, 0.92, 0.05], [0.06, 0.04, 0.9]])
MEANS = np.array([[0.3, -0.5, 0.8, 0.7], [-0.4, 1.1, -0.9, -0.8], [-0.1, -0.6, -0.2, -0.3]])
_ROOTS = (
    [[0.7, 0, 0, 0], [0.1, 0.6, 0, 0], [0.2, 0.1, 0.7, 0], [0.3, -0.1, 0.4, 0.6]],
    [[1.5, 0, 0, 0], [-0.2, 0.9, 0, 0], [0.4, -0.3, 1.1, 0], [0.5, -0.1, 0.3, 0.8]],
    [[0.5, 0, 0, 0], [0.0, 0.5, 0, 0], [0.2, 0.1, 0.6, 0], [0.2, 0.0, 0.3, 0.7]],
)
COVARIANCES = np.array([np.array(root) @ np.array(root).T for root in _ROOTS])
SCIPY = f"SciPy {scipy.__version__}"


def parameters(transition: Floats, start: Floats) -> dict[str, float]:
    """A model by the names of its slots."""
    found = {f"center.{name}": CENTER[k] for k, name in enumerate(OBSERVATIONS)}
    found |= {f"scale.{name}": SCALE[k] for k, name in enumerate(OBSERVATIONS)}
    for k, label in enumerate(LABELS):
        white = np.linalg.inv(np.linalg.cholesky(COVARIANCES[k]))
        found |= {f"{label}.mean.{name}": MEANS[k, n] for n, name in enumerate(OBSERVATIONS)}
        found |= {f"{label}.whitening.{r}{c}": white[r, c] for r in range(4) for c in range(r + 1)}
        found[f"{label}.height"] = stats.multivariate_normal(MEANS[k], COVARIANCES[k]).logpdf(MEANS[k])
        found |= {f"transition.{label}.{other}": transition[k, n] for n, other in enumerate(LABELS)}
        found[f"start.{label}"] = start[k]
    return {name: float(value) for name, value in found.items()}


def models() -> str:
    """Both models as the JSON text that the tests read."""
    mixture = np.repeat(START[None, :], 3, axis=0)
    both = {"regime_hmm": parameters(TRANSITION, START), "regime_gmm": parameters(mixture, START)}
    return json.dumps(both, indent=1) + "\n"


def observed(close: Floats, period: int) -> Floats:
    change = np.concatenate(([np.nan], np.log(close[1:] / close[:-1])))
    deviation, score = np.full(len(close), np.nan), np.full(len(close), np.nan)
    for t in range(len(close)):
        if t >= period:
            deviation[t] = change[t - period + 1 : t + 1].std()
        if t >= period - 1:
            score[t] = stats.zscore(close[t - period + 1 : t + 1])[-1]
    found: Floats = (np.column_stack([change, deviation, talib.ROC(close, period), score]) - CENTER) / SCALE
    return found


def columns_of(shares: Floats, log_likelihood: Floats, first: int, rows: int) -> Columns:
    """The outputs of a fitted regime, NaN before ``first``."""

    def whole(values: Floats) -> Floats:
        return np.concatenate((np.full(first, np.nan), values))[:rows]

    best = {"regime": whole(shares.argmax(axis=1) + 1.0), "probability": whole(shares.max(axis=1))}
    each = {label: whole(shares[:, k]) for k, label in enumerate(LABELS)}
    return {**best, **each, "log_likelihood": whole(log_likelihood)}


def chain() -> Any:
    """The hidden Markov model in hmmlearn."""
    model = GaussianHMM(3, "full", init_params="")
    model.startprob_, model.transmat_, model.means_, model.covars_ = START, TRANSITION, MEANS, COVARIANCES
    return model


def mixture() -> Any:
    """The mixture in scikit-learn."""
    model = GaussianMixture(3, covariance_type="full")
    model.weights_, model.means_, model.covariances_ = START, MEANS, COVARIANCES
    model.precisions_cholesky_ = np.array([np.linalg.inv(np.linalg.cholesky(c)).T for c in COVARIANCES])
    return model


def fitted_answers(w: Columns, write: Write) -> None:
    for period in (20, 8):
        x = observed(w["close"], period)[period:]
        ends = range(1, len(x) + 1)
        markov, mixed = chain(), mixture()
        shares = np.array([markov.predict_proba(x[:n])[-1] for n in ends])
        so_far = np.array([0.0, *(markov.score(x[:n]) for n in ends)])
        about: dict[str, object] = {
            "feature": "hmm_regime",
            "params": {"model": "regime_hmm", "period": period},
            "source": f"hmmlearn {hmmlearn.__version__}, {TALIB}, {SCIPY}",
        }
        write(f"hmm_regime-{period}", columns_of(shares, np.diff(so_far), period, len(w["close"])), about)
        about = {
            "feature": "gmm_regime",
            "params": {"model": "regime_gmm", "period": period},
            "source": f"scikit-learn {sklearn.__version__}, {TALIB}, {SCIPY}",
        }
        found = columns_of(mixed.predict_proba(x), mixed.score_samples(x), period, len(w["close"]))
        write(f"gmm_regime-{period}", found, about)


def piece_answers(w: Columns, write: Write) -> None:
    o, h, l, c, v = (w[n] for n in ("open", "high", "low", "close", "volume"))  # noqa: E741
    x = np.column_stack([c - o, h - l, c - l, h - o])
    density = stats.multivariate_normal(MEANS[0], COVARIANCES[0]).logpdf(x)
    write("regime_density", {"value": density}, {"feature": "regime_density", "params": {}, "source": SCIPY})

    densities = -np.column_stack([np.abs(c - o), h - l, 2.0 * np.abs(h - c)])
    joint = np.log(START) + densities[0]
    logs, total = [joint], [logsumexp(joint)]
    for row in densities[1:]:
        joint = logsumexp(joint[:, None] + np.log(TRANSITION), axis=0) + row
        logs.append(joint)
        total.append(logsumexp(joint))
    shares = np.exp(np.array(logs) - np.array(total)[:, None])
    columns = {f"probability{k}": shares[:, k] for k in range(3)} | {"log_likelihood": np.diff([0.0, *total])}
    write("regime_filter", columns, {"feature": "regime_filter", "params": {}, "source": f"{SCIPY} logsumexp"})

    table: Mapping[int, tuple[float, ...]] = {1: (1.2, 0.02, 0.05), 2: (0.5, 0.03, 0.03), 3: (0.7, 0.015, 0.025)}
    regime = np.where(v > 500, 2 + np.sign(c - o), 0)
    rows = np.array([table.get(int(k), (np.nan,) * 3) for k in regime])
    columns = dict(zip(("multiplier", "stop", "target"), rows.T, strict=True))
    about: dict[str, object] = {"feature": "regime_parameters", "params": {}, "source": "document 004, by hand"}
    write("regime_parameters", columns, about)


def ranks(x: Floats, window: int) -> Floats:
    found = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        before = x[t - window + 1 : t]
        if not np.isnan(before).any():
            found[t] = stats.percentileofscore(before, x[t], kind="mean")
    return found


def rule_answers(w: Columns, write: Write) -> None:
    high, low, close = w["high"], w["low"], w["close"]
    for period, trend, window, wild, tight in ((20, 50, 100, 75.0, 15.0), (6, 15, 40, 60.0, 35.0)):
        change = np.concatenate(([np.nan], np.log(close[1:] / close[:-1])))
        deviation = np.array(
            [change[max(t - period + 1, 0) : t + 1].std() if t >= period else np.nan for t in range(len(close))]
        )
        upper, middle, lower = talib.BBANDS(close, period, 2.0, 2.0, 0)
        volatility, width = ranks(deviation, window), ranks((upper - lower) / middle, window)
        rising = close >= talib.SMA(close, trend)
        known = ~np.isnan(volatility) & ~np.isnan(width)
        regime, confidence = np.full(len(close), np.nan), np.full(len(close), np.nan)
        for t in np.flatnonzero(known):
            if volatility[t] >= wild and not rising[t]:
                regime[t], beyond = 2, (volatility[t] - wild) / (100 - wild)
            elif width[t] <= tight:
                regime[t], beyond = 3, (tight - width[t]) / tight
            elif rising[t] and volatility[t] < wild:
                regime[t], beyond = 1, (wild - volatility[t]) / wild
            else:
                regime[t], beyond = 0, -1.0
            confidence[t] = 0.5 + 0.5 * beyond
        params = {"period": period, "trend": trend, "window": window, "wild": wild, "tight": tight}
        about: dict[str, object] = {"feature": "rule_regime", "params": params, "source": f"{SCIPY}, {TALIB}"}
        write(f"rule_regime-{period}-{window}", {"regime": regime, "confidence": confidence}, about)
    for period, window, volatile, trending, ranging in ((14, 100, 80.0, 25.0, 20.0), (5, 30, 60.0, 40.0, 30.0)):
        percentile, adx = ranks(talib.NATR(high, low, close, period), window), talib.ADX(high, low, close, period)
        regime = np.where(
            percentile >= volatile, 3.0, np.where(adx >= trending, 1.0, np.where(adx < ranging, 2.0, 0.0))
        )
        regime[np.isnan(percentile) | np.isnan(adx)] = np.nan
        bounds = {"volatile": volatile, "trending": trending, "ranging": ranging}
        about = {
            "feature": "trend_regime",
            "params": {"period": period, "window": window, **bounds},
            "source": f"{SCIPY}, {TALIB}",
        }
        columns = {"regime": regime, "adx": adx, "percentile": percentile}
        write(f"trend_regime-{period}-{window}", columns, about)


def answers(w: Columns, write: Write) -> None:
    fitted_answers(w, write)
    piece_answers(w, write)
    rule_answers(w, write)
