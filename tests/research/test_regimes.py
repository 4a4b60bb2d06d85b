"""The study of regime detectors: its figures by hand, and on the S&P 500 what each said of 2008 at the time."""

import math

import numpy as np
import pytest

from consilience.apps import wiring
from consilience.apps.config import DataConfig
from consilience.core.codes import MarketRegime
from consilience.core.errors import ConfigError, DataError
from consilience.core.events import Parameters
from consilience.core.jit import JIT_ENABLED
from consilience.core.refits import parameter_events
from consilience.core.time import DAY, format_time, parse_time
from consilience.learning.regime_model import KINDS, RegimeFitter
from consilience.learning.walk import Schedule
from consilience.learning.walk import walk as walk_forward
from consilience.research import regimes
from consilience.research.regimes import (
    Labels,
    Terms,
    as_document,
    labels_of,
    separation,
    study,
    volatility_ahead,
)
from tests.features.support import FittedBar
from tests.research.helpers import START, walk

BULLISH, BEARISH, SQUEEZE = (int(label) for label in list(MarketRegime)[1:])


def event(kind="hmm", known=START, **changed):
    values = FittedBar.models[f"regime_{kind}"] | changed
    return Parameters(
        ts_event=known,
        ts_known=known,
        model=f"regime_{kind}",
        version="by hand",
        training_end_ns=known,
        content_hash="",
        values=values,
    )


BOTH = {"regime_hmm": [event("hmm")], "regime_gmm": [event("gmm")]}


def test_volatility_ahead_is_of_the_bars_after():
    close = np.array([100.0, 110.0, 99.0, 108.9, 108.9])
    change = np.diff(np.log(close))
    want = [np.std(change[0:2]) * 2, np.std(change[1:3]) * 2, np.std(change[2:4]) * 2, math.nan, math.nan]
    np.testing.assert_allclose(volatility_ahead(close, 2, 4.0), want)
    assert np.isnan(volatility_ahead(close[:2], 2, 4.0)).all()


@pytest.mark.parametrize(
    ("labels", "volatility", "share"),
    [
        ([1, 1, 2, 2], [1.0, 1.0, 2.0, 2.0], 1.0),
        ([1, 2, 1, 2], [1.0, 1.0, 2.0, 2.0], 0.0),
        ([1, 1, 2, 2], [1.0, 1.0, 1.0, 1.0], math.nan),
        ([1, 1, 2, 2, 3], [1.0, 1.0, 2.0, 2.0, math.nan], 1.0),
        ([1, 1, 2, 2], [math.e, 1.0, math.e**2, math.e], 0.5),
    ],
)
def test_separation_by_hand(labels, volatility, share):
    found = separation(np.array(labels), np.array(volatility))
    assert found == pytest.approx(share, abs=1e-12, nan_ok=True)


def judged(alarms, terms):
    """The study of one detector that is alarmed on the given days of twelve."""
    ts = START + np.arange(12, dtype=np.int64) * DAY
    label = np.where(np.isin(np.arange(12), alarms), BEARISH, BULLISH)
    said = Labels(label, np.full(12, 0.9), np.full(12, -2.0))
    judge = np.arange(12.0)
    market = regimes._Market(ts, np.arange(12) > 0, np.full(12, 0.2), judge)
    return regimes._judge("by hand", said, market, terms)


def day(k):
    return START + k * DAY


@pytest.mark.parametrize(
    ("alarms", "shock", "delay", "since"),
    [
        ([7], 5, 2, ""),
        ([5, 6], 5, 0, ""),
        ([3, 4, 5], 5, 0, format_time(day(3))),
        ([3, 5], 5, 0, ""),
        ([], 5, None, ""),
        ([3, 4], 5, None, ""),
        ([5], 0, None, ""),  # the first day is not known to all
        ([5], 12, None, ""),
    ],
)
def test_delays_by_hand(alarms, shock, delay, since):
    found = judged(alarms, Terms(shocks=(day(shock) - 1,)))
    assert (found.delays, found.alarm_since) == ((delay,), (since,))


