"""Models of longer bars than the run's: the same numbers as a run on those bars, known when they close, not before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.parameters import slot_columns
from consilience.core.refits import Refit, parameter_events
from consilience.core.time import DAY, HOUR
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.regime._model import SLOTS
from consilience.learning.regime_model import TERMS, Market, RegimeFitter, closes, model_kinds, observe
from consilience.learning.walk import Schedule, walk
from consilience.market.float_bars import float_bars
from tests.learning.markets import planted

DAYS, PARTS = 400, 4  # bars of six hours
DAILY, _ = planted(DAYS)
QUICK = TERMS._replace(restarts=1)


def in_parts(daily: Panel) -> Panel:
    """Bars of six hours whose fourth closes at midnight where the day's bar closes."""
    close = daily.bid.close[:, 0]
    before = np.concatenate((close[:1], close[:-1]))
    steps = np.linspace(0.0, 1.0, PARTS + 1)[1:]
    ticks = np.rint(before[:, None] + (close - before)[:, None] * steps).astype(np.int64).reshape(-1, 1)
    ts = (daily.ts[:, None] - (PARTS - 1 - np.arange(PARTS)) * (DAY // PARTS)).reshape(-1)
    prices = PriceColumns(ticks, ticks + 5, ticks - 5, ticks)
    return trade_panel(daily.instruments, ts, prices, np.full_like(ticks, 9), duration_ns=DAY // PARTS)


def at_midnight(panel: Panel) -> Panel:
    """The same days, closing at midnight UTC."""
    ts = (panel.ts // DAY + 1) * DAY
    return replace(panel, ts=ts, ts_known=ts, session=((ts - 1) // DAY)[:, None])


WHOLE = at_midnight(DAILY)
FINE = in_parts(WHOLE)
LONG = Market("1d")


def refits_of(panel: Panel, market: Market, name: str, kind: str = "hmm") -> list[Refit]:
    """Refits every 40 bars of the model from its 280th on."""
    when = Schedule(280, 40, closes=closes(panel, market))
    return walk(RegimeFitter(kind, window=260, terms=QUICK, market=market), panel, name, when)


def labels(panel: Panel, refits: list[Refit], name: str) -> np.ndarray:
    """Regime, probabilities and log likelihood [T, 6] that the features read of a model."""
    slots = [f"{name}.{slot}" for slot in SLOTS]
    nodes = list((ta.hmm_regime if "hmm" in name else ta.gmm_regime)(bar, name))
    evaluator = Evaluator(nodes, 1, slots=slots)
    columns = slot_columns(parameter_events(refits), slots, panel.ts, panel.symbols)
    found = []
    for start in range(0, len(panel.ts), 500):  # in blocks, so that state is carried
        stop = min(start + 500, len(panel.ts))
        part = panel.rows(start, stop)
        block = FeatureBlock(
            part.ts, float_bars(panel, start, stop), part.valid, part.session, slots=columns[:, start:stop]
        )
        evaluator.push(block)
        found.append(np.column_stack([evaluator.value(n)[:, 0] for n in nodes]))
    return np.concatenate(found)


def test_bars_close_where_the_days_do_and_only_there_is_observed():
    rows = closes(FINE, LONG)
    np.testing.assert_array_equal(rows, np.arange(DAYS) * PARTS + PARTS - 1)
    seen = observe(FINE, market=LONG)
    np.testing.assert_array_equal(seen[rows], observe(WHOLE))
    others = np.delete(seen, rows, axis=0)
    assert np.isnan(others).all() and np.isfinite(seen[rows[25:]]).all()


@pytest.mark.parametrize("kind", ["hmm", "gmm"])
def test_refits_and_labels_are_those_of_a_run_on_the_longer_bars(kind):
    name = f"regime_{kind}"
    own, longer = refits_of(WHOLE, Market(), name, kind), refits_of(FINE, LONG, f"{name}@1d", kind)
    assert len(own) == 4 and [one.values for one in own] == [one.values for one in longer]
    assert [one.training_end_ns for one in own] == [one.training_end_ns for one in longer]
    want, got = labels(WHOLE, own, name), labels(FINE, longer, f"{name}@1d")
    assert np.isfinite(want[281:]).all() and np.isnan(want[:280]).all()
    np.testing.assert_array_equal(got[PARTS - 1 :: PARTS], want)
    for part in range(1, PARTS):  # held until the next day closes: nothing of the day so far is in it
        np.testing.assert_array_equal(got[PARTS - 1 + part :: PARTS], want[:-1])


@pytest.mark.parametrize("into", [0, 1, 3])
def test_a_day_that_is_not_over_is_in_no_fit_and_no_label(into):
    """Cut, or change, the future from the given part of day 365 on: nothing before it moves."""
    cut = 365 * PARTS + into
    refits = refits_of(FINE, LONG, "regime_hmm@1d")
    past = [one for one in refits if one.ts_known <= FINE.ts[cut]]
    assert len(past) == 3 and past[-1].training_end_ns == WHOLE.ts[359]
    assert refits_of(FINE.rows(0, cut), LONG, "regime_hmm@1d") == past
    ticks = FINE.bid.close.copy()
    ticks[cut:] = ticks[cut:] * 3 // 2 + (np.arange(len(ticks) - cut) % 7)[:, None]
    prices = PriceColumns(ticks, ticks + 5, ticks - 5, ticks)
    other = replace(FINE, bid=prices, ask=prices)
    changed = refits_of(other, LONG, "regime_hmm@1d")
    assert changed[:3] == past and changed[3] != refits[3]
    whole, moved = (labels(p, r, "regime_hmm@1d") for p, r in ((FINE, refits), (other, changed)))
    np.testing.assert_array_equal(whole[:cut], moved[:cut])
    np.testing.assert_array_equal(whole[:cut], labels(FINE.rows(0, cut), past, "regime_hmm@1d"))
    assert not np.array_equal(whole[cut:], moved[cut:])


def test_parameters_are_known_after_the_close_they_were_fitted_to():
    for one in refits_of(FINE, LONG, "regime_hmm@1d"):
        row = int(np.searchsorted(FINE.ts, one.training_end_ns))
        assert row % PARTS == PARTS - 1 and FINE.ts[row] < one.ts_known <= FINE.ts[row + 1 :].min(initial=2**62)


def test_buckets_follow_the_session_opens_of_the_run():
    """Two bars of four hours in a session that opens at 13:00: the first ends at 17:00, not at 16:00."""
    ts = np.concatenate([WHOLE.ts[k] + (14 + np.arange(8)) * HOUR for k in range(3)])
    ticks = np.full((len(ts), 1), 100)
    prices = PriceColumns(ticks, ticks, ticks, ticks)
    panel = trade_panel(DAILY.instruments, ts, prices, ticks, duration_ns=HOUR)
    opens = ((ts - 1) // DAY * DAY + 13 * HOUR)[:, None]
    assert closes(panel, Market("4h", opens)).tolist() == [3, 7, 11, 15, 19, 23]
    assert closes(panel, Market("4h")).tolist() == [2, 6, 8, 10, 14, 16, 18, 22]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.booleans(), min_size=40, max_size=40))
def test_every_bar_closes_once_whatever_is_missing(present):
    """Hours of ten UTC sessions of which some are masked: a day closes at its midnight, or at the next bar there is."""
    ts = START + (np.arange(40, dtype=np.int64) + 1) * (DAY // 4)
    ticks = np.full((40, 1), 100)
    prices = PriceColumns(ticks, ticks, ticks, ticks)
    valid = np.array(present)[:, None]
    panel = trade_panel(DAILY.instruments, ts, prices, ticks, valid=valid, duration_ns=DAY // 4)
    want, open_day = [], None
    for row in np.flatnonzero(valid[:, 0]).tolist():
        day = row // 4
        if (open_day is not None and open_day != day) or row % 4 == 3:
            want.append(row)
        open_day = None if row % 4 == 3 else day
    assert closes(panel, LONG).tolist() == want


START = int(WHOLE.ts[0])


@pytest.mark.parametrize(
    ("panel", "bars", "text"),
    [
        (FINE, "6h", "the run's bars are 6h, so no model of 6h bars is fitted; choose a larger multiple, or none"),
        (FINE, "1h", "the run's bars are 6h"),
        (FINE, "10h", "the run's bars are 6h"),
        (replace(FINE, duration_ns=0), "1d", "the run's bars are irregular"),
    ],
)
def test_bars_that_cannot_be_made_are_told(panel, bars, text):
    with pytest.raises(ConfigError, match=text):
        closes(panel, Market(bars))


def test_names_of_models():
    assert model_kinds(["regime_hmm", "regime_gmm@4h"]) == {"regime_hmm": ("hmm", ""), "regime_gmm@4h": ("gmm", "4h")}
    with pytest.raises(NotFound, match="unknown fitted model 'regime_hm'; did you mean 'regime_hmm'"):
        model_kinds(["regime_hm@1d"])
    for wrong in ("regime_hmm@", "regime_hmm@daily"):
        with pytest.raises(ConfigError):
            model_kinds([wrong])
