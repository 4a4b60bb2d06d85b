"""``why`` for fused decisions: the state, the gate with its number and limit, the reasons, and who was silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from consilience.core.codes import FibonacciZone, Reason
from consilience.core.panel import Ints
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.features.expression import Node, lift
from consilience.research.fused_frames import STEPS
from consilience.research.inputs import RunData
from consilience.research.why_risk import risk_detail
from consilience.signals.fusion.explain import Evidence, Heard, silences, top_reasons
from consilience.signals.fusion.profile import FusionProfile, profile_of
from consilience.signals.source import Numbers

CODES = {text: reason for reason, text in REASON_TEXT.items()}


@dataclass(frozen=True)
class Share:
    """One source's part in a decision; None where it abstained. words: what it said, or why it said nothing."""

    source: str
    value: float | None
    confidence: float | None
    weight: float
    contribution: float | None
    words: str = ""


@dataclass(frozen=True)
class FusedView:
    """What was decided about one symbol in one slice, as a person asks about it.

    decisions: its rows of the decisions frame, mostly one. shares: sources in the order of summation. reasons: the
    three that moved the score most, and silent: why sources abstained; both only where the run's data was at hand.
    row: the slice. since, since_ns: slice and time of the orchestrator's last step, None for never. zone: of the slice.
    risk: RISK_DTYPE row at the slice, where risk refused and the run could be made again. missing: why there are
    no words, where there are none.
    """

    decisions: tuple[Mapping[str, Any], ...]
    profile: FusionProfile
    settings: Settings
    shares: tuple[Share, ...]
    reasons: tuple[Evidence, ...]
    row: int
    since: int | None
    since_ns: int
    zone: FibonacciZone | None = None
    silent: Mapping[str, str] = field(default_factory=dict)
    risk: Any | None = None
    missing: str = ""

    @property
    def said(self) -> Mapping[str, Any]:
        """What fusion said: the same of each decision of a slice."""
        return self.decisions[-1]


def fused_view(
    decisions: Sequence[Mapping[str, Any]],
    history: pl.DataFrame,
    parts: pl.DataFrame,
    ts: Ints,
    told: tuple[Mapping[str, Any], Settings],
    data: RunData | None,
) -> FusedView:
    """The view of the decisions of one strategy, symbol and slice.

    history: decisions of its strategy and symbol up to then. parts: their contributions. ts: the run's times. told:
    parameters of the strategy, settings of the run. data: what was run, for the reasons in words.
    """
    parameters, settings = told
    profile = profile_of(str(parameters["profile"]))
    moment = decisions[-1]["time"]
    mine = parts.filter(pl.col("time") == moment)
    mine = mine.filter(pl.col("decision") == mine["decision"].min())  # an exit and a step in one slice heard the same
    row = int(np.searchsorted(ts, _ns(moment)))
    since = _since(history)
    numbers: Sequence[Numbers] = ()
    zone = None
    if data is not None:
        numbers, zone = _numbers_at(Fused(**parameters), data, row, str(decisions[-1]["symbol"]))
    heard = _heard(parameters, mine, numbers)
    silent = silences(heard) if numbers else {}
    return FusedView(
        decisions=tuple(decisions),
        profile=profile,
        settings=settings,
        shares=tuple(_share(one, heard, k, silent, bool(numbers)) for k, one in enumerate(mine.iter_rows(named=True))),
        reasons=tuple(top_reasons(heard)) if numbers else (),
        row=row,
        since=None if since is None else int(np.searchsorted(ts, since)),
        since_ns=since or 0,
        zone=zone,
        silent=silent,
    )


def _ns(moment: Any) -> int:
    return int(pl.Series([moment]).cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)[0])


def _since(history: pl.DataFrame) -> int | None:
    """Time of the last step of the orchestrator."""
    states = ["ready", *history["state"].to_list()]
    changed = [k for k in range(1, len(states)) if states[k] != states[k - 1]]
    return int(history["time"].cast(pl.Int64)[changed[-1] - 1]) if changed else None


def _heard(parameters: Mapping[str, Any], mine: pl.DataFrame, numbers: Sequence[Numbers]) -> Heard:
    from consilience.features.bar import bar

    graph = Fused(**parameters).graph(bar)
    values, confidences, weights, contributions = (
        mine[name].to_numpy() for name in ("value", "confidence", "weight", "contribution")
    )
    return Heard(graph.sources, values, confidences, weights, contributions, numbers or [{} for _ in graph.names])


def _share(one: Mapping[str, Any], heard: Heard, k: int, silent: Mapping[str, str], known: bool) -> Share:
    def number(name: str) -> float | None:
        value = float(one[name])
        return value if value == value else None

    source, value = heard.sources[k], number("value")
    spoke = value is not None and number("confidence") is not None
    words = silent.get(source.name, "")
    if known and value is not None and not words:
        words = source.words(value, heard.numbers[k])
    return Share(
        str(one["source"]),
        value,
        number("confidence"),
        float(one["weight"]),
        number("contribution") if spoke else None,
        words,
    )


