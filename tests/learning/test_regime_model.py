"""Labels of states, fits of panels, and that what is fitted is what the features read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import ConfigError, DataError
from consilience.core.parameters import slot_columns
from consilience.core.refits import Refit, parameter_events
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.regime._model import LABELS, SLOTS
from consilience.learning.gaussian_hmm import MarkovModel, filtered
from consilience.learning.regime_labels import States, in_label_order, label_order
from consilience.learning.regime_model import RegimeFitter, fit_regimes, observe, slot_values
from consilience.market.float_bars import float_bars
from tests.learning.markets import START, later_changed, planted

#                       return  volatility  momentum  z-score
CALM, WILD, STILL = (0.1, -0.5, 0.6, 0.7), (0.0, 1.4, -0.3, -0.2), (-0.1, -0.4, -0.5, -0.8)
PULLBACK_2008 = (-0.15, -0.39, -0.5, -0.93)  # of a fit to the S&P 500 in July 2008: falls more than the wild state


@pytest.mark.parametrize(
    ("states", "order"),
    [
        ((CALM, WILD, STILL), (0, 1, 2)),
        ((WILD, STILL, CALM), (2, 0, 1)),
        ((STILL, CALM, WILD), (1, 2, 0)),
        (((0.08, -0.83, 0.5, 0.78), PULLBACK_2008, (0.04, 0.96, -0.05, 0.03)), (0, 2, 1)),
        ((CALM, CALM, CALM), (0, 0, 0)),
    ],
)
def test_labels_by_hand(states, order):
    found = label_order(np.array(states))
    assert [states[k] for k in found] == [states[k] for k in order]


number = st.floats(-3, 3, allow_nan=False).map(lambda v: round(v, 1))  # so that ties happen


@given(st.lists(st.tuples(number, number, number, number), min_size=3, max_size=3), st.permutations(range(3)))
def test_the_order_in_which_states_are_found_never_matters(states, order):
    means = np.array(states)
    np.testing.assert_array_equal(means[list(label_order(means))], means[order][list(label_order(means[order]))])


@given(
    st.lists(st.tuples(number, number, number, number), min_size=3, max_size=3),
    st.lists(st.floats(0.1, 2.0), min_size=3, max_size=3, unique=True),
    st.permutations(range(3)),
)
def test_permuting_the_states_of_a_fit_changes_no_label(rows, widths, order):
    """Means may tie, wholly even: then the covariances tell the states apart."""
    random = np.random.default_rng(len(set(rows)))
    transition = random.dirichlet(np.ones(3), 3)
    states = States(np.array(rows), np.array([w * np.eye(4) for w in widths]), transition, random.dirichlet(np.ones(3)))
    turned = States(
        states.means[order], states.covariances[order], transition[np.ix_(order, order)], states.share[order]
    )
    found = in_label_order(states)
    for one, other in zip(found, in_label_order(turned), strict=True):
        np.testing.assert_array_equal(one, other)
    # the states keep their own: each label's row of moves, spread and share are those of one state
    for k in range(3):
        state = widths.index(found.covariances[k, 0, 0])
        assert found.share[k] == states.share[state] and sorted(found.transition[k]) == sorted(transition[state])


@pytest.mark.parametrize("kind", ["hmm", "gmm"])
def test_a_fit_from_another_seed_keeps_labels_bar_by_bar(kind):
    panel, _ = planted(420)
    x = observe(panel)[20:, 0]
    said = []
    for seed in range(3):
        fit = fit_regimes(kind, [x], seed)
        model = MarkovModel(fit.share, fit.transition, fit.means, fit.covariances)
        said.append(filtered(model, (x - fit.center) / fit.scale).argmax(axis=1))
    for other in said[1:]:
        assert (other == said[0]).mean() > 0.98  # seeds end a little apart


def test_labels_are_for_three_states_of_four_observations():
    with pytest.raises(DataError, match="3 states of 4 observations"):
        label_order(np.zeros((2, 4)))


@pytest.mark.parametrize("kind", ["hmm", "gmm"])
def test_planted_regimes_are_found_and_refits_keep_the_labels(kind):
    panel, regimes = planted(420)
    x = observe(panel)[:, 0]
    known = np.isfinite(x).all(axis=1)
    fits = [fit_regimes(kind, [x[known]], seed) for seed in range(2)]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.means, fits[0].means, atol=0.05)
        np.testing.assert_allclose(fit.share, fits[0].share, atol=0.05)
    fit = fits[0]
    assert fit.means[1, 1] == fit.means[:, 1].max()  # bearish_volatile is the wildest
    assert fit.means[0, 2] > fit.means[2, 2]  # bullish_calm rises more than squeeze
    assert abs(fit.share[1] - (regimes == 1).mean()) < 0.15


def test_slots_are_exactly_those_that_the_features_read():
    panel, _ = planted(320)
    values = RegimeFitter("hmm", fewest=250).fit(panel, int(panel.ts[-1]), 0)
    told = {"log_likelihood", "observations", "iterations", "converged"}
    assert set(values) == set(SLOTS) | told and all(isinstance(v, float) for v in values.values())
    assert sum(values[f"start.{label}"] for label in LABELS) == pytest.approx(1.0)
    for label in LABELS:
        assert sum(values[f"transition.{label}.{other}"] for other in LABELS) == pytest.approx(1.0)
    mixture = RegimeFitter("gmm", fewest=250).fit(panel, int(panel.ts[-1]), 0)
    rows = [[mixture[f"transition.{a}.{b}"] for b in LABELS] for a in LABELS]
    assert rows[0] == rows[1] == rows[2] == [mixture[f"start.{b}"] for b in LABELS]


def test_the_features_read_a_fit_as_learning_means_it():
    panel, _ = planted(400)
    x = observe(panel)[:, 0]
    known = np.isfinite(x).all(axis=1)
    fit = fit_regimes("hmm", [x[known]], 1)
    refit = Refit(model="regime_hmm", training_end_ns=START, ts_known=START, values=slot_values(fit))
    slots = [f"regime_hmm.{name}" for name in SLOTS]
    found = ta.hmm_regime(bar)
    nodes = [found.bullish_calm, found.bearish_volatile, found.squeeze, found.regime]
    evaluator = Evaluator(nodes, 1, slots=slots)
    columns = slot_columns(parameter_events([refit]), slots, panel.ts, panel.symbols)
    bars = float_bars(panel, 0, len(panel.ts))
    evaluator.push(FeatureBlock(panel.ts, bars, panel.valid, panel.session, slots=columns))
    got = np.column_stack([evaluator.value(n)[:, 0] for n in nodes])
    model = MarkovModel(fit.share, fit.transition, fit.means, fit.covariances)
    want = filtered(model, (x[known] - fit.center) / fit.scale)
    assert np.isnan(got[~known]).all()
    np.testing.assert_allclose(got[known][:, :3], want, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(got[known][:, 3], want.argmax(axis=1) + 1)


@pytest.mark.parametrize("window", [0, 260])
def test_a_fit_reads_nothing_after_its_training(window):
    panel, _ = planted(380)
    end = int(panel.ts[320])
    fitter = RegimeFitter("hmm", window=window)
    whole = fitter.fit(panel, end, 3)
    assert whole == fitter.fit(panel.rows(0, 321), end, 3) == fitter.fit(later_changed(panel, 321), end, 3)
    assert whole != fitter.fit(later_changed(panel, 320), end, 3)


def test_a_window_leaves_the_far_past_out():
    panel, _ = planted(420)
    end = int(panel.ts[-1])
    short, whole = (RegimeFitter("gmm", window=w).fit(panel, end, 0) for w in (300, 0))
    assert short["observations"] == 300.0 and whole["observations"] == 400.0


def test_one_model_of_all_symbols_or_one_for_each():
    panel, _ = planted(330, symbols=2)
    end = int(panel.ts[-1])
    pooled = RegimeFitter("hmm").fit(panel, end, 0)
    each = RegimeFitter("hmm", pooled=False).fit(panel, end, 0)
    assert pooled["observations"] == 620.0
    assert set(each) == set(pooled) and set(each["observations"]) == {"S0", "S1"}
    x = observe(panel)
    for s, symbol in enumerate(panel.symbols):
        alone = slot_values(fit_regimes("hmm", [x[20:, s]], 0))
        assert {name: values[symbol] for name, values in each.items()} == alone


def test_too_short_a_history_gives_no_parameters():
    panel, _ = planted(200)
    assert RegimeFitter("hmm").fit(panel, int(panel.ts[-1]), 0) == {}
    assert RegimeFitter("hmm").fit(panel, int(panel.ts[0]) - 1, 0) == {}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: RegimeFitter("arima"), "a regime model is one of hmm, gmm, not 'arima'"),
        (lambda: RegimeFitter("hmm", fewest=5), "fewest=5 must lie between 15 and the window, all"),
        (lambda: RegimeFitter("hmm", window=100), "fewest=250 must lie between 15 and the window, 100"),
        (lambda: fit_regimes("svm", [np.zeros((50, 4))], 0), "a regime model is one of"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises(ConfigError, match=text):
        make()
