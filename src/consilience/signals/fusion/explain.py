"""A fused decision in words: the sources that moved it most, those that were silent, and the whole as one answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consilience.core.codes import Reason
from consilience.core.panel import Floats
from consilience.core.reason_text import REASON_TEXT
from consilience.signals.fusion.classes import conviction_tier, signal_class
from consilience.signals.fusion.fields import (
    AGREEMENT,
    CONFIDENCE,
    CONVICTION,
    COVERAGE,
    MULTIPLIER,
    SCORE,
    STATUS,
    STOP,
    TARGET,
)
from consilience.signals.fusion.terms import FusionProfile
from consilience.signals.source import Numbers, Source

TOP = 3
Row = Sequence[float] | Floats
# Names of document 004 for what it calls component scores; other sources go by their own.
COMPONENTS = {"market_regime": "regime", "order_flow": "ofi", "whale_flow": "whale"}


@dataclass(frozen=True)
class Heard:
    """What the K sources of one symbol said in one slice, and what fusion made of it, in the order of summation.

    values, confidences: NaN where a source abstained. weights: of the regime that held. contributions: of ``fuse_nb``.
    numbers: what each source's words quote, by name.
    """

    sources: Sequence[Source]
    values: Row
    confidences: Row
    weights: Row
    contributions: Row
    numbers: Sequence[Numbers]


@dataclass(frozen=True)
class Evidence:
    """One source's part in a decision. rank: 1 for the largest |contribution|."""

    rank: int
    source: str
    value: float
    confidence: float
    weight: float
    contribution: float
    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> str:
        """Its words with what it added to the score."""
        return f"{self.words} ({self.contribution:+.2f})"


def top_reasons(heard: Heard, count: int = TOP) -> list[Evidence]:
    """The ``count`` sources with the largest |contribution|, equal ones in the order of summation.

    Sources that contributed nothing (silent, neutral, or not heard in a conflict) are no reasons; where fusion itself
    was silent there are none.
    """
    moved = [k for k, one in enumerate(heard.contributions) if one > 0.0 or one < 0.0]
    moved.sort(key=lambda k: -abs(float(heard.contributions[k])))  # stable: equal ones keep their order
    return [
        Evidence(
            rank,
            heard.sources[k].name,
            float(heard.values[k]),
            float(heard.confidences[k]),
            float(heard.weights[k]),
            float(heard.contributions[k]),
            heard.sources[k].words(float(heard.values[k]), heard.numbers[k]),
            dict(heard.numbers[k]),
        )
        for rank, k in enumerate(moved[:count], start=1)
    ]


def silences(heard: Heard) -> dict[str, str]:
    """Why each source that was not heard was not, by name."""
    result = {}
    for k, source in enumerate(heard.sources):
        value, confidence = heard.values[k], heard.confidences[k]
        if value < -1.0 or value > 1.0 or confidence < 0.0 or confidence > 1.0:
            result[source.name] = REASON_TEXT[Reason.VOICE_OUT_OF_RANGE]
        elif math.isnan(value) or math.isnan(confidence):
            result[source.name] = source.silence(heard.numbers[k])
        elif not heard.weights[k] > 0.0:
            result[source.name] = "it has no weight in this regime"
    return result


def answer(symbol: str, fields: Row, heard: Heard, profile: FusionProfile) -> dict[str, Any]:
    """The decision in the shape of founding document 004; percentages in per cent, None where fusion was silent.

    fields: [FIELDS] of ``fuse_block_nb``. On top of the document's keys: conviction, coverage, agreement, contributions
    by source (they sum to the score), and why sources were silent.
    """
    silent = fields[STATUS] != 0.0
    reasons = [one.line() for one in top_reasons(heard)]
    if silent:
        text = REASON_TEXT[Reason(int(fields[STATUS]))]
        reasons = [f"{text} (coverage {fields[COVERAGE]:.0%}, at least {profile.coverage_minimum:.0%})"]
    elif fields[AGREEMENT] < profile.conflict_below:
        rule = profile.conflict.replace("_", " ")
        reasons.append(f"the sources conflict: agreement {fields[AGREEMENT]:.2f}, resolved by {rule}")
    spoke = {
        source.name: float(value)
        for source, value, confidence in zip(heard.sources, heard.values, heard.confidences, strict=True)
        if not math.isnan(value) and not math.isnan(confidence)
    }
    return {
        "symbol": symbol,
        "signal": signal_class(fields[SCORE], profile).name.lower(),
        "confidence": _known(fields[CONFIDENCE]),
        "score": _known(fields[SCORE]),
        "position_size_multiplier": _known(fields[MULTIPLIER]),
        "stop_loss_pct": _known(fields[STOP] * 100.0),
        "take_profit_pct": _known(fields[TARGET] * 100.0),
        "reasoning": reasons,
        "component_scores": {COMPONENTS.get(name, name): value for name, value in spoke.items()},
        "conviction": _known(fields[CONVICTION]),
        "conviction_tier": conviction_tier(fields[CONVICTION]).name.lower(),
        "coverage": _known(fields[COVERAGE]),
        "agreement": _known(fields[AGREEMENT]),
        "contributions": {
            source.name: _known(one) for source, one in zip(heard.sources, heard.contributions, strict=True)
        },
        "silent": silences(heard),
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
