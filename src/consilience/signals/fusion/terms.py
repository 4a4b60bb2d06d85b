"""What a fusion profile declares: which sources, how much each counts, how sure is sure, what happens in a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from consilience.core.codes import MarketRegime, QualityFlag
from consilience.core.errors import ConfigError, nearest
from consilience.signals.fusion.fuse import CONFIDENCE_RULES, CONFLICT_RULES

REGIMES = tuple(regime.name.lower() for regime in MarketRegime)  # by code
WEIGHT_SUM = 1e-9  # weights may miss 1 by so much
Place = tuple[str, ...]
Problem = tuple[Place, str]


class SourceUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a profile hears one source. weight: 0..1. expert: whether it decides under ``expert_override``."""

    weight: float
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    expert: bool = False


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from which a class begins; selling mirrors them."""

    buy: float = 0.2
    strong: float = 0.5


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a position gets. multiplier: of its size. stop, target: fractions of the price, 0.02 for 2 %."""

    multiplier: float = 1.0
    stop: float = 0.02
    target: float = 0.04


class Performance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How outcomes change confidence, see ``signals.outcomes``.

    on: whether at all. minimum_sample: settled signals below which nothing changes. half_life: settled signals after
    which one counts half, 0 for no forgetting. per_symbol: a record for each symbol instead of one for all of them.
    cost: fraction of the price, there and back, that is taken off each outcome.
    calibrate: the fused confidence of a signal becomes the share of past fused signals of its tenth of confidence that
    were right at ``horizon``; below ``minimum_sample`` outcomes in that tenth it stays what it was.
    """

    on: bool = False
    minimum_sample: int = 100
    half_life: float = 0.0
    per_symbol: bool = False
    cost: float = 0.0
    calibrate: bool = False


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How signals are ranked across symbols, see ``signals.fusion.ranking``.

    on: whether the strength of a signal decides who trades where not all may; else its confidence does.
    target_volatility: standard deviation of a bar's return; a symbol at twice as much counts half. The rest are factors
    on strength, 0..1, by the condition of the market: a side against the regime; a market that goes sideways;
    volatility in the lowest or highest third of its history; correlation that is low or high; a symbol whose volume
    has dried up.
    """

    on: bool = False
    target_volatility: float = 0.02
    against_regime: float = 0.7
    sideways: float = 0.85
    volatility_low: float = 1.0
    volatility_high: float = 0.85
    correlation_low: float = 1.0
    correlation_high: float = 0.85
    liquidity_stressed: float = 0.5


class FusionProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way of fusing sources.

    sources: by name; weights sum to 1. confidence: 'agreement' (weighted mean confidence x agreement), 'score'
    (|score|), 'votes' (the winner's share of the votes), 'mean' (weighted mean confidence); times coverage ^
    coverage_power. coverage_minimum: below it fusion is silent. conflict: see ``fuse``; conflict_below: agreement
    under which it is one. vote: values count as -1, 0 or 1; those nearer to 0 than vote_floor are votes to hold.
    alignment_floor: least |value x confidence| of a source that counts as aligned. regime: name of the source that
    tells the regime, or ''.
    regime_confidence: a regime told with less confidence counts as unknown. regime_multipliers: of weights, by regime
    and source. levels, and regime_levels by regime: see ``Levels``.
    horizon: bars after which the fused signal is judged. quality: factors on confidence by name of a ``QualityFlag``.
    summary: one line for people.
    """

    name: str
    sources: dict[str, SourceUse]
    confidence: str = "agreement"
    thresholds: Thresholds = Thresholds()
    coverage_power: float = 0.25
    coverage_minimum: float = 0.4
    conflict: str = "weighted_average"
    conflict_below: float = 0.5
    vote: bool = False
    vote_floor: float = 0.1
    alignment_floor: float = 0.05
    regime: str = ""
    regime_confidence: float = 0.0
    regime_multipliers: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    levels: Levels = Levels()
    regime_levels: dict[str, Levels] = msgspec.field(default_factory=dict)
    performance: Performance = Performance()
    ranking: Ranking = Ranking()
    horizon: int = 10
    quality: dict[str, float] = msgspec.field(default_factory=dict)
    summary: str = ""

    def to_json(self) -> str:
        """The whole profile, defaults included, as JSON that ``profile_of`` reads back."""
        return msgspec.json.encode(self).decode()

    def problems(self, known_sources: Iterable[str]) -> list[Problem]:
        """What is wrong: (keys that lead to the place, one line). Empty when nothing is."""
        known = tuple(known_sources)
        return [
            *_sources(self, known),
            *_choices(self),
            *_numbers(self),
            *_ranking(self.ranking),
            *_regimes(self, known),
            *_quality(self.quality),
        ]

    def check(self, known_sources: Iterable[str]) -> None:
        """Raises ConfigError with the first problem."""
        for place, text in self.problems(known_sources):
            raise ConfigError(f"fusion {self.name}: {'.'.join(place)}: {text}")


def _unknown(kind: str, name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    hint = f"did you mean '{near}'?" if near else f"known: {', '.join(known)}"
    return f"there is no {kind} '{name}'; {hint}"


def _outside(value: float, low: float, high: float) -> str:
    """One line where the value is outside, NaN included; '' where it is not."""
    return "" if low <= value <= high else f"{value:g} is outside {low:g}..{high:g}"


def _sources(profile: FusionProfile, known: Sequence[str]) -> Iterator[Problem]:
    if not profile.sources:
        yield ("sources",), "no source is named; give at least one with its weight"
        return
    total = 0.0
    for name, use in profile.sources.items():
        if name not in known:
            yield ("sources", name), _unknown("signal source", name, known)
        if problem := _outside(use.weight, 0.0, 1.0):
            yield ("sources", name, "weight"), problem
        total += use.weight
    if not abs(total - 1.0) <= WEIGHT_SUM:
        yield ("sources",), f"the weights sum to {total:.10g}; make them sum to 1"
    if profile.conflict == "expert_override" and not any(use.expert for use in profile.sources.values()):
        yield ("conflict",), "expert_override needs an expert; give a source expert = true"


def _choices(profile: FusionProfile) -> Iterator[Problem]:
    for key, choices in (("confidence", CONFIDENCE_RULES), ("conflict", CONFLICT_RULES)):
        value = getattr(profile, key)
        if value not in choices:
            yield (key,), _unknown(f"{key} rule", value, choices)


def _levels(place: Place, levels: Levels) -> Iterator[Problem]:
    for key, low, high in (("multiplier", 0.0, 10.0), ("stop", 0.0, 1.0), ("target", 0.0, 10.0)):
        value = getattr(levels, key)
        if problem := _outside(value, low, high):
            yield (*place, key), problem
    if not levels.stop > 0.0:
        yield (*place, "stop"), f"{levels.stop:g} leaves no room; give a fraction of the price such as 0.02"
    if not levels.target > 0.0:
        yield (*place, "target"), f"{levels.target:g} leaves no room; give a fraction of the price such as 0.04"


def _numbers(profile: FusionProfile) -> Iterator[Problem]:
    limits: tuple[tuple[Place, float, float, float], ...] = (
        (("thresholds", "buy"), profile.thresholds.buy, 0.0, 1.0),
        (("thresholds", "strong"), profile.thresholds.strong, 0.0, 1.0),
        (("coverage_power",), profile.coverage_power, 0.0, 4.0),
        (("coverage_minimum",), profile.coverage_minimum, 0.0, 1.0),
        (("conflict_below",), profile.conflict_below, 0.0, 1.0),
        (("vote_floor",), profile.vote_floor, 0.0, 1.0),
        (("alignment_floor",), profile.alignment_floor, 0.0, 1.0),
        (("regime_confidence",), profile.regime_confidence, 0.0, 1.0),
        (("horizon",), profile.horizon, 1, 10_000),
        (("performance", "minimum_sample"), profile.performance.minimum_sample, 1, 1_000_000),
        (("performance", "half_life"), profile.performance.half_life, 0.0, 1e9),
        (("performance", "cost"), profile.performance.cost, 0.0, 0.5),
    )
    for place, value, low, high in limits:
        if problem := _outside(value, low, high):
            yield place, problem
    buy, strong = profile.thresholds.buy, profile.thresholds.strong
    if buy == 0.0:
        yield ("thresholds", "buy"), "0 would make every silence a purchase; give a score above 0 such as 0.2"
    if buy > strong:
        yield ("thresholds", "buy"), f"{buy:g} is above strong={strong:g}; no score could be a plain BUY"
    if profile.vote and profile.vote_floor == 0.0:
        yield ("vote_floor",), "0 would count a value of 0 as a vote to buy; give a floor above 0 such as 0.1"
    yield from _forgetting(profile.performance)
    yield from _levels(("levels",), profile.levels)


def _ranking(ranking: Ranking) -> Iterator[Problem]:
    for key in msgspec.structs.fields(Ranking):
        if key.name != "on" and (problem := _outside(getattr(ranking, key.name), 0.0, 1.0)):
            yield ("ranking", key.name), problem
    if not ranking.target_volatility > 0.0:
        yield ("ranking", "target_volatility"), "0 would rank every symbol last; give a fraction such as 0.02"


def _forgetting(performance: Performance) -> Iterator[Problem]:
    half_life = performance.half_life
    most = half_life * 1.4426950408889634 + 1.0  # 1 / (1 - 0.5 ** (1 / h)) is below h / ln 2 + 1
    if half_life > 0.0 and performance.minimum_sample >= most:
        yield (
            ("performance", "minimum_sample"),
            f"{performance.minimum_sample} is never reached: half_life={half_life:g} keeps {most:.0f} at most",
        )


def _regimes(profile: FusionProfile, known: Sequence[str]) -> Iterator[Problem]:
    if profile.regime and profile.regime not in known:
        yield ("regime",), _unknown("signal source", profile.regime, known)
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("regime_multipliers", profile.regime_multipliers),
        ("regime_levels", profile.regime_levels),
    )
    for key, table in tables:
        if table and not profile.regime:
            yield (key,), 'nothing tells the regime; give regime = "market_regime" as well'
        for label in table:
            if label not in REGIMES:
                yield (key, label), _unknown("regime", label, REGIMES)
    for label, factors in profile.regime_multipliers.items():
        for name, factor in factors.items():
            if name not in profile.sources:
                yield ("regime_multipliers", label, name), _unknown("source of this profile", name, [*profile.sources])
            if problem := _outside(factor, 0.0, 10.0):
                yield ("regime_multipliers", label, name), problem
        heard = [use.weight * factors.get(name, 1.0) for name, use in profile.sources.items()]
        if heard and not any(weight > 0.0 for weight in heard):
            yield ("regime_multipliers", label), "no source would be heard in this regime; leave one above 0"
    for label, levels in profile.regime_levels.items():
        yield from _levels(("regime_levels", label), levels)


def _quality(quality: Mapping[str, float]) -> Iterator[Problem]:
    flags = [flag.name for flag in QualityFlag if flag.name]
    for name, factor in quality.items():
        if name.upper() not in flags:
            yield ("quality", name), _unknown("quality flag", name.upper(), flags)
        if problem := _outside(factor, 0.0, 1.0):
            yield ("quality", name), problem
