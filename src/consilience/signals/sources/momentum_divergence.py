"""Momentum, and where price and oscillator part."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import mean, side, speak

SHARE = 0.6  # of the value that a divergence takes when it is confirmed
TRACE = 0.01  # a divergence that has faded to less is not mentioned


def define(bar: Bar, rsi_period: int, slow: int, fast: int, swing: int, memory: int) -> Voice:
    """Momentum by three measures; a divergence takes its part of the value and fades."""
    rsi = ta.rsi(bar.close, rsi_period)
    tsi = ta.tsi(bar.close, slow, fast).tsi
    votes = ta.momentum_convergence(bar, rsi_period)
    momentum = mean(((rsi - 50.0) / 50.0, tsi / 100.0, votes.alignment * votes.direction))
    found = ta.divergence(bar.close, rsi, swing, swing)
    bullish, bearish = found.bullish + found.hidden_bullish, found.bearish + found.hidden_bearish
    # a weighted average gives the newest bar n of n (n + 1) / 2 parts: times (n + 1) / 2 it is 1, and falls to 1 / n
    fading = ta.wma(bullish - bearish, memory) * ((memory + 1) / 2.0)
    divergence = ta.clip(fading, -1.0, 1.0)
    fresh = abs(divergence)
    value = momentum + (divergence - momentum) * (SHARE * fresh)
    # the five share one price, so that they agree is half of it; how far the change is one-way is the other
    agreed = votes.alignment * (0.5 + abs(tsi) / 200.0)
    confidence = agreed + (fresh - agreed) * (0.5 * fresh)
    numbers = {"rsi": rsi, "tsi": tsi, "alignment": votes.alignment, "divergence": divergence}
    return speak(value, confidence, numbers)


def words(value: float, numbers: Numbers) -> str:
    """Momentum, and the divergence where there was one lately."""
    divergence = numbers["divergence"]
    turning = value * divergence > 0.0 > value * (numbers["rsi"] - 50.0)
    what = "a turn" if turning else "momentum"
    said = f"{side(value, what + ' up', what + ' down', 'no momentum')}: RSI {numbers['rsi']:.0f}, "
    said += f"TSI {numbers['tsi']:+.0f}, {100 * numbers['alignment']:.0f} % net of five oscillators on one side"
    if abs(divergence) < TRACE:
        return said
    return f"{said}, {'bullish' if divergence > 0 else 'bearish'} divergence of strength {abs(divergence):.2f}"


SOURCE = Source(
    Spec(
        name="momentum_divergence",
        summary="Momentum m is the mean of (RSI - 50) / 50, TSI / 100 and the vote of five oscillators "
        "(ta.momentum_convergence). d: divergences of close and RSI at their swings, regular and hidden, bullish less "
        "bearish, each 1 when it is confirmed and falling in a line over `memory` bars, held to -1..1. Value: "
        "m + 0.6 |d| (d - m): a divergence outweighs the momentum it contradicts, then gives it back. Confidence: "
        "a = the vote's alignment x (0.5 + |TSI| / 200), moved to |d| by half of |d|: a + (|d| - a) |d| / 2.",
        inputs=("high", "low", "close"),
        params=(
            period(14, low=2, name="rsi_period", text="of RSI and of the vote"),
            period(25, name="slow", text="first smoothing of the TSI"),
            period(13, name="fast", text="second smoothing of the TSI"),
            period(5, high=500, name="swing", text="bars to each side of a swing"),
            period(20, low=2, name="memory", text="bars until a divergence is forgotten"),
        ),
        outputs=("value", "confidence"),
        warm_up="the longest of 33, slow + fast - 1 and rsi_period + 2 swing + memory - 1 bars",
        nan_rule="abstains",
        convention="ours; divergences as ta.divergence finds them, pivots of the RSI",
        source="document 000: momentum divergence; the formula above",
        family="technical",
    ),
    define,
    words,
    horizon=10,
)
