"""Why, of fused decisions: the state, the gate, which number met which limit, the reasons, the sources' parts."""

from __future__ import annotations

import math
import re

import msgspec
import numpy as np
import polars as pl
import pytest

from consilience.core.codes import FibonacciZone, Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.engine.terms import OrchestratorSettings
from consilience.features.expression import lift
from consilience.research.runs import RunStore
from consilience.research.why import why
from consilience.research.why_fused import FusedView, Share, fused_lines
from consilience.research.why_risk import LIMITS, risk_detail
from consilience.risk.settings import RiskSettings
from consilience.risk.state import RISK_DTYPE
from tests.research.fused import QUICK, fused_run, mixed_run


def ns_of(row):
    return int(pl.Series([row["time"]]).cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)[0])


def first(run, reason, **more):
    """The first decision with that reason."""
    return run.decisions.filter(reason=REASON_TEXT[reason], **more).row(0, named=True)


def told(run, row, **more):
    (found,) = why(run, row["symbol"], ns_of(row), **more)
    return found


SAID = [
    # reason of the decision, where the symbol stands, the line that tells it; numbers come from the decisions frame
    (Reason.SET_REACHED, "SET, reached at this bar",
     "step: READY to SET: confident enough: confidence {confidence:.3f} above 0.35, score {score:+.3f} beyond 0.1"),
    (Reason.GO_REACHED, "GO, reached at this bar",
     "step: SET to GO: enough factors agree: {aligned} factors agree, 2 needed"),
    (Reason.NOT_CONFIDENT, "READY, for ",
     "stopped at the orchestrator gate: the confidence is not above the threshold: "
     "confidence {confidence:.3f} against 0.35"),
    (Reason.NOT_ALIGNED, "SET, for 1 bar, since ",
     "stopped at the orchestrator gate: too few factors agree yet: {aligned} of 2 factors agree; 1 of 1 bar in SET"),
    (Reason.BELOW_THRESHOLD, "READY, ",
     "stopped at the fusion gate: the fused score is too small for a side: score {score:.3f} against 0.1 either way"),
    (Reason.MAX_CONCURRENT_TRADES, "GO, ",
     "stopped at the orchestrator gate: the limit of concurrent trades is reached: 1 trade at once"),
    (Reason.COOLING_DOWN, "COOLDOWN, for 1 bar, since ",
     "stopped at the orchestrator gate: resting after its last trade or time-out: 1 of 3 bars"),
    (Reason.SIGNAL_FADED, "READY, reached at this bar",
     "step: back to READY: the signal faded: confidence {confidence:.3f} (it fades at 0.3), score {score:+.3f} "
     "(it fades within 0.1, or on the other side)"),
    (Reason.GO_TIMED_OUT, "COOLDOWN, reached", "step: GO to COOLDOWN: no trade came about in time: 4 bars"),
    (Reason.COOLED_DOWN, "READY, reached", "step: COOLDOWN to READY: the rest is over: 3 bars"),
    (Reason.TRADE_EXECUTED, "COOLDOWN, reached", "step: GO to COOLDOWN: traded"),
    (Reason.ALREADY_IN_POSITION, "READY, ", "stopped at the signal gate: already in a position on that side"),
    (Reason.CONSECUTIVE_LOSSES, "GO, ",
     "stopped at the risk gate: too many losses in a row: 2 against max_losses 2; "
     "wanted {wanted:g}, approved {approved:g}"),
    (Reason.EXIT_SIGNAL, "READY, ",
     "exit of {wanted:g}: exit signal: score {score:+.3f}, 0.05 against the position closes it"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "state", "line"), SAID, ids=[reason.name for reason, *_ in SAID])
def test_the_gate_with_its_number_and_limit(reason, state, line):
    run = fused_run()
    row = first(run, reason)
    found = told(run, row)
    assert found.at_bar and not found.rederived
    assert line.format(**row) in found.lines, "\n".join(found.lines)
    (stands,) = [text for text in found.lines if text.startswith("orchestrator: ")]
    assert stands.startswith(f"orchestrator: {state}")


def test_an_entry_tells_state_step_gate_reasons_order_fills_and_outcome_in_that_order():
    run = fused_run()
    row = run.decisions.filter((pl.col("gate") == "passed") & (pl.col("direction") == 1.0)).row(0, named=True)
    lines = told(run, row).lines
    starts = [
        "position at this bar's close: flat", "orchestrator: GO, reached at this bar", "step: SET to GO: ",
        f"long: passed every gate: wanted {row['wanted']:g}, approved {row['approved']:g}",
        f"fusion quick: score {row['score']:+.3f} (enters from 0.1), confidence {row['confidence']:.3f} "
        "(needs more than 0.35), coverage 0.89 (at least 0.4), ", "market: ",
        "because:", "  1. ", "  2. ", "  3. ", "source ",
        "trend_composite ", "momentum_divergence ", "mean_reversion ", "whale_flow ", f"score {'':>5}",
        "silent: whale_flow: ", "entry order ", "stop loss order ", "take profit order ", "filled ", "outcome: ",
    ]  # fmt: skip
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), (line, start)


