"""Regimes on histories small enough to check by eye; parameters that arrive late, change, or are of one symbol."""

import numpy as np
import pytest

from consilience.core.codes import MarketRegime, Regime
from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.regime._model import LABELS, SLOTS
from tests.features.support import FittedBar, history, run, same
from tests.features.test_composite import block_of, values

NAN = np.nan
UNKNOWN, BULLISH, BEARISH, SQUEEZE = (int(label) for label in MarketRegime)
MODEL = FittedBar.models["regime_hmm"]
NAMES = [f"regime_hmm.{name}" for name in SLOTS]
KEPT = {f"transition.{a}.{b}": float(a == b) for a in LABELS for b in LABELS}  # a chain that never moves
HMM = ta.hmm_regime(bar, period=5)
NODES = [HMM.bullish_calm, HMM.bearish_volatile, HMM.squeeze, HMM.regime, HMM.probability, HMM.log_likelihood]


def with_model(block, from_row=0, symbols=slice(None), **changed):
    """The block with the model of the answer files from a row on, for some symbols; NaN elsewhere."""
    model = MODEL | changed
    slots = np.full((len(SLOTS), *block.valid.shape), NAN)
    for n, name in enumerate(SLOTS):
        slots[n, from_row:, symbols] = model[name]
    return block._replace(slots=slots)


def pushed(nodes, block: FeatureBlock) -> np.ndarray:
    rows, symbols = block.valid.shape
    evaluator = Evaluator(nodes, symbols, slots=NAMES, block=rows)
    evaluator.push(block)
    return np.array([evaluator.value(node).copy() for node in nodes])


# ---- the rule --------------------------------------------------------------------------------------------------------
def staged(kind: str) -> np.ndarray:
    """Sixty bars of usual moves, then twelve of one kind."""
    usual = 100 * np.exp(np.cumsum(np.tile([0.01, -0.009, 0.012, -0.011, 0.004, -0.005], 10)))
    saw = np.tile([1.0, -1.0], 6)
    moves = {
        "calm rise": 0.004 + 0.006 * saw,
        "wild fall": -0.01 + 0.04 * saw,
        "wild rise": 0.02 + 0.04 * saw,
        "calm fall": -0.006 + 0.006 * saw,
        "still": 0.0003 * saw,
    }[kind]
    return np.concatenate((usual, usual[-1] * np.exp(np.cumsum(moves))))


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("calm rise", BULLISH),
        ("wild fall", BEARISH),
        ("wild rise", UNKNOWN),
        ("calm fall", UNKNOWN),
        ("still", SQUEEZE),
    ],
)
def test_the_rule_by_example(kind, label):
    regime, confidence = values(ta.rule_regime(bar, 10, 10, 40, 75.0, 15.0), block_of(staged(kind), spread=0.1))
    assert regime[-1] == label
    assert (0.5 <= confidence[-1] <= 1.0) if label else confidence[-1] == 0.0


def test_the_rule_is_certain_at_the_end_of_its_rank():
    regime, confidence = values(ta.rule_regime(bar, 10, 10, 40, 75.0, 15.0), block_of(staged("wild fall")))
    assert confidence[regime == BEARISH].max() == 1.0  # wilder than all of its window
    assert (confidence[regime > 0] >= 0.5).all() and (confidence[regime == UNKNOWN] == 0.0).all()
    assert np.isnan(regime[:48]).all() and not np.isnan(regime[49:]).any()  # 10 + 40 - 1 bars


# ---- trending, ranging, volatile -------------------------------------------------------------------------------------
def trend_block(close) -> FeatureBlock:
    return block_of(close, open_=np.concatenate(([close[0]], close[:-1])), spread=0.3)


def calming() -> np.ndarray:
    """Up and down, less and less."""
    return 100 + np.tile([0.0, 1.0, 0.0, -1.0], 20) * np.linspace(3.0, 1.0, 80)


