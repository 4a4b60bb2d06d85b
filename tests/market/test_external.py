"""The gate of external signals: what passes, what is refused and under which name, whatever the pieces."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, DataError
from consilience.core.events import Parameters
from consilience.core.external import FeedKind
from consilience.core.reason_text import REASON_TEXT
from consilience.market.external import SignalGate, admit_all, merged, of_events
from consilience.market.signal_quality import SignalPolicies
from tests.market.feeds import DAY, said

NAN, INF = float("nan"), float("inf")
TS = np.arange(1, 6, dtype=np.int64) * DAY
SYMBOLS = ("AAA", "BBB")


def admitted(*events, policies=None, names=None, ts=TS):
    return admit_all([of_events(events)], SYMBOLS, ts, policies, names)


ONE_BY_ONE = [
    ("whole", said(1.0), None),
    ("nothing", said(0.0, 0.0), None),
    ("for all", said(symbol="*"), None),
    ("not a number", said(NAN), Reason.SIGNAL_NOT_FINITE),
    ("infinite", said(-INF), Reason.SIGNAL_NOT_FINITE),
    ("above", said(1.0000001), Reason.SIGNAL_OUT_OF_RANGE),
    ("below", said(-1.5), Reason.SIGNAL_OUT_OF_RANGE),
    ("too sure", said(confidence=1.1), Reason.CONFIDENCE_OUT_OF_RANGE),
    ("less than unsure", said(confidence=-0.1), Reason.CONFIDENCE_OUT_OF_RANGE),
    ("confidence unknown", said(confidence=NAN), Reason.CONFIDENCE_OUT_OF_RANGE),
    ("symbol of another run", said(symbol="CCC"), Reason.SIGNAL_SYMBOL_UNKNOWN),
    ("known before it happened", said(happened=DAY, known=DAY - 1), Reason.SIGNAL_FUTURE_DATED),
    ("three days late", said(happened=DAY, known=4 * DAY), None),
    ("later than that", said(happened=DAY, known=4 * DAY + 1), Reason.SIGNAL_LATE),
]


@pytest.mark.parametrize(("event", "reason"), [case[1:] for case in ONE_BY_ONE], ids=[c[0] for c in ONE_BY_ONE])
def test_one_event(event, reason):
    found = admitted(event)
    assert len(found.records) == (reason is None)
    assert found.report[0].refused == ({} if reason is None else {reason: 1})
    assert found.report[0].events == 1


SERIES = [
    ("in order", [(1, 1, 0.1), (2, 2, 0.2)], [0.1, 0.2], {}),
    ("read twice", [(1, 1, 0.1), (1, 1, 0.1)], [0.1], {Reason.SIGNAL_DUPLICATE: 1}),
    ("sent again later", [(1, 1, 0.1), (1, 2, 0.1)], [0.1], {Reason.SIGNAL_DUPLICATE: 1}),
    ("revised", [(1, 1, 0.1), (1, 2, 0.3)], [0.1, 0.3], {}),
    ("the same again of another day", [(1, 1, 0.1), (2, 2, 0.1)], [0.1, 0.1], {}),
    ("an old one after a new one", [(2, 2, 0.2), (1, 3, 0.1)], [0.2], {Reason.SIGNAL_OUT_OF_ORDER: 1}),
    ("a refused one changes nothing", [(3, 3, NAN), (2, 3, 0.2)], [0.2], {Reason.SIGNAL_NOT_FINITE: 1}),
    ("the file's order does not matter", [(3, 3, 0.3), (1, 1, 0.1)], [0.1, 0.3], {}),
]  # (day it happened, day it was known, value)


@pytest.mark.parametrize(("told", "values", "refused"), [c[1:] for c in SERIES], ids=[c[0] for c in SERIES])
def test_one_series(told, values, refused):
    found = admitted(*(said(value, happened=a * DAY, known=b * DAY) for a, b, value in told))
    assert found.records["value"].tolist() == values
    assert found.report[0].refused == refused


def test_symbols_and_feeds_are_series_of_their_own():
    day = [(2, "AAA", "mood"), (1, "BBB", "mood"), (1, "*", "mood"), (1, "AAA", "news")]
    found = admitted(*(said(0.5, symbol=s, source=f, happened=d * DAY, known=2 * DAY) for d, s, f in day))
    assert found.records[["symbol", "feed"]].tolist() == [(0, 0), (1, 0), (-1, 0), (0, 1)]
    assert found.feeds == ("mood", "news")


def test_a_row_is_the_first_slice_that_closes_when_it_is_known():
    times = (0, DAY - 1, DAY, DAY + 1, 5 * DAY, 5 * DAY + 1)
    found = admitted(*(said(0.1, happened=t) for t in times))
    assert found.records["row"].tolist() == [0, 0, 0, 1, 4]
    assert (found.report[0].events, found.report[0].later) == (5, 1)
    assert found.report[0].line() == "feed mood: 5 opinions, 5 accepted; 1 more known only after the data ends"


def test_a_renamed_symbol_goes_on():
    found = admitted(said(symbol="OLD"), names={"OLD": "BBB"})
    assert found.records["symbol"].tolist() == [1]


def fitted(values, model):
    return Parameters(
        ts_event=DAY, ts_known=400 * DAY, model=model, version="1", training_end_ns=0, content_hash="", values=values
    )


def test_fitted_parameters_are_numbers_by_model_and_name():
    values = {"omega": 2.5, "beta": {"AAA": 1.2, "BBB": -3.0}, "kind": "garch", "steps": [1, 2]}
    found = admitted(fitted(values, model="garch"), ts=np.array([401 * DAY], np.int64))
    assert found.feeds == ("garch.omega", "garch.beta")
    assert found.records[["symbol", "feed", "value"]].tolist() == [(-1, 0, 2.5), (0, 1, 1.2), (1, 1, -3.0)]


def test_no_limit_on_the_delay():
    late = said(happened=0, known=4 * DAY)
    assert len(admitted(late, policies=SignalPolicies(0)).records) == 1
    with pytest.raises(ConfigError, match="cannot be negative"):
        SignalPolicies(-1)


def test_a_feed_is_of_numbers_or_of_opinions():
    number = replace(of_events([said(20.0)]), feeds=(FeedKind("mood", number=True),))
    with pytest.raises(DataError, match="'mood' brings opinions and plain numbers"):
        merged([of_events([said()]), number])
    with pytest.raises(DataError, match=r"'mood\.level' brings opinions and plain numbers"):
        of_events([said(source="mood.level"), fitted({"level": 1.0}, model="mood")])
    gate = SignalGate(SYMBOLS)
    gate.admit(of_events([said()]), TS)
    with pytest.raises(DataError, match="'mood' brings opinions and plain numbers"):
        gate.admit(number, TS)


def test_nothing_at_all():
    assert admit_all([], SYMBOLS, TS).records.shape == (0,)
    assert admitted().report == ()


def test_every_reason_of_the_gate_has_its_words_and_is_tested():
    asked = {case[2] for case in ONE_BY_ONE} | {reason for case in SERIES for reason in case[3]}
    codes = {reason for reason in Reason if 330 <= reason <= 349}
    assert asked - {None} == codes
    assert all(REASON_TEXT[reason] for reason in codes)


# ---- an oracle in plain words ----------------------------------------------------------------------------------------
def by_words(events, symbols, delay):
    """Values that pass and the reasons of those that do not, one event after the other, with nothing but a dict."""
    last: dict[object, tuple[int, float]] = {}
    kept: list[object] = []
    refused: Counter[object] = Counter()
    for e in sorted(events, key=lambda e: e.ts_known):
        series = (e.source, e.symbol)
        older = last.get(series)
        if e.value != e.value or abs(e.value) == INF:
            reason = Reason.SIGNAL_NOT_FINITE
        elif abs(e.value) > 1:
            reason = Reason.SIGNAL_OUT_OF_RANGE
        elif not (0 <= e.confidence <= 1):
            reason = Reason.CONFIDENCE_OUT_OF_RANGE
        elif e.symbol not in (*symbols, "*"):
            reason = Reason.SIGNAL_SYMBOL_UNKNOWN
        elif e.ts_event > e.ts_known:
            reason = Reason.SIGNAL_FUTURE_DATED
        elif e.ts_known - e.ts_event > delay:
            reason = Reason.SIGNAL_LATE
        elif older and older[0] > e.ts_event:
            reason = Reason.SIGNAL_OUT_OF_ORDER
        elif older == (e.ts_event, e.value):
            reason = Reason.SIGNAL_DUPLICATE
        else:
            last[series] = (e.ts_event, e.value)
            kept.append((e.ts_known, e.source, e.symbol, e.value))
            continue
        refused[reason] += 1
    return kept, refused


EVENTS = st.lists(
    st.builds(
        said,
        value=st.sampled_from([-1.0, 0.25, 0.5, 2.0, NAN]),
        confidence=st.sampled_from([0.0, 1.0, 1.5]),
        symbol=st.sampled_from(["AAA", "BBB", "*", "ZZZ"]),
        happened=st.integers(0, 5).map(lambda h: h * DAY // 2),
        known=st.integers(0, 9).map(lambda h: h * DAY // 2),
        source=st.sampled_from(["mood", "news"]),
    ),
    max_size=30,
)


@given(EVENTS)
def test_the_gate_is_what_its_words_say(events):
    found = admitted(*events)
    kept, refused = by_words(events, SYMBOLS, 3 * DAY)
    symbols = (*SYMBOLS, "*")
    assert [
        (int(r["ts_known"]), found.feeds[r["feed"]], symbols[r["symbol"]], float(r["value"])) for r in found.records
    ] == kept
    total: Counter[object] = Counter()
    for one in found.report:
        total.update(one.refused)
        assert one.events == one.accepted + sum(one.refused.values())
    assert total == refused


@given(EVENTS, st.integers(1, 5))
def test_the_future_changes_nothing_and_pieces_make_the_whole(events, cut):
    whole = admitted(*events).records
    early = [e for e in events if e.ts_known <= TS[cut - 1]]
    known = whole[whole["row"] < cut]
    assert admitted(*early, ts=TS[:cut]).records[["row", "value"]].tolist() == known[["row", "value"]].tolist()
    gate = SignalGate(SYMBOLS)
    first = gate.admit(of_events(early), TS[:cut])
    second = gate.admit(of_events([e for e in events if e.ts_known > TS[cut - 1]]), TS[cut:])
    second["row"] += cut
    pieces = [(int(r["row"]), gate.feeds[r["feed"]], float(r["value"])) for r in np.concatenate([first, second])]
    feeds = admitted(*events).feeds
    assert pieces == [(int(r["row"]), feeds[r["feed"]], float(r["value"])) for r in whole]