def test_the_table_and_its_shares_sum_to_the_score():
    run = fused_run()
    row = first(run, Reason.GO_REACHED)
    found = told(run, row)
    assert [share.source for share in found.shares] == list(QUICK.sources)
    assert [share.contribution is None for share in found.shares] == [False, False, False, True]
    assert sum(share.contribution for share in found.shares[:3]) == row["score"]
    assert found.shares[3].words == "nothing was heard yet" and found.shares[3].value is None
    (total,) = [line for line in found.lines if re.match(r"score +[+-]", line)]
    assert total.split() == ["score", f"{row['score']:+.4f}"]
    heads = next(line for line in found.lines if line.startswith("source "))
    assert len({len(line) for line in found.lines[found.lines.index(heads) :][:6]}) == 1


def test_reasons_are_the_largest_and_quote_the_numbers_of_that_bar():
    run = fused_run()
    row = first(run, Reason.MAX_CONCURRENT_TRADES)
    found = told(run, row)
    at = found.lines.index("because:")
    sizes = sorted((share for share in found.shares if share.contribution), key=lambda share: -abs(share.contribution))
    for rank, share in enumerate(sizes[:3], start=1):
        line = found.lines[at + rank]
        assert line == f"  {rank}. {share.source}: {share.words} ({share.contribution:+.2f})"
    # the numbers again, from the whole history in one go
    strategy = Fused(QUICK)
    graph = Graph([strategy], run.panel.duration_ns)
    fused = graph.fused[0]
    graph.columns = [{name: lift(node, name) for name, node in fused.voices[0].numbers.items()}]
    nodes, graph.fused = graph.columns[0], {}
    maker = ColumnMaker(graph, len(run.panel.symbols), block=len(run.panel.ts))
    maker.push(run.panel, 0, len(run.panel.ts), None)
    place = int(np.searchsorted(run.panel.ts, ns_of(row))), run.panel.symbols.index(row["symbol"])
    numbers = {name: float(maker.value(node)[place]) for name, node in nodes.items()}
    assert found.shares[0].words == fused.sources[0].words(found.shares[0].value, numbers)


def test_what_was_not_recorded_is_derived_again():
    few, every = fused_run(), fused_run("full")
    seen = set(few.decisions.select("time", "symbol").iter_rows())
    quiet = [row for row in every.decisions.iter_rows(named=True) if (row["time"], row["symbol"]) not in seen]
    for row in (quiet[5], quiet[-1]):
        found = told(few, row)
        assert found.at_bar and found.rederived
        kept = [line for line in found.lines if "derived by running again" not in line]
        assert kept == list(told(every, row).lines)
        assert kept == [line for line in told(fused_run("none"), row).lines if "derived by" not in line]


def test_a_kept_run_answers_without_its_data_but_for_the_words(tmp_path):
    run = fused_run()
    kept = RunStore(tmp_path).load(run.save(tmp_path).name)
    row = first(run, Reason.CONSECUTIVE_LOSSES)
    blind, sees = told(kept, row), told(kept, row, load_data=lambda manifest: run.panel, find=lambda name: Fused)
    assert sees.lines == told(run, row).lines
    assert "no reasons in words: give the run's data to evaluate its sources again" in blind.lines
    assert "because:" not in blind.lines and blind.shares[0].words == ""
    assert [share.contribution for share in blind.shares] == [share.contribution for share in sees.shares]
    assert any("too many losses in a row: max_losses is 2" in line for line in blind.lines)


def test_warm_up_and_plain_neighbours():
    run = mixed_run()
    plain, fused = why(run, "S0", int(run.panel.ts[3]))
    assert plain.lines[0] == fused.lines[0] == "warming up: bar 4 of 60 that come before the first decision"
    plain, fused = why(run, "S1", int(run.panel.ts[120]))
    assert fused.shares and not plain.shares
    assert not any(line.startswith("orchestrator") for line in plain.lines)
    assert [plain.strategy, fused.strategy] == ["crossing", "fused"]


BASE = {
    "direction": 1.0, "wanted": 0.0, "approved": 0.0, "state": "set", "regime": None, "score": 0.3, "confidence": 0.7,
    "aligned": 3, "coverage": 0.9, "agreement": 0.8,
}  # fmt: skip
STAGES = OrchestratorSettings(zone_blocklist=("exhaustion", "over_extension"))
SILENT = {"direction": 0.0, "score": math.nan, "confidence": math.nan, "aligned": None, "agreement": math.nan}


def view(gate, reason, **changes):
    decision = {**BASE, "gate": gate, "reason": REASON_TEXT[reason], **changes}
    shares = (Share("one", 0.5, 0.6, 0.7, 0.3, ""), Share("two", None, None, 0.3, None, ""))
    return FusedView((decision,), QUICK, Settings(orchestrator=STAGES), shares, (), 9, 4, 0, FibonacciZone.EXHAUSTION)


