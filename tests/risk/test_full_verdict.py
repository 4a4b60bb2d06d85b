"""The algebra of verdicts: the harshest wins, reducing orders pass, nothing approved opens or worsens a breach."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError
from consilience.risk.catalog import FULL_RULES, PLACES, full_verdict_nb
from consilience.risk.full_request import NOT_KNOWN, REQUEST_DTYPE, floor_share_nb, load_account_nb, new_request
from consilience.risk.limits import LIMITS_DTYPE, limits_record
from consilience.risk.rule import VerdictKind
from consilience.risk.settings import RiskSettings
from consilience.risk.state import RISK_DTYPE, new_state
from consilience.risk.verdict import explain
from tests.examples import examples

APPROVE, SHRINK, REFUSE, HALT = VerdictKind


def ask(lots=10, **changes):
    """A wish to buy lots worth 100 each, stop at 5 a lot, in an account of 10,000 without positions."""
    request = new_request()[0]
    given = {"lots": lots, "lot_units": 100, "stop_units": 5, "equity": 10_000}
    given |= {"peak_equity": 10_000, "session_equity": 10_000, "opens": 1}
    for name, value in (given | changes).items():
        request[name] = value
    return request


def limits(overridden=(), **settings):
    record = limits_record(RiskSettings(**settings))[0]
    for name in overridden:
        record["overridden"] |= 1 << PLACES[name]
    return record


FULL = "position_size gross_exposure portfolio_heat"
REFUSED: dict[str, Any] = {"when_unknown": "refuse"}
TIGHT: dict[str, Any] = {"max_position": 0.05, "max_gross": 0.4, "max_heat": 0.002}  # 5 lots, 40 lots, 4 lots
# request, limits, kind, lots, reason, rules that object
TABLE = [
    (ask(), limits(), APPROVE, 10, 0, ""),
    (ask(4), limits(**TIGHT), APPROVE, 4, 0, ""),
    (ask(0), limits(), REFUSE, 0, Reason.SIZE_IS_ZERO, ""),
    (ask(), limits(**TIGHT), SHRINK, 4, Reason.MAX_HEAT, "position_size portfolio_heat"),
    (ask(stop_units=4), limits(**TIGHT), SHRINK, 5, Reason.MAX_POSITION, "position_size portfolio_heat"),
    (ask(gross=4_000), limits(**TIGHT), REFUSE, 0, Reason.MAX_GROSS_EXPOSURE, FULL),
    (ask(gross=4_000, restricted=1), limits(**TIGHT), REFUSE, 0, Reason.RESTRICTED, f"restricted {FULL}"),
    (ask(restricted=1, halt_level=1), limits(), HALT, 0, Reason.HALTED, "halt restricted"),
    (ask(halt_level=3), limits(**TIGHT), HALT, 0, Reason.HALTED, "halt position_size portfolio_heat"),
    # unknown inputs: passed or refused, as the settings say
    (ask(), limits(vix=30), APPROVE, 10, 0, ""),
    (ask(), limits(vix=30, when_unknown="refuse"), REFUSE, 0, Reason.RISK_INPUT_UNKNOWN, "vix"),
    (ask(), limits(vix=30, max_sector=0.5, **REFUSED), REFUSE, 0, Reason.RISK_INPUT_UNKNOWN, "vix sector_exposure"),
    # the venue's minimum
    (ask(minimum_lots=5), limits(**TIGHT), REFUSE, 0, Reason.MAX_HEAT, "position_size portfolio_heat"),
    (ask(4, minimum_lots=5), limits(), REFUSE, 0, Reason.BELOW_MINIMUM, ""),
    (ask(4, minimum_lots=5, reduces=1), limits(), APPROVE, 4, 0, ""),
    # a person set a rule aside; the halt can't be
    (ask(), limits(["portfolio_heat"], **TIGHT), SHRINK, 5, Reason.MAX_POSITION, "position_size"),
    (ask(halt_level=1), limits(["halt"]), HALT, 0, Reason.HALTED, "halt"),
    (ask(duplicate=1), limits(["duplicate"], duplicate_seconds=1), REFUSE, 0, Reason.DUPLICATE_ORDER, "duplicate"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "limits_", "kind", "lots", "reason", "objections"), TABLE)
def test_the_harshest_wins(request_, limits_, kind, lots, reason, objections):
    verdict = full_verdict_nb(request_, limits_)
    assert (verdict.kind, verdict.lots, verdict.reason) == (kind, lots, int(reason))
    assert [rule.name for k, rule in enumerate(FULL_RULES) if verdict.objections >> k & 1] == objections.split()


ALL = RiskSettings(
    risk_per_trade=0.01, max_position=0.05, max_symbol=0.1, max_positions=3, max_gross=0.5, max_net=0.3,
    max_sector=0.2, max_heat=0.02, max_correlation=0.5, max_volume_share=0.01, leverage=0.4, max_drawdown=0.1,
    max_daily_loss=0.05, max_losses=3, vix=20.0, max_var=0.01, max_shortfall=0.02, trading_hours=True,
    max_slippage=0.005, order_rate=2, duplicate_seconds=1.0, minimum_days=1, when_unknown="refuse",
)  # fmt: skip
WORST = {
    "halt_level": 3, "restricted": 1, "in_session": 0, "days_to_expiry": 0, "expiring_units": 10**9,
    "peak_equity": 10**9, "session_equity": 10**9, "losses": 99, "vix": 99.0, "positions": 99, "correlation": 1.0,
    "position_units": 10**9, "symbol_units": 10**9, "sector_units": 10**9, "gross": 10**9, "net": 10**9,
    "heat": 10**9, "var_before": 10**9, "var_after": 10**10,
    "shortfall_before": 10**9, "shortfall_after": 10**10, "volume_lots": 0, "equity": -10,
}  # fmt: skip


@pytest.mark.parametrize("side", [1, -1])
def test_reducing_orders_pass_every_exposure_rule_at_once(side):
    """And the same order, were it to open, is halted with an objection of every rule that looks at exposure."""
    verdict = full_verdict_nb(ask(7, side=side, reduces=1, **WORST), limits_record(ALL)[0])
    assert (verdict.kind, verdict.lots, verdict.objections) == (APPROVE, 7, 0)
    opening = full_verdict_nb(ask(7, side=side, **WORST | {"net": side * 10**9}), limits_record(ALL)[0])
    objected = {rule.name for k, rule in enumerate(FULL_RULES) if opening.objections >> k & 1}
    assert opening.kind == HALT
    assert objected >= {rule.name for rule in FULL_RULES if rule.exposure} - {"zero_dte"}  # forbidden by minimum_days


# faults refuse reducing orders too; the collar makes them limits
VALIDITY = [
    ({"self_match": 1}, REFUSE, Reason.SELF_MATCH, 0),
    ({"duplicate": 1}, REFUSE, Reason.DUPLICATE_ORDER, 0),
    ({"window_orders": 4}, REFUSE, Reason.ORDER_RATE, 0),
    ({"window_orders": 3}, APPROVE, 0, 0),
    ({"side": -1, "decided_ticks": 1000, "price_ticks": 900}, APPROVE, 0, 896),  # 900 less 0.5 %, half to even
    ({"side": 1, "decided_ticks": 1000, "price_ticks": 1200}, APPROVE, 0, 1206),
    ({"side": -1, "decided_ticks": 1000, "price_ticks": 995}, APPROVE, 0, 0),
    ({"side": -1, "decided_ticks": 1000, "price_ticks": 1}, APPROVE, 0, 1),
]


@pytest.mark.parametrize(("changes", "kind", "reason", "limit"), VALIDITY)
def test_validity_of_reducing_orders(changes, kind, reason, limit):
    verdict = full_verdict_nb(ask(7, reduces=1, **WORST | changes), limits_record(ALL)[0])
    assert (verdict.kind, verdict.reason, verdict.limit_ticks) == (kind, int(reason), limit)
    assert verdict.lots == (7 if kind == APPROVE else 0)


def test_a_limit_that_does_not_fit_is_none():
    verdict = full_verdict_nb(ask(reduces=1, decided_ticks=1000, price_ticks=2**62), limits(max_slippage=1.0))
    assert (verdict.kind, verdict.lots, verdict.limit_ticks) == (APPROVE, 10, 0)


amounts = st.integers(0, 40_000)
books = st.fixed_dictionaries(
    {
        "side": st.sampled_from([1, -1]),
        "lots": st.integers(1, 500),
        "lot_units": st.integers(1, 300),
        "stop_units": st.integers(0, 300),
        "confidence": st.floats(0, 1),
        "position_units": amounts,
        "symbol_units": amounts,
        "sector_units": st.one_of(st.just(NOT_KNOWN), amounts),
        "opens": st.integers(0, 1),
        "volume_lots": st.integers(-1, 5_000),
        "days_to_expiry": st.integers(-1, 3),
        "expiring_units": amounts,
        "restricted": st.integers(0, 1),
        "duplicate": st.integers(0, 1),
        "equity": st.integers(-100, 20_000),
        "gross": amounts,
        "net": st.integers(-40_000, 40_000),
        "heat": st.integers(0, 2_000),
        "positions": st.integers(0, 12),
        "peak_equity": st.integers(1, 25_000),
        "session_equity": st.integers(1, 25_000),
        "losses": st.integers(0, 6),
        "halt_level": st.sampled_from([0, 0, 0, 1, 2, 3]),
        "window_orders": st.integers(0, 12),
        "vix": st.one_of(st.just(math.nan), st.floats(5, 60)),
        "correlation": st.one_of(st.just(math.nan), st.floats(-1, 1)),
        "var_before": st.integers(-1, 1_000),
        "var_after": st.integers(-1, 1_000),
        "shortfall_before": st.integers(-1, 1_500),
        "shortfall_after": st.integers(-1, 1_500),
    }
)
off = st.just(0.0)
shares = st.one_of(off, st.floats(0.01, 3.0))
parts = st.one_of(off, st.floats(0.005, 0.5))
EXPOSURES = "max_position max_symbol max_sector max_gross max_net max_heat leverage max_zero_dte risk_per_trade".split()
PARTS = "max_drawdown max_daily_loss max_var max_shortfall max_correlation max_volume_share".split()
wishes = st.fixed_dictionaries(
    dict.fromkeys(EXPOSURES, shares)
    | dict.fromkeys(PARTS, parts)
    | {
        "max_positions": st.integers(0, 10),
        "max_losses": st.integers(0, 5),
        "order_rate": st.integers(0, 5),
        "vix": st.sampled_from([0.0, 30.0]),
        "duplicate_seconds": st.sampled_from([0.0, 1.0]),
        "var_method": st.sampled_from(["historical", "parametric"]),
        "when_unknown": st.sampled_from(["pass", "refuse"]),
    }
)


def settings_of(wish):
    """Limits that hold together: those that contradict each other are switched off."""
    for _ in range(20):
        try:
            return RiskSettings(**wish)
        except ConfigError as error:
            wish = wish | {str(error).split("risk: ")[1].split("=")[0]: 0}
    raise AssertionError(wish)


def share(equity, part):
    return max(equity, 0) * part + 0.51  # the limit in whole units is rounded half to even


@settings(max_examples=examples(400))
@given(books, wishes)
def test_nothing_approved_opens_or_worsens_a_breach(book, wish):
    """Recompute every exposure with the approved lots, in exact numbers, and hold it against its limit."""
    terms = settings_of(wish)
    request = ask(**book)
    verdict = full_verdict_nb(request, limits_record(terms)[0])
    lots, wanted = verdict.lots, book["lots"]
    assert 0 <= lots <= wanted
    assert (verdict.kind == APPROVE) == (lots == wanted)
    assert (verdict.kind >= REFUSE) == (lots == 0)
    assert (verdict.objections == 0) == (verdict.kind == APPROVE)
    if lots == 0:
        assert verdict.reason != 0
        return
    value, equity = lots * book["lot_units"], book["equity"]
    risk = lots * (book["stop_units"] or book["lot_units"])
    after = {
        "max_position": book["position_units"] + value,
        "max_symbol": book["symbol_units"] + value,
        "max_gross": book["gross"] + value,
        "max_heat": book["heat"] + risk,
        "max_net": (book["net"] * book["side"]) + value,
        "risk_per_trade": risk,
        "leverage": book["gross"] + value,
    }
    if book["sector_units"] >= 0:
        after["max_sector"] = book["sector_units"] + value
    if book["days_to_expiry"] == 0:
        after["max_zero_dte"] = book["expiring_units"] + value
    for name, amount in after.items():
        part = getattr(terms, name)
        assert part == 0 or amount <= share(equity, part), name
    for name, before, whole in (
        ("max_var", "var_before", "var_after"),
        ("max_shortfall", "shortfall_before", "shortfall_after"),
    ):
        part = getattr(terms, name)
        if part == 0 or min(book[before], book[whole]) < 0 or book[whole] <= book[before]:
            continue
        straight = book[before] + (book[whole] - book[before]) * lots / wanted  # not below a convex measure
        if name == "max_var" and terms.var_method == "historical" and lots < wanted:
            # not convex: a cut goes by the shortfall, which lies above it
            low, high = book["shortfall_before"], book["shortfall_after"]
            if book[whole] <= share(equity, part) - 1.02 or min(low, high) < 0:
                continue
            straight = low + (high - low) * lots / wanted
        assert straight <= share(equity, part), name
    assert terms.max_positions == 0 or not book["opens"] or book["positions"] < terms.max_positions
    assert terms.max_losses == 0 or book["losses"] < terms.max_losses
    assert terms.max_correlation == 0 or not book["correlation"] > terms.max_correlation
    assert terms.vix == 0 or not book["vix"] >= terms.vix
    assert book["restricted"] == 0 and book["halt_level"] == 0
    assert not (terms.duplicate_seconds and book["duplicate"])
    assert terms.order_rate == 0 or book["window_orders"] < terms.order_rate
    if terms.max_volume_share and book["volume_lots"] >= 0:
        assert lots <= book["volume_lots"] * terms.max_volume_share + 1e-6
    if terms.max_drawdown:
        assert equity > book["peak_equity"] * (1 - terms.max_drawdown) - 0.51
    if terms.max_daily_loss:
        assert equity > book["session_equity"] * (1 - terms.max_daily_loss) - 0.51


@given(books, wishes)
def test_reducing_orders_always_pass_unless_they_are_faults(book, wish):
    request = ask(**book | {"reduces": 1})
    terms = settings_of(wish)
    verdict = full_verdict_nb(request, limits_record(terms)[0])
    fault = (terms.duplicate_seconds and book["duplicate"]) or (
        terms.order_rate and book["window_orders"] >= 2 * terms.order_rate
    )
    assert verdict.lots == (0 if fault else book["lots"])


@given(books, wishes, st.integers(1, 3))
def test_halted_accounts_only_reduce(book, wish, level):
    record = limits_record(settings_of(wish))[0]
    opening = full_verdict_nb(ask(**book | {"halt_level": level}), record)
    assert (opening.kind, opening.lots, opening.reason) == (HALT, 0, Reason.HALTED)


@given(books, wishes, st.integers(1, 400))
def test_a_smaller_wish_gets_no_more_and_no_approval_is_lost(book, wish, smaller):
    """Fewer lots wanted: at most as many approved, and all of them where the larger wish got as many."""
    record = limits_record(settings_of(wish))[0]
    book = book | {"var_before": NOT_KNOWN, "shortfall_before": NOT_KNOWN}  # those depend on the wish
    large = full_verdict_nb(ask(**book), record)
    lots = min(smaller, book["lots"])
    small = full_verdict_nb(ask(**book | {"lots": lots}), record)
    assert small.lots == min(lots, large.lots)


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.integers(1, 2**62))
def test_a_share_is_never_more_than_the_exact_one(amount, part, whole):
    part = part % whole
    exact = amount * part // whole
    found = floor_share_nb(amount, part, whole)
    assert 0 <= found <= exact
    assert exact - found <= 2 + amount // 2**29  # little is given away


def test_the_account_is_loaded_and_the_words_say_it_all():
    state, request = new_state(5_000)[0], ask()
    state["gross"], state["halt_level"] = 700, 0
    load_account_nb(request, state)
    assert (request["equity"], request["gross"], request["peak_equity"]) == (5_000, 700, 5_000)
    assert math.isnan(request["vix"])
    shared = set(RISK_DTYPE.names or ()) & set(REQUEST_DTYPE.names or ())
    assert len(shared) == 12
    words = explain(full_verdict_nb(ask(), limits(**TIGHT)), FULL_RULES)
    assert words == (
        "risk: cut to 4 lots: the limit of portfolio heat is reached (portfolio_heat); "
        "tighten stops or close positions before adding new ones; also objected: position_size"
    )
    assert explain(full_verdict_nb(ask(), limits()), FULL_RULES) == "risk: approved"
    assert explain(full_verdict_nb(ask(0), limits()), FULL_RULES) == "risk: refused: the size comes to zero lots"
    halted = explain(full_verdict_nb(ask(halt_level=2), limits()), FULL_RULES)
    assert halted.startswith("risk: halted: trading is halted (halt); find the cause")
    collared = full_verdict_nb(ask(reduces=1, decided_ticks=1000, price_ticks=1200), limits(max_slippage=0.005))
    assert explain(collared, FULL_RULES) == "risk: approved, as a limit at 1206 ticks"


def test_every_field_is_eight_bytes():
    """Smaller integers would overflow in plain Python where compiled code does not."""
    for dtype in (RISK_DTYPE, LIMITS_DTYPE, REQUEST_DTYPE):
        assert all(dtype[name].itemsize == 8 for name in dtype.names or ())
