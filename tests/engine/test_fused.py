"""Fused decisions: sources, fusion, orchestrator, risk, sizing and orders as one run, on seeded markets."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
import pytest

from consilience.core.codes import Gate, Reason, TickerState
from consilience.core.errors import ConfigError, NotFound, StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.engine.desk import STATE_TALLY
from consilience.engine.fused import Fused
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.engine.terms import OrchestratorSettings
from consilience.portfolio.trades import round_trips
from consilience.research.lookahead import lookahead_check
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.presets import PRESETS
from consilience.risk.sizing_settings import SizingSettings
from consilience.signals.fusion.profiles import BALANCED
from consilience.strategies.catalog import STRATEGIES
from tests.engine.markets import market, same, stepped
from tests.examples import cases

ROWS = 1200 if JIT_ENABLED else 260
EAGER = OrchestratorSettings(threshold=0.35, aligned=2, maximum_trades=2, cooldown=3)
LIMITS = msgspec.structs.replace(PRESETS["standard"], halt_losses=0, atr_breaker=2.0)
SETTINGS = Settings(
    cash=1e6, record="full", orchestrator=EAGER, risk=LIMITS, resume_after=10, sizing=SizingSettings(method="atr_risk"),
    exits=ExitSettings(break_even_r=0.8, partial=((0.6, 0.5),), time_bars=40),
)  # fmt: skip


def balanced(**changes):
    """The ready profile, eager enough for a short history."""
    return msgspec.structs.replace(
        BALANCED, thresholds=msgspec.structs.replace(BALANCED.thresholds, buy=0.08), coverage_minimum=0.2, **changes
    )


def play(panel, strategies, settings=SETTINGS, blocks=None):
    session = Session(panel, strategies, settings)
    session.run(panel, blocks=blocks)
    return session, session.output()


@cache
def whole(name="daily"):
    panel = market(name, ROWS)
    return panel, *play(panel, [Fused(balanced())])


def test_it_trades_and_reaches_every_state():
    _, session, output = whole()
    assert np.count_nonzero(output.fills["lots"]) > (20 if JIT_ENABLED else 4)
    states = output.tallies[0, STATE_TALLY : STATE_TALLY + len(TickerState)]
    assert (states > 0).all()
    assert session.desk is not None and session.desk.risk["peak_equity"][0] >= session.desk.risk["equity"][0]


@pytest.mark.parametrize("name", cases(["daily", "bid_ask"], 2))
def test_slices_one_by_one_and_in_pieces_decide_the_same(name):
    panel, _, output = whole(name)
    same(output, play(panel, [Fused(balanced())], blocks=(7, 1, 64, 13))[1])
    part = panel.rows(0, 200)
    same(play(part, [Fused(balanced())])[1], stepped(part, [Fused(balanced())], SETTINGS))


def test_contributions_sum_exactly_to_the_score():
    _, _, output = whole()
    (hearing,) = output.hearings
    score = output.records["score"][hearing.rows]
    total = np.zeros(len(score))
    for k in range(len(hearing.names)):
        total = total + hearing.contributions[:, k]
    spoke = ~np.isnan(total)
    # an exit that did not come from fusion has no score
    decided = spoke & (output.records["direction"][hearing.rows] != 0.0)
    assert decided.sum() > 50
    np.testing.assert_array_equal(total[decided], score[decided])


def test_the_funnel_counts_every_symbol_in_every_slice():
    panel, _, output = whole()
    gates = output.tallies[0, : len(Gate)]
    assert gates.sum() == panel.shape[0] * panel.shape[1]
    assert gates[Gate.UNIVERSE] == np.count_nonzero(~panel.valid)
    entries = (output.records["gate"] == Gate.PASSED) & (output.records["direction"] != 0.0)
    assert gates[Gate.PASSED] == entries.sum() > 0
    for gate in (Gate.FUSION, Gate.RISK):
        assert gates[gate] == np.count_nonzero(output.records["gate"] == gate)


def test_muting_any_source_changes_decisions():
    panel = market("daily", ROWS)
    base = play(panel, [Fused(balanced())])[1]
    for name in cases((name for name, use in BALANCED.sources.items() if use.weight != 0.0), 4):
        rest = {other: one for other, one in BALANCED.sources.items() if other != name}
        total = sum(one.weight for one in rest.values())
        kept = {k: msgspec.structs.replace(one, weight=one.weight / total) for k, one in rest.items()}
        multipliers = {
            label: {k: v for k, v in factors.items() if k != name}
            for label, factors in BALANCED.regime_multipliers.items()
        }
        muted = balanced(sources=kept, regime_multipliers=multipliers)
        other = play(panel, [Fused(muted)])[1]
        assert base.records.tobytes() != other.records.tobytes(), name


def test_the_future_changes_nothing():
    report = lookahead_check(Fused(balanced()), market("daily", 160), cuts=3, settings=SETTINGS)
    assert report.ok, report.text()


def test_beside_a_plain_strategy():
    panel = market("daily", ROWS)
    plain = STRATEGIES["moving_average_cross"](fast=3, slow=8)
    output = play(panel, [plain, Fused(balanced())], blocks=(50,))[1]
    lanes = set(output.fills["lane"] // panel.shape[1])
    assert lanes == {0, 1}
    assert output.tallies[0].sum() == 0 and output.tallies[1, : len(Gate)].sum() == panel.shape[0] * panel.shape[1]


def test_no_more_trades_at_once_than_allowed():
    panel, _, output = whole()
    held = np.zeros(panel.shape[1], np.int64)
    most = 0
    for row in range(panel.shape[0]):
        for fill in output.fills[output.fills["row"] == row]:
            held[fill["symbol"]] = fill["position"]
        most = max(most, int(np.count_nonzero(held)))
    assert most == EAGER.maximum_trades


def test_the_strategies_are_a_source():
    members = "moving_average_cross(fast=3, slow=8), supertrend(period=4)"
    sources = {**balanced().sources}
    sources = {k: msgspec.structs.replace(v, weight=v.weight * 0.5) for k, v in sources.items()}
    sources["strategies"] = msgspec.structs.replace(next(iter(sources.values())), weight=0.5, parameters={})
    output = play(market("daily", 200), [Fused(balanced(sources=sources), members=members)])[1]
    hearing = output.hearings[0]
    assert hearing.names[-1] == "strategies"
    assert np.isfinite(hearing.values[:, -1]).any()


def test_a_halt_lasts_until_it_is_resumed():
    panel = market("daily", ROWS)
    limits = msgspec.structs.replace(LIMITS, halt_losses=1, halt_losses_level=1)
    stays = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, risk=limits, resume_after=0))
    goes_on = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, risk=limits, resume_after=15))
    halted = stays[0].desk.risk[0]
    assert halted["halt_level"] == 1 and halted["halt_reason"] == Reason.HALT_LOSSES
    since = int(stays[1].account["halt_row"][0])
    entries = stays[1].fills[stays[1].fills["role"] == 0]
    assert (entries["row"] <= since + 1).all()  # what was sent before may fill
    assert len(goes_on[1].fills) >= len(stays[1].fills)
    (halt,) = stays[1].halts
    assert (halt["row"], halt["ts"], halt["losses"], halt["resumed_row"]) == (since, panel.ts[since], 1, -1)
    assert stays[1].account["halted_entries"][0] == stays[1].tallies[0, Gate.RISK] > 0  # only the halt refuses here


@pytest.mark.parametrize("blocks", cases([None, (1,), (7,)], 2))
def test_the_log_of_halts(blocks):
    panel = market("daily", ROWS)
    limits = msgspec.structs.replace(LIMITS, halt_losses=1, halt_losses_level=1)
    settings = msgspec.structs.replace(SETTINGS, risk=limits, resume_after=15)
    output = play(panel, [Fused(balanced())], settings, blocks=blocks)[1]
    halts = output.halts
    assert len(halts) == output.account["halts"][0] > 1
    ended = halts[halts["resumed_row"] >= 0]
    assert (ended["resumed_row"] == ended["row"] + 15).all()
    assert (ended["resumed_ts"] == panel.ts[ended["resumed_row"]]).all()
    assert (halts["row"][1:] >= ended["resumed_row"][: len(halts) - 1]).all()
    assert (halts["losses"] >= 1).all() and (halts["equity"] == output.curves[halts["row"], 0]).all()
    refused = ended["halted_entries_after"] - ended["halted_entries"]
    assert (refused >= 0).all() and (halts["halted_entries"][1:] == np.cumsum(refused)[: len(halts) - 1]).all()
    entries = output.fills[output.fills["role"] == 0]["row"]
    for halt in ended:  # what was sent in the slice before may fill in the slice of the halt or the next
        assert not ((entries > halt["row"] + 1) & (entries <= halt["resumed_row"])).any()


def test_flattening_closes_everything():
    panel = market("daily", ROWS)
    limits = msgspec.structs.replace(LIMITS, halt_losses=1, halt_losses_level=3)
    session, output = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, risk=limits, resume_after=0))
    assert session.desk.risk["halt_level"][0] == 3
    assert (output.lanes["lots"] == 0).all() and (output.lanes["working_entry"] == -1).all()


@pytest.mark.parametrize(
    ("exits", "reason"),
    [
        (ExitSettings(time_bars=3), Reason.TIME_STOP),
        (ExitSettings(partial=((0.3, 0.5),)), Reason.PARTIAL_EXIT),
        (ExitSettings(trail_atr=0.7), Reason.TRAILING_STOP_HIT),
        (ExitSettings(stop="atr", stop_atr=0.5), Reason.STOP_LOSS_HIT),
        (ExitSettings(target_r=0.4), Reason.TAKE_PROFIT_HIT),
    ],
)
def test_exits_act(exits, reason):
    panel = market("daily", ROWS)
    output = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, exits=exits))[1]
    assert (output.fills["reason"] == reason).any()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Fused("balancd"), NotFound, "did you mean 'balanced'"),
        (lambda: Fused(balanced(sources={})), ConfigError, "no source is named"),
        (lambda: Fused(balanced(regime="trend_composite")), ConfigError, "tells no regime"),
        (lambda: Fused(balanced(), member="x"), StrategyError, "did you mean 'members'"),
    ],
)
def test_what_cannot_be(make, error, text):
    with pytest.raises(error, match=text):
        Session(market("daily", 60), [make()], SETTINGS)


def test_symbols_that_are_not_watched():
    panel = market("daily", ROWS)
    only = msgspec.structs.replace(EAGER, watchlist=(panel.symbols[0],))
    output = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, orchestrator=only))[1]
    assert set(output.fills["symbol"]) == {0}
    wrong = msgspec.structs.replace(EAGER, watchlist=("NOBODY",))
    with pytest.raises(NotFound, match="unknown symbol 'NOBODY'"):
        play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, orchestrator=wrong))


def test_a_sector_fills_up():
    panel = market("daily", ROWS)
    tight = msgspec.structs.replace(
        LIMITS, sectors=dict.fromkeys(panel.symbols, "all of them"), max_sector=0.02, max_position=0.0, max_symbol=0.0
    )
    output = play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, risk=tight))[1]
    assert (output.records["reason"] == Reason.MAX_SECTOR_EXPOSURE).any()
    gone = msgspec.structs.replace(LIMITS, sectors={"NOBODY": "none"})
    with pytest.raises(NotFound, match=r"unknown symbol 'NOBODY'.*risk.sectors"):
        play(panel, [Fused(balanced())], msgspec.structs.replace(SETTINGS, risk=gone))


@pytest.mark.parametrize("short", [False, True])
def test_losses_in_a_row_are_those_of_the_round_trips(short):
    """Reversals too: the closing and the opening fill come in one slice."""
    panel = market("minute", ROWS)
    plain = STRATEGIES["moving_average_cross"](fast=3, slow=8, allow_short=short)
    settings = Settings(cash=1e6, risk=msgspec.structs.replace(PRESETS["student"], halt_losses=0, max_losses=0))
    session, output = play(panel, [plain], settings)
    trades, fills = round_trips(output.fills, panel), output.fills
    closed = trades.records[trades.closed]
    ends = [
        np.flatnonzero((fills["row"] == t["exit_row"]) & (fills["lane"] == t["lane"]) & (fills["position"] == 0))[0]
        for t in closed
    ]
    losses = 0
    for k in np.argsort(ends):
        losses = losses + 1 if closed["net"][k] < 0 else 0 if closed["net"][k] > 0 else losses
    assert len(closed) > 5
    assert session.desk is not None and session.desk.risk["losses"][0] == losses


def test_the_full_sizer_is_asked_where_the_fixed_fraction_buys_nothing():
    panel = market("minute", 200)
    plain = STRATEGIES["moving_average_cross"](fast=3, slow=8, stop_atr=2.0)
    settings = Settings(cash=1e6, fraction=1e-6, risk=PRESETS["standard"], sizing=SizingSettings(fraction=0.05))
    assert np.count_nonzero(play(panel, [plain], settings)[1].fills["lots"]) > 2
    none = msgspec.structs.replace(settings, sizing=None)
    assert np.count_nonzero(play(panel, [plain], none)[1].fills["lots"]) == 0
