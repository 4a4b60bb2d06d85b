"""Corporate actions: the factor is continuous through each, and no past value ever changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import DataError, NotFound
from consilience.core.events import CorporateAction
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_RENAME, ACTION_SPLIT
from consilience.core.time import HOUR
from consilience.market.adjust import action_records, forward_factors
from consilience.market.derive import decimals_of, derive_actions
from tests.market.helpers import CLOSE, OPEN, daily_closes, stock

TS = daily_closes(20)


def action(row, kind="split", numerator=1, denominator=1, dividend=0.0, symbol="AAA"):
    """Effective at the open of the session that closes at ``row``."""
    when = int(TS[row]) - (CLOSE - OPEN)
    return CorporateAction(
        ts_event=when, ts_known=when, symbol=symbol, kind=kind, numerator=numerator, denominator=denominator,
        dividend_units=round(dividend * 1e6),
    )  # fmt: skip


def factors(actions, close, valid=None):
    close = np.array(close, np.int64).reshape(len(close), -1)
    instruments = tuple(stock(s) for s in ("AAA", "BBB")[: close.shape[1]])
    records = action_records(actions, instruments, TS[: len(close)])
    valid = np.ones(close.shape, np.bool_) if valid is None else valid
    return records, forward_factors(records, close, valid, instruments)


def test_split_and_dividend_by_hand():
    close = [10000] * 3 + [5000] * 3 + [4900] * 3
    records, (factor, split) = factors([action(3, numerator=2), action(6, "dividend", dividend=1.0)], close)
    assert factor[:, 0].tolist() == [1, 1, 1, 2, 2, 2, *[2 * (1 / (1 - 1.0 / 50.0))] * 3]
    assert split[:, 0].tolist() == [1, 1, 1, *[2] * 6]
    # the raw price times F does not move through either action
    adjusted = np.array(close) * factor[:, 0]
    assert adjusted[2] == adjusted[3] and adjusted[6] == pytest.approx(adjusted[5])
    assert records["dividend"].tolist() == [0, 1_000_000]


def test_split_and_dividend_on_one_day_are_taken_in_that_order():
    records, (factor, _) = factors(
        [action(2, "dividend", dividend=1.0), action(2, numerator=4)], [40000, 40000, 9900, 9900]
    )
    assert records["kind"].tolist() == [ACTION_SPLIT, ACTION_DIVIDEND]
    assert factor[2, 0] == 4 * (1 / (1 - 1.0 / 100.0))


def test_rows_and_order():
    actions = [
        action(5, numerator=2, symbol="BBB"),
        action(5, numerator=3),
        action(0, numerator=7),  # before F starts
        CorporateAction(ts_event=int(TS[9]), ts_known=0, symbol="AAA", kind="split", numerator=2),  # after the end
        CorporateAction(ts_event=int(TS[3]) - HOUR, ts_known=0, symbol="AAA", kind="rename", new_symbol="CCC"),
    ]
    records, (factor, split) = factors(actions, np.full((10, 2), 10000))
    # a ticker change is told to the engine, and moves no price
    assert [(r["row"], r["symbol"], r["kind"]) for r in records[:1]] == [(3, 0, ACTION_RENAME)]
    assert [(r["row"], r["symbol"], r["numerator"]) for r in records[1:]] == [(5, 0, 3), (5, 1, 2)]
    assert factor[4].tolist() == [1, 1] and factor[5].tolist() == [3, 2] == split[5].tolist()


def test_dividend_is_measured_on_the_last_valid_close():
    valid = np.ones((5, 1), np.bool_)
    valid[2] = False
    _, (factor, _) = factors([action(3, "dividend", dividend=5.0)], [10000, 20000, 0, 19500, 19500], valid)
    assert factor[3, 0] == 1 / (1 - 5.0 / 200.0)
    valid[:3] = False
    _, (factor, _) = factors([action(3, "dividend", dividend=5.0)], [0, 0, 0, 19500, 19500], valid)
    assert factor[:, 0].tolist() == [1.0] * 5  # never listed before: nothing to adjust


def test_without_actions_there_is_no_factor():
    assert factors([], [10000] * 3)[1] == (None, None)
    assert factors([action(1, "delisting")], [10000] * 3)[1] == (None, None)


def test_bad_actions_are_refused():
    with pytest.raises(NotFound, match="unknown symbol 'ZZZ'"):
        factors([action(1, symbol="ZZZ")], [10000] * 3)
    with pytest.raises(NotFound, match="unknown corporate action 'spin'"):
        factors([action(1, "spin")], [10000] * 3)
    with pytest.raises(DataError, match="positive ratio, not 0:1"):
        factors([action(1, numerator=0)], [10000] * 3)
    with pytest.raises(DataError, match=r"dividend of 200.0 .* does not fit a previous close of 100.0"):
        factors([action(1, "dividend", dividend=200.0)], [10000] * 3)


some_actions = st.lists(
    st.tuples(st.integers(1, 19), st.sampled_from(["split", "dividend"]), st.integers(1, 5), st.floats(0.01, 5.0)),
    max_size=6,
)


@given(some_actions, st.integers(2, 19))
def test_no_past_factor_changes_when_bars_or_actions_are_added(rows, cut):
    close = np.array([10000 + 13 * k for k in range(20)])
    actions = [
        action(row, kind, numerator=n if kind == "split" else 1, dividend=d if kind == "dividend" else 0.0)
        for row, kind, n, d in rows
    ]
    _, whole = factors(actions, close)
    _, shorter = factors(actions, close[:cut])
    _, without_later = factors([a for a, r in zip(actions, rows, strict=True) if r[0] < cut], close)
    ones = np.ones((20, 1))
    for other in (shorter, without_later):
        for full, part in zip(whole, other, strict=True):
            expected = (ones if full is None else full)[:cut]
            assert np.array_equal(expected, (ones[:cut] if part is None else part)[:cut])


# ------------------------------------------------------------------ actions read out of adjusted closes


def adjusted_from(close, actions, *, ex_close=False):
    """What a source would publish: the last close is not adjusted, earlier ones are."""
    result = np.array(close, np.float64)
    for row, kind, value in sorted(actions, reverse=True):
        if kind == "split":
            result[:row] /= value
        elif ex_close:
            result[:row] /= 1 + value / close[row]
        else:
            result[:row] *= 1 - value / close[row - 1]
    return result


def walk(count=240, start=100.0, seed=5):
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.01, count)
    price = [start]
    for step in steps[1:]:
        price.append(price[-1] * (1 + step))
    return np.round(price, 2)


def with_splits(close, actions):
    close = close.copy()
    for row, kind, value in actions:
        if kind == "split":
            close[row:] = np.round(close[row:] / value, 2)
    return close


EVENTS = (
    (40, "dividend", 0.35),
    (90, "split", 2.0),
    (120, "dividend", 0.2),
    (180, "dividend", 0.2),
    (200, "split", 1.5),
)


@pytest.mark.parametrize("ex_close", [False, True])
@pytest.mark.parametrize("decimals", [2, 4, 6, 12])
def test_actions_are_found_again_however_coarse_the_source(decimals, ex_close):
    close = with_splits(walk(), EVENTS)
    adjusted = np.round(adjusted_from(close, EVENTS, ex_close=ex_close), decimals)
    derived = derive_actions("AAA", "USD", np.arange(len(close)), close, adjusted)
    rows = [(a.ts_event, a.kind) for a in derived.actions]
    assert rows == [(row, kind) for row, kind, _ in EVENTS]
    splits = [(a.numerator, a.denominator) for a in derived.actions if a.kind == "split"]
    assert splits == [(2, 1), (3, 2)]
    paid = [a.dividend_units / 1e6 for a in derived.actions if a.kind == "dividend"]
    assert paid == pytest.approx([0.35, 0.2, 0.2], abs=0.0005 if decimals > 2 else 0.02)
    if decimals == 12:
        assert paid == [0.35, 0.2, 0.2]
        assert derived.convention == ("ex_close" if ex_close else "previous_close")
    assert (derived.splits, derived.dividends, derived.doubtful) == (2, 3, 0)


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_rounding_alone_never_makes_an_action(seed, decimals):
    close = walk(120, seed=seed)
    scale = 0.37
    derived = derive_actions("AAA", "USD", np.arange(120), close, np.round(close * scale, decimals))
    assert derived.actions == ()


@given(st.integers(0, 500))
def test_small_dividend_in_a_coarse_source_is_found_near_its_day_or_not_at_all(seed):
    events = ((100, "dividend", 0.01),)
    close = walk(200, start=8.0, seed=seed)
    adjusted = np.round(adjusted_from(close, events), 2)  # half a cent is more than the dividend's effect on a day
    derived = derive_actions("AAA", "USD", np.arange(200), close, adjusted)
    assert len(derived.actions) <= 1 and derived.splits == 0
    for found in derived.actions:
        assert abs(found.ts_event - 100) <= 30
        assert found.dividend_units / 1e6 == pytest.approx(0.01, abs=0.01)


def test_reverse_split_and_huge_dividend():
    events = ((60, "split", 0.1), (120, "dividend", 25.0))
    close = with_splits(walk(start=10.0), events)
    derived = derive_actions("AAA", "USD", np.arange(len(close)), close, adjusted_from(close, events))
    assert (derived.actions[0].numerator, derived.actions[0].denominator) == (1, 10)
    assert derived.actions[1].dividend_units == 25_000_000
    assert derived.doubtful == 1 and "1 of them doubtful" in derived.line("AAA")


def test_rows_without_prices_are_skipped():
    close = walk(30)
    adjusted = close.copy()
    close[5] = np.nan
    adjusted[9] = 0.0
    assert derive_actions("AAA", "USD", np.arange(30), close, adjusted).actions == ()
    assert derive_actions("AAA", "USD", np.arange(1), close[:1], adjusted[:1]).actions == ()


def test_decimals():
    assert decimals_of(np.array([1.25, 3.0, np.nan])) == 2
    assert decimals_of(np.array([1 / 3])) == 15
    assert decimals_of(np.zeros(0)) == 0
