"""The screener over history and live: nothing depends on the future, on blocks, or on the way the slices arrive."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from consilience.core.errors import ReportBug
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import Panel
from consilience.universe.catalog import FILTERS, make_profile
from consilience.universe.measures_nb import own_percentile_nb
from consilience.universe.profile import Profile
from consilience.universe.screener import Screen, Screener
from tests.universe.worlds import DAY, HOUR, world

LOOSE = {
    "filters": {
        "status": {}, "price": {"minimum": 20.0}, "volume": {"minimum": 30_000.0}, "spread": {"maximum": 0.002},
        "market_cap": {"minimum": 20_000.0}, "age": {"minimum": 1.0}, "membership": {}, "volatility": {"maximum": 0.5},
        "breakout": {"maximum": 0.2},
    },
    "top": 3, "max_correlation": 0.7, "correlation_bars": 25, "decay_minutes": 0.0, "missing": "pass",
}  # fmt: skip
PROFILE = make_profile("all", LOOSE)
ROWS = 160 if JIT_ENABLED else 90
STEPS = (DAY, HOUR)


def screened(panel: Panel, blocks: list[int], profile: Profile = PROFILE) -> list[Screen]:
    """All slices in blocks of these lengths, over and over."""
    screener, result, start, turn = Screener(profile, panel, details=True), [], 0, 0
    while start < panel.shape[0]:
        stop = min(start + blocks[turn % len(blocks)], panel.shape[0])
        screen = screener.push(panel, start, stop)
        screener.select(screen)
        result.append(screen)
        start, turn = stop, turn + 1
    return result


def joined(screens: list[Screen]) -> dict[str, np.ndarray]:
    """Every array of the screens, one after the other; the window of returns is not one of them."""
    plain = {f.name for f in fields(Screen)} - {"measures", "returns", "parts"}
    result = {name: np.concatenate([getattr(s, name) for s in screens]) for name in plain}
    result["parts"] = np.concatenate([s.parts for s in screens], axis=1)
    return result | {name: np.concatenate([s.measures[name] for s in screens]) for name in screens[0].measures}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray], rows: int | None = None) -> None:
    assert a.keys() == b.keys()
    for name, left in a.items():
        axis = 1 if name == "parts" else 0
        first, second = (x if rows is None else np.take(x, range(rows), axis=axis) for x in (left, b[name]))
        np.testing.assert_array_equal(first, second, err_msg=name)


def test_every_filter_is_in_the_profile_that_is_tested_here() -> None:
    assert set(PROFILE.filters) == set(FILTERS)


@pytest.mark.parametrize("step", STEPS)
def test_any_partition_into_blocks_gives_the_same_bits(step: int) -> None:
    panel = world(1, ROWS, step=step)
    whole = joined(screened(panel, [ROWS]))
    assert len(set(whole["codes"].ravel().tolist())) > 6  # many reasons were given
    assert (whole["codes"] == 0).any()
    for blocks in ([1], [7, 1, 30], [64]):
        same(whole, joined(screened(panel, blocks)))


@pytest.mark.parametrize("step", STEPS)
def test_one_live_slice_equals_history(step: int) -> None:
    panel = world(2, ROWS, step=step)
    screener, live = Screener(PROFILE, panel.rows(0, 1), details=True), []
    for row in range(ROWS):
        one = panel.rows(row, row + 1)
        screen = screener.push(one, 0, 1)
        screener.select(screen)
        live.append(screen)
    same(joined(screened(panel, [40])), joined(live))


@pytest.mark.parametrize("step", STEPS)
def test_a_screener_goes_on_from_a_snapshot(step: int) -> None:
    panel = world(7, ROWS, step=step)
    whole = joined(screened(panel, [ROWS]))
    half = ROWS // 2
    first, second = (Screener(PROFILE, panel, details=True) for _ in range(2))
    first.push(panel, 0, half)
    kept = first.state()
    first.push(panel, half, ROWS)  # the snapshot does not move with it
    second.restore(kept)
    rest = second.push(panel, half, ROWS)
    second.select(rest)
    after = {k: v[:, half:] if k == "parts" else v[half:] for k, v in whole.items()}
    same(after, joined([rest]))
    with pytest.raises(ReportBug, match="another"):
        Screener(PROFILE, world(7, 30, 5)).restore(kept)


@pytest.mark.parametrize("step", STEPS)
def test_the_future_changes_no_past_membership(step: int) -> None:
    panel = world(3, ROWS, step=step)
    whole = joined(screened(panel, [50]))
    other = world(4, ROWS, step=step)
    for cut in (1, 17, ROWS // 2, ROWS - 1):
        same(whole, joined(screened(panel.rows(0, cut), [50])), cut)

        def changed(a: np.ndarray, b: np.ndarray, cut: int = cut) -> np.ndarray:
            return np.concatenate([a[:cut], b[cut:]])

        def records(a: np.ndarray, b: np.ndarray, cut: int = cut) -> np.ndarray:
            return np.concatenate([a[a["row"] < cut], b[b["row"] >= cut]])

        bid = type(panel.bid)(*(changed(a, b) for a, b in zip(panel.bid, other.bid, strict=True)))
        ask = type(panel.ask)(*(changed(a, b) for a, b in zip(panel.ask, other.ask, strict=True)))
        mixed = replace(
            panel,
            bid=bid,
            ask=ask,
            volume=changed(panel.volume, other.volume),
            valid=changed(panel.valid, other.valid),
            facts=records(panel.facts, other.facts),
            actions=records(panel.actions, other.actions),
        )
        same(whole, joined(screened(mixed, [50])), cut)


def test_a_planted_peek_is_found() -> None:
    panel = world(3, ROWS)
    early = replace(panel, facts=panel.facts.copy())
    early.facts["row"] = np.maximum(early.facts["row"] - 5, 0)
    with pytest.raises(AssertionError):
        same(joined(screened(panel, [50])), joined(screened(early, [50])))


def test_turnover_equals_a_plain_sum_over_24_hours() -> None:
    panel = world(5, 80, 3, step=HOUR, spread=False)
    found = joined(screened(panel, [9]))["turnover"]
    amounts = np.where(panel.valid, np.floor(panel.bid.close * panel.volume + 0.5), np.nan)
    for row in range(80):
        window = amounts[max(0, row - 23) : row + 1]
        known = ~np.isnan(window)
        expected = np.where(known.any(axis=0), np.where(known, window, 0.0).sum(axis=0) / 100, np.nan)
        np.testing.assert_array_equal(found[row], expected)


def test_percentile_of_the_last_30_days() -> None:
    rows = 45
    values = np.arange(rows, dtype=float)[:, None] % 40
    ts = np.arange(1, rows + 1, dtype=np.int64) * DAY
    samples, slots, cursor = np.full((31, 1), np.nan), np.zeros(31, np.int64), np.zeros(2, np.int64)
    out = np.empty((rows, 1))
    own_percentile_nb(values, ts, DAY, samples, slots, cursor, out)
    assert np.isnan(out[:10]).all()  # fewer than ten samples
    assert (out[10:40] == 1.0).all()  # a new highest each day
    # day 40 is 0 again: of the 30 days before, 10..39, none is below; day 41 is 1: day 40 is
    assert out[40, 0] == 0.0 and out[41, 0] == pytest.approx(1 / 30)


def test_candidates_are_scored_alone_where_no_one_is_chosen() -> None:
    panel = world(6, 60)
    screener = Screener(Profile(missing="pass"), panel, scores=True)
    screen = screener.push(panel, 0, 60)
    screener.select(screen)
    assert (screen.member == (panel.valid & (screen.codes != 45))).all()
    known = ~np.isnan(screen.score[-1])
    assert known.any() and (screen.rank[-1][known] > 0).all()
    assert (screen.parts[:, ~np.isnan(screen.parts).any(axis=0)] >= 0.0).all()
    assert np.nanmax(screen.parts) <= 100.0 and np.nanmin(screen.parts) >= 0.0