TOLD = [
    (view("fusion", Reason.COVERAGE_TOO_LOW, **SILENT, coverage=0.3),
     "stopped at the fusion gate: too few of the signal sources spoke, by weight: coverage 0.30 against 0.4 "
     "(1 of 2 sources)"),
    (view("fusion", Reason.COVERAGE_TOO_LOW, **SILENT, coverage=0.3),
     "fusion quick: silent, coverage 0.30 (at least 0.4)"),
    (view("fusion", Reason.NO_SOURCE_SPOKE, **SILENT), "stopped at the fusion gate: no signal source spoke: 0 of 2 "
     "sources"),
    (view("orchestrator", Reason.ZONE_BLOCKED),
     "stopped at the orchestrator gate: its Fibonacci zone is on the block list: exhaustion is one of exhaustion, "
     "over_extension"),
    (view("orchestrator", Reason.SET_TIMED_OUT, state="ready"),
     "step: SET to READY: the factors did not agree in time: 12 bars"),
    # two numbers that look alike get digits until they don't
    (view("orchestrator", Reason.NOT_CONFIDENT, confidence=0.6199996),
     "stopped at the orchestrator gate: the confidence is not above the threshold: confidence 0.6199996 against 0.62"),
    (view("orchestrator", Reason.NOT_CONFIDENT, confidence=0.62),
     "stopped at the orchestrator gate: the confidence is not above the threshold: confidence 0.620 against 0.62"),
    (view("passed", Reason.MAX_POSITION, wanted=10.0, approved=4.0, direction=-1.0),
     "short: passed every gate: wanted 10, approved 4 (the position limit is reached)"),
    (view("orchestrator", Reason.NOT_ALIGNED), "orchestrator: SET, for 5 bars, since 1970-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "line"), TOLD)
def test_what_the_short_run_never_saw(seen, line):
    assert line in list(fused_lines(seen))


def test_a_masked_bar_has_nothing_else_to_tell():
    lines = list(fused_lines(view("universe", Reason.NOT_VALID, **SILENT, state="ready")))
    assert lines[1:] == ["stopped at the universe gate: no valid bar in this slice"]


RISK = RiskSettings(
    max_heat=0.06, max_losses=4, max_drawdown=0.1, max_daily_loss=0.02, max_positions=5, vix=30.0, max_gross=1.5,
    risk_per_trade=0.01, max_zero_dte=0.04,
)  # fmt: skip
STATE = {
    "expiring_units": 2_700,
    "equity": 90_000, "peak_equity": 100_000, "session_equity": 92_000, "losses": 4, "heat": 4_500, "positions": 5,
    "vix": 31.5, "gross": 135_000, "halt_level": 2, "halt_reason": int(Reason.HALT_DRAWDOWN), "halt_ts": 86_400 * 10**9,
}  # fmt: skip
REFUSALS = [
    (Reason.MAX_HEAT, "5.00% of equity before it, against max_heat 6.00%", "max_heat is 0.06"),
    (Reason.MAX_GROSS_EXPOSURE, "150.00% of equity before it, against max_gross 150.00%", "max_gross is 1.5"),
    (Reason.MAX_ZERO_DTE, "3.00% of equity before it, against max_zero_dte 4.00%", "max_zero_dte is 0.04"),
    (Reason.CONSECUTIVE_LOSSES, "4 against max_losses 4", "max_losses is 4"),
    (Reason.MAX_POSITIONS, "5 against max_positions 5", "max_positions is 5"),
    (Reason.VIX_TOO_HIGH, "31.5 against vix 30", "vix is 30"),
    (Reason.DRAWDOWN_LIMIT, "10.00% against max_drawdown 10.00%", "max_drawdown is 0.1"),
    (Reason.DAILY_LOSS_LIMIT, "2.17% against max_daily_loss 2.00%", "max_daily_loss is 0.02"),
    (Reason.RISK_PER_TRADE, "risk_per_trade is 0.01", "risk_per_trade is 0.01"),
    (Reason.HALTED, f"the drawdown passed the circuit breaker, since {format_time(86_400 * 10**9)}; nobody resumes "
     "it (--resume-after)", ""),
    (Reason.MAX_NET_EXPOSURE, "", ""),  # no such limit is set
    (Reason.INSUFFICIENT_CASH, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "known", "unknown"), REFUSALS, ids=[reason.name for reason, *_ in REFUSALS])
def test_refusals_by_risk(reason, known, unknown):
    state = np.zeros(1, RISK_DTYPE)
    for name, value in STATE.items():
        state[name] = value
    settings = Settings(risk=RISK)
    assert risk_detail(reason, state[0], settings) == known
    assert risk_detail(reason, None, settings) == unknown
    resumes = msgspec.structs.replace(settings, resume_after=20)
    assert risk_detail(Reason.HALTED, state[0], resumes).endswith("; resumed 20 bars after it began")
    state["halt_level"], state["equity"] = 0, 0
    assert risk_detail(Reason.HALTED, state[0], settings) == ""
    assert risk_detail(Reason.MAX_HEAT, state[0], settings) == "max_heat is 0.06"


def test_every_limit_is_a_setting():
    known = {field.name for field in msgspec.structs.fields(RiskSettings)}
    assert set(LIMITS.values()) <= known
