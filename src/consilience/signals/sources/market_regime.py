"""Market regime as a signal: bullish while calm, bearish while volatile, nothing much in a squeeze."""

from __future__ import annotations

import math

from consilience.core.codes import MarketRegime
from consilience.core.errors import ConfigError
from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.signals.source import Numbers, Source, Voice


def define(bar: Bar, model: str, bars: str) -> Voice:
    """By rule, or by the model that was last fitted."""
    if model == "rule":
        if bars:
            raise ConfigError(f"source market_regime: the rule has no bars of its own; leave bars='{bars}' out")
        return by_rule(bar)
    return by_model(bar, model, bars)


def fitted_model(model: str, bars: str) -> str:
    """Name of the fitted model that the source hears with these parameters, an empty text for the rule."""
    if model == "rule":
        return ""
    return f"regime_{model}@{bars}" if bars else f"regime_{model}"


def by_model(bar: Bar, model: str, bars: str = "") -> Voice:
    """Probability of the bullish regime less that of the bearish one."""
    regime = ta.hmm_regime if model == "hmm" else ta.gmm_regime
    found = regime(bar, fitted_model(model, bars))
    value = ta.clip(found.bullish_calm - found.bearish_volatile, -1.0, 1.0)
    return Voice(value, ta.clip(found.probability, 0.0, 1.0), _numbers(found.regime, found.probability))


def by_rule(bar: Bar) -> Voice:
    """The rule's label with its confidence; it abstains where the rule knows none."""
    regime, confidence = ta.rule_regime(bar)
    bullish = regime == float(MarketRegime.BULLISH_CALM)
    bearish = regime == float(MarketRegime.BEARISH_VOLATILE)
    known = _where_known(regime, confidence)
    return Voice(known * (bullish - bearish), known, _numbers(regime, confidence))


def _where_known(regime: Node, value: Node) -> Node:
    """``value``, NaN where the regime is UNKNOWN (the logarithm of 0 is NaN, that of 1 is 0)."""
    known: Node = value + ta.log(regime > 0)
    return known


def _numbers(regime: Node, probability: Node) -> dict[str, Node]:
    multiplier, stop, target = ta.regime_parameters(regime)
    return {
        "regime": regime, "probability": probability, "multiplier": multiplier, "stop": stop, "target": target,
    }  # fmt: skip


def words(_value: float, numbers: Numbers) -> str:
    """Such as ``regime bullish_calm (probability 85 %)``."""
    label = MarketRegime(int(numbers["regime"])).name.lower()
    return f"regime {label} (probability {100.0 * numbers['probability']:.0f} %)"


def silence(numbers: Numbers) -> str:
    """Why it abstained."""
    if math.isnan(numbers["regime"]):
        return "too few bars, or no regime model is fitted yet"
    return "no regime: neither calm and rising, nor volatile and falling, nor a squeeze"


SOURCE = Source(
    spec=Spec(
        name="market_regime",
        summary="`rule`: 1 in BULLISH_CALM, -1 in BEARISH_VOLATILE, 0 in SQUEEZE, times the rule's confidence; `hmm`, "
        "`gmm`: probability of BULLISH_CALM less that of BEARISH_VOLATILE. Confidence: the rule's, or the probability "
        "of the most likely regime. Numbers: regime, its probability, and the size multiplier, stop and target that "
        "go with it.",
        inputs=("close",),
        params=(
            ParamSpec(
                "model",
                "rule",
                choices=("rule", "hmm", "gmm"),
                text="hmm and gmm read the fitted models regime_hmm and regime_gmm",
            ),
            ParamSpec("bars", "", text="length of the bars that the model is of, such as 1d; empty for the run's own"),
        ),
        warm_up="that of rule_regime, hmm_regime or gmm_regime",
        nan_rule="abstains where its inputs are not known, and where the rule finds no regime",
        convention="ours",
        source="Consilience founding document 004, regime-adaptive intelligence and multi-modal alpha fusion",
        family="regime",
    ),
    define=define,
    words=words,
    horizon=20,
    silence=silence,
)
