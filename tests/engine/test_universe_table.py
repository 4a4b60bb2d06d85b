"""The universe inside a run: entries need membership, exits never do, and what becomes of those who leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from consilience.core.codes import Fact, Gate, Reason
from consilience.core.errors import ConfigError
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import Panel
from consilience.core.schemas import ACTION_DELISTING, ACTION_DTYPE, ACTION_RENAME
from consilience.engine.as_callbacks import AsCallbacks
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.portfolio.books import book_terms, verify
from consilience.strategies import Entry
from consilience.universe.catalog import make_profile
from consilience.universe.profile import Profile
from tests.engine.desk import FREE, Columns, Script, fills, run, states
from tests.engine.markets import digests, market, strategy
from tests.universe.worlds import DAY, MINUTE, facts, small

MEMBERS = make_profile("all", {"filters": {"membership": {}}, "missing": "pass"})
CLOSING = make_profile("all", {"filters": {"membership": {}}, "missing": "pass", "on_exit": "close"})
# closes say what is wanted: a whole price 1 enters long, 2 leaves, 3 enters short
LONG, EXIT, SHORT, QUIET = 101.0, 102.0, 103.0, 100.0


def speaks(bar: Any) -> Entry:
    """Signals by the close."""
    return Entry(long=bar.close == LONG, exit_long=bar.close == EXIT, short=bar.close == SHORT, reason="as told")


def listed(prices: Sequence[float | None], off: list[tuple[int, int]], **more: Any) -> Panel:
    """One symbol; ``off`` are (row, 1 or 0): on or off the list from then."""
    told = facts(*((row, 0, Fact.MEMBER, float(on)) for row, on in off))
    return small({"X": prices}, facts=told, **more)


def played(panel: Panel, profile: Profile = MEMBERS, *, callbacks: bool = False, **settings: Any):
    made = Columns(speaks)
    return run(panel, AsCallbacks(made) if callbacks else made, universe=profile, **settings)[1]


def records(output: Any) -> list[tuple[int, str, str, float]]:
    return [
        (int(r["row"]), Gate(int(r["gate"])).name, Reason(int(r["reason"])).name, float(r["direction"]))
        for r in output.records
    ]


@pytest.mark.parametrize("callbacks", [False, True])
def test_an_entry_outside_the_universe_is_stopped_there_with_the_reason(callbacks: bool) -> None:
    panel = listed([LONG, LONG, LONG, QUIET], [(0, 0), (2, 1)])
    output = played(panel, callbacks=callbacks)
    assert records(output)[:3] == [
        (0, "UNIVERSE", "NOT_A_MEMBER", 1.0),
        (1, "UNIVERSE", "NOT_A_MEMBER", 1.0),
        (2, "PASSED", "NONE", 1.0),
    ]
    assert [f[:2] for f in fills(output)] == [(3, "buy")]


@pytest.mark.parametrize("callbacks", [False, True])
def test_an_exit_needs_no_membership_and_a_reversal_only_closes(callbacks: bool) -> None:
    panel = listed([LONG, QUIET, EXIT, QUIET], [(1, 0)])
    assert [f[:2] for f in fills(played(panel, callbacks=callbacks))] == [(1, "buy"), (3, "sell")]
    output = played(listed([LONG, QUIET, SHORT, QUIET, QUIET], [(1, 0)]), callbacks=callbacks)
    assert [(f[0], f[1], f[4]) for f in fills(output)] == [(1, "buy", "ENTRY_SIGNAL"), (3, "sell", "REVERSED")]
    assert records(output)[1:] == [(2, "PASSED", "EXIT_SIGNAL", 0.0), (2, "UNIVERSE", "NOT_A_MEMBER", -1.0)]
    assert int(output.fills[-1]["position"]) == 0


def test_a_position_is_kept_or_closed_when_its_symbol_leaves() -> None:
    prices = [LONG, QUIET, QUIET, QUIET, QUIET]
    kept = played(listed(prices, [(2, 0)]))
    assert [f[:2] for f in fills(kept)] == [(1, "buy")]
    closed = played(listed(prices, [(2, 0)]), CLOSING)
    assert [(f[0], f[1], f[4]) for f in fills(closed)] == [
        (1, "buy", "ENTRY_SIGNAL"),
        (3, "sell", "NOT_A_MEMBER"),
    ]
    assert records(closed)[-1] == (2, "PASSED", "NOT_A_MEMBER", 0.0)


def test_a_day_without_a_bar_is_no_exit() -> None:
    output = played(listed([LONG, QUIET, None, QUIET], []), CLOSING)
    assert [f[:2] for f in fills(output)] == [(1, "buy")]


def test_a_waiting_entry_of_a_symbol_that_leaves_is_cancelled() -> None:
    def patient(bar: Any) -> Entry:
        return Entry(long=bar.close == LONG, limit=bar.close * 0.9, order_type="limit")

    panel = listed([LONG, QUIET, QUIET, 80.0, 80.0], [(2, 0)])
    output = run(panel, Columns(patient), universe=MEMBERS)[1]
    assert states(output) == ["CANCELLED NOT_A_MEMBER"]
    assert not len(output.fills)
    free = run(panel, Columns(patient))[1]
    assert len(free.fills) == 1


def test_an_order_of_a_callback_is_denied_with_the_reason_and_a_sale_goes() -> None:
    panel = listed([QUIET] * 5, [(2, 0)])
    plan = {0: lambda c: c.buy("X", 10), 2: lambda c: c.buy("X", 5), 3: lambda c: c.sell("X", 10)}
    output = run(panel, Script(plan), universe=MEMBERS)[1]
    assert states(output) == ["FILLED", "DENIED NOT_A_MEMBER", "FILLED"]


def test_a_callback_sees_that_the_universe_closed_its_position() -> None:
    """It sends nothing in between: the venue comes to it all the same."""
    seen: list[float] = []
    plan = {0: lambda c: c.buy("X", 10), 3: lambda c: seen.append(c.position("X")), 4: lambda c: c.sell("X", 1)}
    output = run(listed([QUIET] * 7, [(2, 0)]), Script(plan), universe=CLOSING)[1]
    assert seen == [0.0]
    assert states(output) == ["FILLED", "FILLED", "DENIED NOT_A_MEMBER"]


RENAMED = np.zeros(1, ACTION_DTYPE)
RENAMED[0] = (2, 2 * DAY, 0, ACTION_RENAME, 1, 1, 0)


def proved(panel: Panel, output: Any) -> None:
    account = output.account.copy()
    account["actions"] = len(panel.actions)
    verify(output.fills, panel.actions, book_terms(panel, output.cash_start), account, output.lanes)


def test_a_ticker_change_keeps_the_lane_or_closes_it() -> None:
    panel = small({"X": [LONG, QUIET, 98.0, EXIT, QUIET]}, actions=RENAMED)
    kept = played(panel, Profile())
    assert [(f[0], f[4]) for f in fills(kept)] == [(1, "ENTRY_SIGNAL"), (4, "EXIT_SIGNAL")]
    proved(panel, kept)
    closed = played(panel, Profile(on_rename="close"))
    assert [(f[0], f[3], f[4]) for f in fills(closed)] == [(1, 100.0, "ENTRY_SIGNAL"), (2, 100.0, "RENAMED")]
    proved(panel, closed)


def test_waiting_orders_live_through_a_ticker_change_unless_it_closes() -> None:
    panel = small({"X": [QUIET] * 5}, actions=RENAMED)
    plan = {0: lambda c: c.buy("X", 10, limit=50.0)}
    assert states(run(panel, Script(plan))[1]) == ["ACCEPTED"]
    gone = run(panel, Script(plan), universe=Profile(on_rename="close"))[1]
    assert states(gone) == ["CANCELLED RENAMED"]


def test_a_delisting_closes_with_its_reason_and_no_entry_follows() -> None:
    actions = RENAMED.copy()
    actions["kind"] = ACTION_DELISTING
    panel = small({"X": [LONG, QUIET, LONG, LONG]}, actions=actions)
    output = played(panel)
    assert [(f[0], f[4]) for f in fills(output)] == [(1, "ENTRY_SIGNAL"), (2, "DELISTED")]
    assert records(output)[-1] == (3, "UNIVERSE", "DELISTED", 1.0)


def pair(rows: int, *, entries: tuple[int, ...], exits: tuple[int, ...]) -> Panel:
    """Two symbols by the minute whose walks score 1 and 2; A signals at ``entries`` and ``exits``."""
    rng = np.random.default_rng(8)
    walks = {n: (100.0 + np.cumsum(rng.integers(-40, 41, rows)) / 100.0).round(2).tolist() for n in "AB"}
    volume = {n: rng.integers(500, 900, rows).astype(float).tolist() for n in "AB"}
    for row in (*entries, *exits):
        volume["A"][row] = 1e6 if row in entries else 2e6
    return small(walks, step=MINUTE, volume=volume)


def by_volume(bar: Any) -> Entry:
    return Entry(long=bar.volume == 1e6, exit_long=bar.volume == 2e6)


TOP_ONE = {"top": 1, "decay_minutes": 30.0, "missing": "pass", "regime": "default"}


def test_a_symbol_just_traded_is_outranked_until_it_recovers() -> None:
    panel = pair(120, entries=(60, 64, 66, 99), exits=(62,))
    calm = played_by_volume(panel, {**TOP_ONE, "decay_minutes": 0.0})
    decayed = played_by_volume(panel, TOP_ONE)
    assert (60, "PASSED") in [(r[0], r[1]) for r in records(calm)]
    assert (64, "PASSED") in [(r[0], r[1]) for r in records(calm)]
    found = {r[0]: r[1:3] for r in records(decayed)}
    assert found[60][0] == "PASSED"  # not traded yet
    assert found[62][0] == "PASSED"  # the exit fills in minute 63
    assert found[64] == ("UNIVERSE", "OUTRANKED")
    assert found[66] == ("UNIVERSE", "OUTRANKED")
    assert found[99][0] == "PASSED"  # 36 minutes later


def played_by_volume(panel: Panel, changes: dict[str, Any], **more: Any):
    return run(panel, Columns(by_volume), universe=make_profile("all", changes), **more)[1]


def test_the_fill_of_a_slice_counts_in_that_slice() -> None:
    # the exit fills at the open of minute 63; an entry signal at its close already meets half the score
    panel = pair(120, entries=(60, 63), exits=(62,))
    found = {r[0]: r[1:3] for r in records(played_by_volume(panel, TOP_ONE))}
    assert found[63] == ("UNIVERSE", "OUTRANKED")


FOLLOWING = make_profile("all", {
    "filters": {"status": {}, "volume": {"minimum": 1.0}}, "top": 2, "decay_minutes": 30.0, "max_correlation": 0.7,
    "correlation_bars": 20, "missing": "pass", "on_exit": "close",
})  # fmt: skip
FIXED = make_profile("all", {
    "filters": {"volatility": {"maximum": 0.03}}, "top": 2, "decay_minutes": 0.0, "missing": "pass", "on_exit": "close",
})  # fmt: skip
ROWS = 500 if JIT_ENABLED else 130


@pytest.mark.parametrize("profile", [FOLLOWING, FIXED], ids=["following trades", "fixed"])
@pytest.mark.parametrize("name", ["daily", "bid_ask"])
def test_blocks_steps_and_callbacks_decide_alike(profile: Profile, name: str) -> None:
    panel = market(name, ROWS)
    settings = Settings(cash=20_000.0, fraction=0.2, universe=profile, record="full")

    def outcome(blocks: Any = None, *, callbacks: bool = False, live: bool = False) -> dict[str, str]:
        session = Session(panel, [strategy("moving_average_cross", callbacks=callbacks)], settings)
        if live:
            for row in range(ROWS):
                session.step(panel.rows(row, row + 1))
        else:
            session.run(panel, blocks=blocks)
        return digests(session.output())

    first = outcome()
    assert first == outcome([1, 17, 50])
    assert first == outcome(live=True)
    assert first["fills"] == outcome(callbacks=True)["fills"]


def test_a_universe_that_lets_all_pass_changes_nothing() -> None:
    settings = Settings(cash=20_000.0, fraction=0.4)
    lax = msgspec.structs.replace(settings, universe=make_profile("all", {"filters": {"price": {}}}))
    for name in ("daily", "minute"):
        panel = market(name, ROWS)
        results = []
        for one in (settings, lax):
            session = Session(panel, [strategy("rsi_mean_reversion")], one)
            session.run(panel)
            results.append(digests(session.output()))
        assert results[0] == results[1]


def test_one_plain_lane_with_a_universe_is_judged_too() -> None:
    panel = listed([LONG, QUIET, EXIT, LONG, QUIET], [(3, 0)])
    output = run(
        panel, Columns(lambda bar: Entry(long=bar.close == LONG, exit_long=bar.close == EXIT)), universe=MEMBERS
    )
    assert [f[:2] for f in fills(output[1])] == [(1, "buy"), (3, "sell")]


def test_event_runs_have_no_universe() -> None:
    panel = replace(market("minute", 60), events=True)
    with pytest.raises(ConfigError, match="needs bars"):
        Session(panel, [strategy("macd_cross")], Settings(universe=MEMBERS, physics=FREE))
