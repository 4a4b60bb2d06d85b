"""The evaluator beyond the contract: time columns, slots, groups, higher timeframes, last, growth, threads."""

import threading

import numpy as np
import pytest

from consilience.core.errors import ReportBug, StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.features import Evaluator, bar, block_for, constant, ta
from tests.examples import cases
from tests.features.support import MINUTE, all_cases, composed, history, packed, run, same

HOUR = 60 * MINUTE


def test_time_columns_say_utc_and_the_session():
    block = history(200, 1)._replace(ts=np.arange(1, 201, dtype=np.int64) * 17 * MINUTE)
    assert block.session_open is not None
    nodes = [bar.hour, bar.minute_of_day, bar.session, bar.minute_of_session]
    hour, minute, session, inside = (v[:, 0] for v in run(nodes, block, 64))
    minutes = np.arange(1, 201) * 17
    same(hour, (minutes // 60 % 24).astype(np.float64))
    same(minute, (minutes % 1440).astype(np.float64))
    same(session, block.session[:, 0].astype(np.float64))
    same(inside, (minutes - block.session_open[:, 0] // MINUTE).astype(np.float64))
    (again,) = run([bar.minute_of_session], block._replace(session_open=None), 64)
    same(again[:, 0], minute)


def test_slots_come_by_name_and_nan_until_known():
    block = history(30, 2)
    slots = np.stack([np.full((30, 2), np.nan), np.arange(60.0).reshape(30, 2)])
    slots[0, 10:] = 7.0
    block = block._replace(slots=slots)
    nodes = [bar.slot("vix"), ta.sma(bar.slot("flow"), 3)]
    evaluator = Evaluator(nodes, 2, slots=("vix", "flow"), block=8)
    vix, flow = run(nodes, block, 8, evaluator)
    same(vix, slots[0])
    np.testing.assert_allclose(flow[5], slots[1, 3:6].mean(axis=0))
    with pytest.raises(StrategyError, match="brings no external series"):
        evaluator.push(history(3, 2))


def test_higher_timeframe_shows_the_last_closed_bar_only():
    block = history(120, 1)._replace(session_open=None)
    block = block._replace(session=np.zeros((120, 1), np.int64))
    five = bar.at("5m")
    nodes = [five.open, five.high, five.low, five.close, five.volume, ta.sma(five.close, 3), five.close[1]]
    got = [v[:, 0] for v in run(nodes, block, 7)]
    o, h, l, c, v = (column[:, 0] for column in block.bars[:5])  # noqa: E741
    for t in range(120):
        closed = (t + 1) // 5  # bars are stamped at their close: minutes 1..5 make the first
        if closed == 0:
            assert all(np.isnan(g[t]) for g in got)
            continue
        rows = slice(closed * 5 - 5, closed * 5)
        assert [g[t] for g in got[:5]] == [o[rows][0], h[rows].max(), l[rows].min(), c[rows][-1], v[rows].sum()]
        if closed >= 3:
            np.testing.assert_allclose(got[5][t], c[[closed * 5 - 11, closed * 5 - 6, closed * 5 - 1]].mean())
        if closed >= 2:
            assert got[6][t] == c[closed * 5 - 6]


def test_buckets_anchor_to_the_session_and_gaps_close_late():
    # one session opens at 9:30; bars at 9:31..9:50 with 9:45 missing, then the next day
    start = 9 * HOUR + 30 * MINUTE
    minutes = [m for m in range(1, 21) if m != 15] + [24 * 60 + 1]
    ts = start + np.array(minutes, np.int64) * MINUTE
    rows = len(ts)
    block = history(rows, 1)
    session = (np.array(minutes) > 1000).astype(np.int64)[:, None]
    block = block._replace(ts=ts, session=session, session_open=start + session * 24 * HOUR)
    values = run([bar.at("15m").close, bar.at("1d").close], block, 4)
    quarter, day = values[0][:, 0], values[1][:, 0]
    close = block.bars.close[:, 0]
    assert np.isnan(quarter[:14]).all()  # 9:44 is not the end; the 9:45 bar is missing
    same(quarter[14:19], np.full(5, close[13]))  # closed by the 9:46 slice
    assert quarter[19] == close[18]  # the unfinished bucket ends with its session
    assert np.isnan(day[:19]).all() and day[19] == close[18]


def test_weeks_start_on_monday_and_odd_lengths_restart_at_midnight():
    day = 24 * HOUR
    block = history(40, 1)._replace(
        ts=(np.arange(40, dtype=np.int64) + 1) * day, session=np.arange(40)[:, None], session_open=None, duration_ns=day
    )
    (week,) = run([bar.at("1w").close], block, 9)
    first_monday = 4  # bars are stamped at the end of their day: rows 0..3 are Thursday to Sunday
    assert np.isnan(week[: first_monday - 1]).all()
    assert week[first_monday - 1, 0] == block.bars.close[3, 0]
    assert week[10, 0] == block.bars.close[10, 0] and week[16, 0] == block.bars.close[10, 0]
    with pytest.raises(StrategyError, match="shorter than the bars"):
        run([bar.at("1h").close], block, 9)
    hours = history(60, 1)._replace(ts=(np.arange(60, dtype=np.int64) + 1) * HOUR, session_open=None)
    hours = hours._replace(session=((hours.ts - 1) // day)[:, None], duration_ns=HOUR)
    (seven,) = run([bar.at("7h").close], hours, 60)
    assert seven[23, 0] == hours.bars.close[23, 0]  # midnight ends the fourth bucket


def test_masked_bars_make_no_part_of_a_higher_bar():
    block = history(100, 2, seed=5, masked=0.4)
    outputs = run([bar.at("5m").volume, ta.last(bar.at("5m").volume)], block, 11)
    keep = block.valid[:, 0]
    same(outputs[0][keep, :1], run([bar.at("5m").volume], packed(block, 0), 100)[0])
    assert np.isnan(outputs[0][~block.valid]).all()
    assert not np.isnan(outputs[1][30:]).any()


def test_last_carries_through_masked_slices_in_any_block():
    block = history(60, 3, seed=9, masked=0.5, unknown=0.2)
    (value,) = run([ta.last(bar.close)], block, 60)
    want = np.full(3, np.nan)
    for t in range(60):
        known = block.valid[t] & ~np.isnan(block.bars.close[t])
        want = np.where(known, block.bars.close[t], want)
        same(value[t], want)


def test_constants_and_repeated_outputs_have_values_too():
    block = history(10, 2, masked=0.3)
    nodes = [constant(3.0), constant(2.0) * 4, bar.close, bar.close]
    three, eight, a, b = run(nodes, block, 4)
    assert (three == 3.0).all()
    assert (eight[block.valid] == 8.0).all()
    same(a, b)
    (lagged,) = run([constant(3.0)[1]], history(5, 1), 2)
    assert np.isnan(lagged[0, 0]) and (lagged[1:] == 3.0).all()


def test_a_larger_push_grows_the_blocks_and_keeps_the_state():
    block = history(100, 2, masked=0.1)
    nodes = [ta.sma(bar.close, 9), ta.ema(bar.at("5m").close, 3)]
    evaluator = Evaluator(nodes, 2, block=4)
    grown = run(nodes, block, (4, 30, 50), evaluator)
    for a, b in zip(run(nodes, block, 100), grown, strict=True):
        same(a, b)
    assert evaluator.block == 50


def test_values_are_contiguous_views_and_inputs_may_have_any_layout():
    block = history(20, 10)
    nodes = [bar.close, ta.sma(bar.close, 4)]
    want = run(nodes, block, 20)
    frozen = block.bars.close.copy()
    frozen.flags.writeable = False
    odd = block._replace(bars=block.bars._replace(close=frozen, open=np.asfortranarray(block.bars.open)))
    got = run(nodes, odd, 20)
    for a, b in zip(want, got, strict=True):
        same(a, b)
    evaluator = Evaluator(nodes, 10, block=20)
    evaluator.push(block)
    assert evaluator.value(nodes[1]).flags.c_contiguous
    assert evaluator.value(nodes[1]) is evaluator.value(nodes[1])
    assert block_for(1) == 4096 and block_for(50_000) == 1 and block_for(64, 2) == 2 * block_for(64)


def test_many_blocks_reuse_the_room():
    block = history(3000, 1)
    nodes = [ta.sma(bar.close, 50), ta.highest(bar.close, 7)]
    for a, b in zip(run(nodes, block, 3000), run(nodes, block, (1, 700)), strict=True):
        same(a, b)


def test_a_snapshot_of_another_graph_is_refused():
    first = Evaluator([ta.sma(bar.close, 5)], 1)
    with pytest.raises(ReportBug, match="another graph"):
        Evaluator([ta.sma(bar.close, 6)], 1).restore(first.state())


def test_two_evaluators_run_in_two_threads():
    nodes = [n for group in cases(all_cases().values(), 4) for n in group] + composed()
    block = history(150 if JIT_ENABLED else 50, 10, masked=0.2)
    want = run(nodes, block, 25)
    results = {}
    threads = [threading.Thread(target=lambda k=k: results.update({k: run(nodes, block, 25)})) for k in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for found in results.values():
        for a, b in zip(want, found, strict=True):
            same(a, b)
    assert len(results) == 2


def test_symbols_that_fall_behind_are_moved_up_and_share_a_row_again():
    nodes = [ta.sma(bar.close, 9), ta.highest(bar.high, 5), bar.close[3], ta.sma(bar.at("5m").close, 4)]
    block = history(700, 12, seed=4)
    valid = block.valid.copy()
    valid[50:300] = np.random.default_rng(8).random((250, 12)) < 0.6
    block = block._replace(valid=valid)
    want = run(nodes, block, 700)
    evaluator = Evaluator(nodes, 12, block=3)
    clock = evaluator._plan.clock
    apart, at, got = [], 0, []
    while at < 700:
        size = 1 + at % 3
        evaluator.push(block.rows(at, at + size))
        got.append([evaluator.value(n).copy() for n in nodes])
        at += size
        apart.append(clock.cursor[0, 12] < 0)
    for n, expected in enumerate(want):
        same(np.concatenate([g[n] for g in got]), expected[:at])
    assert not apart[20] and apart[100] and not apart[-1]
    assert clock.rings[0][0].shape[0] < 40