@pytest.mark.parametrize(
    ("close", "regime"),
    [
        (100 + 0.5 * np.arange(80.0), Regime.TRENDING),
        (calming(), Regime.RANGING),
        (100 + np.concatenate((np.tile([0.0, 1.0], 35), np.tile([0.0, 6.0], 5))), Regime.VOLATILE),
    ],
)
def test_what_moves_are_like(close, regime):
    found = values(ta.trend_regime(bar, 5, 30), trend_block(close))
    assert found[0][-1] == regime
    bounds = {
        Regime.TRENDING: found[1][-1] >= 25 and found[2][-1] < 80,
        Regime.RANGING: found[1][-1] < 20 and found[2][-1] < 80,
        Regime.VOLATILE: found[2][-1] >= 80,
    }
    assert bounds[regime]


def test_between_the_bounds_it_is_none_of_them():
    regime, adx, _ = values(ta.trend_regime(bar, 5, 30, 80.0, 90.0, 1.0), trend_block(calming()))
    assert regime[-1] == Regime.DEFAULT and 1.0 <= adx[-1] < 90.0


# ---- how to trade in each --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("regime", "row"),
    [
        (BULLISH, (1.2, 0.02, 0.05)),
        (BEARISH, (0.5, 0.03, 0.03)),
        (SQUEEZE, (0.7, 0.015, 0.025)),
        (UNKNOWN, (NAN, NAN, NAN)),
        (NAN, (NAN, NAN, NAN)),
    ],
)
def test_document_004_says_how_to_trade(regime, row):
    found = values(ta.regime_parameters(bar.close), block_of([regime]))
    np.testing.assert_array_equal(np.array(found)[:, 0], row)


# ---- fitted models ---------------------------------------------------------------------------------------------------
def test_nothing_is_said_before_the_first_parameters():
    block = history(60, 2, seed=2)
    found = pushed(NODES, with_model(block, 30))
    assert np.isnan(found[:, :30]).all() and not np.isnan(found[:, 30:]).any()
    np.testing.assert_allclose(found[:3, 30:].sum(axis=0), 1.0, atol=1e-12)
    np.testing.assert_array_equal(found[4, 30:], found[:3, 30:].max(axis=0))
    np.testing.assert_array_equal(found[3, 30:], found[:3, 30:].argmax(axis=0) + 1)


def test_the_start_counts_at_the_first_bar_that_is_known():
    block = history(40, 1, seed=3)
    sure = with_model(block, 20, **{f"start.{label}": float(label == "squeeze") for label in LABELS})
    np.testing.assert_array_equal(pushed(NODES[:3], sure)[:, 20, 0], [0.0, 0.0, 1.0])


def test_the_filter_goes_on_with_its_probabilities_when_parameters_change():
    block = history(60, 1, seed=4)
    first, second = with_model(block), with_model(block, **KEPT)
    slots = first.slots.copy()
    slots[:, 40:] = second.slots[:, 40:]
    plain, changed = pushed(NODES[:3], first), pushed(NODES[:3], block._replace(slots=slots))
    same(plain[:, :40], changed[:, :40])
    # a chain that never moves weighs what was known with the densities alone: three bars by hand
    densities = np.array([[density(label, block, 0, row) for label in LABELS] for row in range(60)])
    known = plain[:, 39, 0]
    for row in (40, 41, 42):
        known = known * np.exp(densities[row] - densities[row].max())
        known /= known.sum()
        np.testing.assert_allclose(changed[:, row, 0], known, rtol=1e-9, atol=1e-12)