def test_shares_false_alarms_and_changes_by_hand():
    terms = Terms(
        calms=((day(0), day(4)), (day(8), day(20)), (day(30), day(40))), bars_a_year=11.0, high=9.0, judge={1: 1}
    )
    found = judged([2, 3, 9, 11], terms)
    assert found.false_alarms == ((2, 3), (2, 4), (0, 0))  # day 0 is not known to all
    assert found.share == {"bullish_calm": pytest.approx(7 / 11), "bearish_volatile": pytest.approx(4 / 11)}
    assert found.changes == 5.0 and found.log_likelihood == -2.0
    assert found.caught == pytest.approx(2 / 3)  # days 9, 10, 11 are wild
    assert found.judged["bearish_volatile"] == pytest.approx((2 + 3 + 9 + 11) / 4)


def test_detectors_are_judged_where_all_of_them_know():
    panel = walk(420)
    known = [event("hmm", int(panel.ts[300])), event("hmm", int(panel.ts[350]))]
    found = study(panel, {"regime_hmm": known, "regime_gmm": BOTH["regime_gmm"]})
    assert [one.name for one in found.judged] == ["rule", "regime_hmm", "regime_gmm"]
    assert found.slices == 120 and found.first == format_time(int(panel.ts[300]))
    assert math.isnan(found.judged[0].log_likelihood) and not math.isnan(found.judged[1].log_likelihood)
    for one in found.judged:
        assert sum(one.share.values()) == pytest.approx(1.0)
    assert "best: its labels explain" in found.verdict()[0] and "least surprising" in found.verdict()[1]
    document = as_document(found)
    assert document["judged"][0]["log_likelihood"] is None and document["slices"] == 120


def test_the_future_changes_no_label():
    panel = walk(330)
    events = {"regime_hmm": [event(), event(known=int(panel.ts[310]), **{"center.volatility": 0.02})]}
    whole = labels_of(panel, events)
    cut = labels_of(panel.rows(0, 300), {"regime_hmm": events["regime_hmm"][:1]})
    for name, one in whole.items():
        for a, b in zip(one, cut[name], strict=True):
            np.testing.assert_array_equal(a[:300], b)


def test_mistakes_are_told():
    with pytest.raises(DataError, match="one market at a time; choose one of S0, S1"):
        labels_of(walk(30, 2), {})
    with pytest.raises(ConfigError, match="model 'regime_svm' ends in none of _hmm, _gmm"):
        labels_of(walk(30), {"regime_svm": []})
    with pytest.raises(DataError, match="no bar is known to every detector"):
        study(walk(60), {})


@pytest.mark.compiled
@pytest.mark.skipif(not JIT_ENABLED, reason="fits thousands of bars")
def test_2008_was_called_at_the_time(shared_data):
    source = {"source": str(shared_data / "daily/index_sp500_ohlcv_1999_2018.csv.gz"), "end": "2009-12-31"}
    built = wiring.load_data(DataConfig.model_validate(source))
    events = {
        f"regime_{kind}": parameter_events(
            walk_forward(RegimeFitter(kind), built.panel, f"regime_{kind}", Schedule(520, 250))
        )
        for kind in KINDS
    }
    calm = (parse_time("2004-01-01"), parse_time("2007-01-01"))
    found = study(built, events, Terms(shocks=(parse_time("2008-09-15"),), calms=(calm,)))
    rule, hmm, gmm = found.judged
    for one in (hmm, gmm):
        assert one.delays[0] is not None and one.delays[0] <= 10
        assert one.false_alarms[0][0] <= 10 and one.false_alarms[0][1] == 755
        assert one.volatility["bearish_volatile"] > 1.5 * one.volatility["bullish_calm"]
        assert one.separation > rule.separation
    assert hmm.log_likelihood > gmm.log_likelihood and hmm.changes < gmm.changes
    cut = int(np.searchsorted(built.panel.ts, parse_time("2008-09-20")))
    before = {name: [e for e in group if e.ts_known < built.panel.ts[cut]] for name, group in events.items()}
    whole, at_the_time = labels_of(built, events), labels_of(built.panel.rows(0, cut), before)
    for name, labels in at_the_time.items():
        np.testing.assert_array_equal(whole[name].regime[:cut], labels.regime)