def _numbers_at(strategy: Fused, data: RunData, row: int, symbol: str) -> tuple[list[Numbers], FibonacciZone]:
    """What the words quote, by evaluating it up to the slice, and the Fibonacci zone there; prices are raw ones."""
    panel = data.panel
    graph = Graph([strategy], panel.duration_ns, feeds=panel.feeds)
    fused = graph.fused[0]
    wanted: dict[tuple[int, str], Node] = {
        (k, name): lift(node, name) for k, voice in enumerate(fused.voices) for name, node in voice.numbers.items()
    }
    # the voices themselves were recorded
    graph.fused, graph.columns = {}, [{str(k): node for k, node in enumerate((*wanted.values(), fused.zone))}]
    maker = ColumnMaker(graph, len(panel.symbols))
    start = 0
    for start in range(0, row + 1, maker.block):
        maker.push(panel, start, min(start + maker.block, row + 1), data.session_open)
    at = row - start, panel.symbols.index(symbol)
    numbers: list[dict[str, float]] = [{} for _ in fused.voices]
    factor = 1.0 if panel.factor is None else float(panel.factor[row, at[1]])
    for (k, name), node in wanted.items():
        value = float(maker.value(node)[at])
        numbers[k][name] = value / factor if name in fused.voices[k].prices else value
    zone = float(maker.value(fused.zone)[at])
    return list(numbers), FibonacciZone(int(zone)) if zone == zone else FibonacciZone.UNKNOWN


def fused_lines(view: FusedView) -> Iterator[str]:
    """The whole but order, fills and outcome, which every strategy has."""
    yield _state_line(view)
    for decision in view.decisions:
        yield _gate_line(view, decision)
    if CODES.get(view.said["reason"]) == Reason.NOT_VALID:
        return
    yield _fusion_line(view)
    yield from _learnt_lines(view)
    yield from _market_line(view)
    if view.reasons:
        yield "because:"
        for one in view.reasons:
            yield f"  {one.rank}. {one.source}: {one.line()}"
    elif view.missing:
        yield f"no reasons in words: {view.missing}"
    yield from _table(view.shares, float(view.said["score"]))
    for source, why in view.silent.items():
        yield f"silent: {source}: {why}"


def is_step(decision: Mapping[str, Any]) -> bool:
    """Whether it is a step of the orchestrator and no verdict on a trade."""
    return CODES.get(decision["reason"]) in STEPS


def _state_line(view: FusedView) -> str:
    state = str(view.said["state"]).upper()
    if view.since is None:
        return f"orchestrator: {state}, since the start"
    bars = view.row - view.since
    since = "reached at this bar" if bars == 0 else f"for {_count(bars, 'bar')}, since {format_time(view.since_ns)}"
    return f"orchestrator: {state}, {since}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _gate_line(view: FusedView, decision: Mapping[str, Any]) -> str:
    reason, detail = decision["reason"], _detail(view, decision)
    sizes = f"wanted {decision['wanted']:g}, approved {decision['approved']:g}" if decision["wanted"] else ""
    side = {1.0: "long", -1.0: "short"}.get(decision["direction"], "exit")
    tail = f": {detail}" if detail else ""
    if decision["gate"] == "passed" and side == "exit":
        return f"exit of {decision['wanted']:g}: {reason or 'exit signal'}{tail}"
    if decision["gate"] == "passed":
        return f"{side}: passed every gate: {sizes}{f' ({reason})' if reason else ''}"
    if is_step(decision):
        return f"step: {reason}{tail}"
    return f"stopped at the {decision['gate']} gate: {reason}{tail}{f'; {sizes}' if sizes else ''}"