def density(label: str, block: FeatureBlock, symbol: int, row: int) -> float:
    """Log density of one bar in one regime, from the covariance itself."""
    close = block.bars.close[:, symbol]
    if row < 5:
        return NAN
    change = np.diff(np.log(close[row - 5 : row + 1]))
    window = close[row - 4 : row + 1]
    seen = (
        change[-1],
        change.std(),
        100 * (close[row] / close[row - 5] - 1),
        (close[row] - window.mean()) / window.std(),
    )
    names = ("log_return", "volatility", "momentum", "zscore")
    z = np.array([(x - MODEL[f"center.{n}"]) / MODEL[f"scale.{n}"] for x, n in zip(seen, names, strict=True)])
    white = np.array([[MODEL.get(f"{label}.whitening.{r}{c}", 0.0) for c in range(4)] for r in range(4)])
    away = white @ (z - [MODEL[f"{label}.mean.{n}"] for n in names])
    return float(MODEL[f"{label}.height"] - 0.5 * away @ away)


def test_a_bar_without_an_observation_moves_the_chain_and_says_nothing():
    block = history(50, 1, seed=5)
    close = block.bars.close.copy()
    close[30:36] = close[30]  # five equal closes have no z-score
    block = block._replace(bars=FloatBars(block.bars.open, block.bars.high, block.bars.low, close, block.bars.volume))
    found = pushed(NODES[:3], with_model(block))[:, :, 0]
    blind = np.flatnonzero(np.isnan(found[0, 10:])) + 10
    assert blind.tolist() == [34, 35]
    moves = np.array([[MODEL[f"transition.{a}.{b}"] for b in LABELS] for a in LABELS])
    known = found[:, 33] @ moves @ moves @ moves
    logs = np.array([density(label, block, 0, 36) for label in LABELS])
    known = known * np.exp(logs - logs.max())
    np.testing.assert_allclose(found[:, 36], known / known.sum(), rtol=1e-9, atol=1e-12)


def test_an_observation_that_no_regime_explains_is_left_out():
    block = history(50, 1, seed=6)
    wild = with_model(block, **KEPT, **{f"start.{label}": float(label == "squeeze") for label in LABELS})
    wild.slots[[NAMES.index("regime_hmm.squeeze.height")], 30] = -1e6  # squeeze cannot be, and nothing else is possible
    found = pushed(NODES[:3], wild)[:, :, 0]
    assert np.isnan(found[:, 30]).all()
    np.testing.assert_array_equal(found[:, 31], [0.0, 0.0, 1.0])


def test_parameters_of_one_symbol_say_nothing_of_another():
    found = pushed(NODES, with_model(history(40, 3, seed=7), 10, symbols=1))
    assert np.isnan(found[:, :, [0, 2]]).all() and not np.isnan(found[:, 10:, 1]).any()


def test_a_mixture_is_a_chain_whose_rows_are_its_weights():
    block = history(50, 2, seed=8)
    weights = {f"transition.{a}.{b}": MODEL[f"start.{b}"] for a in LABELS for b in LABELS}
    gmm = ta.gmm_regime(bar, "regime_hmm", 5)
    first, second = gmm.bullish_calm, gmm.log_likelihood
    found = pushed([first, second], with_model(block, **weights))
    late = pushed([first, second], with_model(block, 25, **weights))
    same(found[:, 25:], late[:, 25:])  # no bar remembers another


@pytest.mark.parametrize("sizes", [1, (7, 20, 3)])
def test_bars_and_parameters_of_the_future_change_no_label_of_the_past(sizes):
    block = with_model(history(80, 3, seed=9, masked=0.2), 15)
    later = block.bars._replace(close=np.concatenate((block.bars.close[:50], block.bars.close[50:] * 1.5 + 3)))
    slots = block.slots.copy()
    slots[:, 50:] *= 0.9
    lengths = [sizes] if isinstance(sizes, int) else list(sizes)

    def values_of(given):
        evaluator = Evaluator(NODES, 3, slots=NAMES, block=max(lengths))
        return run(NODES, given, sizes, evaluator)

    whole, changed = values_of(block), values_of(block._replace(bars=later, slots=slots))
    for a, b, c in zip(whole, changed, values_of(block.rows(0, 50)), strict=True):
        same(a[:50], b[:50])
        same(a[:50], c)
    assert not np.array_equal(whole[0][50:], changed[0][50:], equal_nan=True)