def _detail(view: FusedView, decision: Mapping[str, Any]) -> str:
    """Which number against which limit."""
    reason = CODES.get(decision["reason"], Reason.NONE)
    stages, profile = view.settings.orchestrator, view.profile
    score, confidence, aligned = decision["score"], decision["confidence"], decision["aligned"]
    held = 0 if view.since is None else view.row - view.since
    spoke = sum(share.contribution is not None for share in view.shares)
    fade = stages.threshold - stages.fade
    texts = {
        Reason.NO_SOURCE_SPOKE: f"0 of {_count(len(view.shares), 'source')}",
        Reason.COVERAGE_TOO_LOW: f"coverage {decision['coverage']:.2f} against {profile.coverage_minimum:g} "
        f"({spoke} of {_count(len(view.shares), 'source')})",
        Reason.BELOW_THRESHOLD: f"score {_against(score, profile.thresholds.buy)} either way",
        Reason.NOT_CONFIDENT: f"confidence {_against(confidence, stages.threshold)}",
        Reason.NOT_ALIGNED: f"{aligned} of {stages.aligned} factors agree; {held} of {_count(stages.set_bars, 'bar')} "
        "in SET",
        Reason.ZONE_BLOCKED: f"{view.zone.name.lower() if view.zone else 'zone'} is one of "
        f"{', '.join(stages.zone_blocklist).lower()}",
        Reason.MAX_CONCURRENT_TRADES: f"{_count(stages.maximum_trades, 'trade')} at once",
        Reason.COOLING_DOWN: f"{held} of {_count(stages.cooldown, 'bar')}",
        Reason.SET_REACHED: f"confidence {confidence:.3f} above {stages.threshold:g}, score {score:+.3f} beyond "
        f"{profile.thresholds.buy:g}",
        Reason.GO_REACHED: f"{aligned} factors agree, {stages.aligned} needed",
        Reason.SIGNAL_FADED: f"confidence {confidence:.3f} (it fades at {fade:g}), score {score:+.3f} "
        f"(it fades within {profile.thresholds.buy:g}, or on the other side)",
        Reason.SET_TIMED_OUT: f"{_count(stages.set_timeout, 'bar')}",
        Reason.GO_TIMED_OUT: f"{_count(stages.go_timeout, 'bar')}",
        Reason.COOLED_DOWN: f"{_count(stages.cooldown, 'bar')}",
        Reason.EXIT_SIGNAL: f"score {score:+.3f}, {stages.exit_score:g} against the position closes it",
    }
    if reason in texts:
        return texts[reason]
    return risk_detail(reason, view.risk, view.settings)


def _against(value: float, limit: float) -> str:
    """Both numbers, with digits enough to tell them apart where they differ."""
    digits = next((d for d in range(3, 10) if round(abs(value), d) != limit), 3)
    return f"{value:.{digits}f} against {limit:g}"


def _fusion_line(view: FusedView) -> str:
    decision, profile = view.said, view.profile
    score = decision["score"]
    if score != score:
        least = f"(at least {profile.coverage_minimum:g})"
        return f"fusion {profile.name}: silent, coverage {decision['coverage']:.2f} {least}"
    regime = f", regime {str(decision['regime']).replace('_', ' ')}" if decision["regime"] is not None else ""
    return (
        f"fusion {profile.name}: score {score:+.3f} (enters from {profile.thresholds.buy:g}), "
        f"confidence {decision['confidence']:.3f} (needs more than {view.settings.orchestrator.threshold:g}), "
        f"coverage {decision['coverage']:.2f} (at least {profile.coverage_minimum:g}), "
        f"agreement {decision['agreement']:.2f}, {decision['aligned']} aligned "
        f"({view.settings.orchestrator.aligned} needed){regime}"
    )


def _learnt_lines(view: FusedView) -> Iterator[str]:
    """What the outcomes of past signals made of the confidence, and the place among the symbols."""
    said, profile = view.said, view.profile
    stated, outcomes = said.get("stated"), said.get("outcomes")  # runs kept by an older version have none
    if profile.performance.calibrate and stated is not None and stated == stated:
        least = profile.performance.minimum_sample
        if outcomes:
            yield f"confidence {stated:.2f} calibrated to {said['confidence']:.2f} over {outcomes:.0f} outcomes"
        elif abs(said["score"]) < profile.thresholds.buy:
            yield f"confidence {stated:.2f} is not calibrated: the score takes no side"
        else:
            yield f"confidence {stated:.2f} is not calibrated: fewer than {least:,} outcomes of such signals"
    if profile.ranking.on and said.get("rank"):
        yield f"rank {said['rank']} of this bar, by strength {said['strength']:.3f}"


def _market_line(view: FusedView) -> Iterator[str]:
    said = view.said
    if said.get("market_breadth") is None:  # runs kept by an older version have none
        return
    breadth = float(said["market_breadth"])
    parts = [f"{breadth:.0%} of the symbols lean up"] if breadth == breadth else []
    for name, what in (("volatility_environment", "volatility"), ("correlation_regime", "correlation")):
        parts += [f"{what} {said[name]}"] if said[name] != "unknown" else []
    parts += [said["sector_rotation"]] if said["sector_rotation"] else []
    if parts:
        yield f"market: {', '.join(parts)}"


def _table(shares: Sequence[Share], score: float) -> Iterator[str]:
    """Aligned text; the last row is the sum."""
    wide = max((len(share.source) for share in shares), default=0)
    yield f"{'source':<{wide}}  {'value':>7}  {'confidence':>10}  {'weight':>6}  {'contribution':>12}"
    for one in shares:
        cells = (
            f"{_number(one.value, '+.3f'):>7}",
            f"{_number(one.confidence, '.3f'):>10}",
            f"{one.weight:>6.3f}",
            f"{_number(one.contribution, '+.4f'):>12}",
        )
        yield "  ".join((f"{one.source:<{wide}}", *cells))
    yield f"{'score':<{wide}}  {'':>7}  {'':>10}  {'':>6}  {_number(score, '+.4f'):>12}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or value != value else format(value, form)
