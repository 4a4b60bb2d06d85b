"""Ready profiles: the founding documents' weights, and one for bars alone. What a document does not say is ours."""

from __future__ import annotations

from consilience.signals.fusion.terms import FusionProfile, Levels, Ranking, SourceUse, Thresholds


def _weights(**weights: float) -> dict[str, SourceUse]:
    return {name: SourceUse(weight) for name, weight in weights.items()}


# Document 004. "3 % is tighter than 2 %": the numbers win.
REGIME_LEVELS = {
    "bullish_calm": Levels(1.2, 0.02, 0.05),
    "bearish_volatile": Levels(0.5, 0.03, 0.03),
    "squeeze": Levels(0.7, 0.015, 0.025),
}
# Ours: late bars are old news, repaired and odd ones may be wrong.
QUALITY = {"LATE": 0.8, "REPAIRED": 0.7, "OUTLIER": 0.5, "STALE": 0.5, "GAP": 0.9}

# Document 004: five sources, thresholds, response.
ALPHA_FUSION = FusionProfile(
    name="alpha_fusion",
    summary="regime, order flow, whales, sentiment and macro (document 004)",
    sources=_weights(market_regime=0.25, order_flow=0.20, whale_flow=0.20, sentiment=0.20, macro=0.15),
    regime="market_regime",
    regime_levels=REGIME_LEVELS,
    quality=QUALITY,
)
# Document 000: six factors; the confidence is the weighted sum itself.
SIGNAL_WEIGHTING = FusionProfile(
    name="signal_weighting",
    summary="six technical factors, confidence is the weighted sum itself (document 000)",
    sources=_weights(
        trend_composite=0.25,
        momentum_divergence=0.20,
        volume_profile=0.20,
        ribbon_alignment=0.15,
        fibonacci_confluence=0.10,
        gamma_exposure=0.10,
    ),
    confidence="score",
    quality=QUALITY,
)
# Document 002: technical 0.40, fundamental 0.30 (volume, momentum, volatility), sentiment 0.15, microstructure 0.15.
# How a factor's weight is split over our sources is ours. It ranks, and follows a regime that is told with 0.8.
MULTI_FACTOR_RANKING = FusionProfile(
    name="multi_factor_ranking",
    summary="technical, fundamental, sentiment and microstructure (document 002)",
    sources=_weights(
        trend_composite=0.15,
        momentum_divergence=0.10,
        volume_profile=0.10,
        ribbon_alignment=0.10,
        multi_timeframe_agreement=0.15,
        breakout_probability=0.10,
        order_flow=0.075,
        microstructure=0.075,
        sentiment=0.15,
    ),
    regime="market_regime",
    regime_confidence=0.8,
    ranking=Ranking(on=True),
    quality=QUALITY,
)
# Document 003: one voice one vote, weighed by its confidence; the winner's share is the confidence.
CONSENSUS = FusionProfile(
    name="consensus",
    summary="one voice one vote, weighed by its confidence (document 003)",
    sources=_weights(
        trend_composite=0.125,
        momentum_divergence=0.125,
        volume_profile=0.125,
        ribbon_alignment=0.125,
        multi_timeframe_agreement=0.125,
        mean_reversion=0.125,
        breakout_probability=0.125,
        market_regime=0.125,
    ),
    confidence="votes",
    conflict="majority",
    thresholds=Thresholds(buy=0.01, strong=0.5),  # the vote decides, not the size of the score
    vote=True,
    quality=QUALITY,
)
# Ours: what bars alone can tell. Trend weighs most; its natural opponent, mean reversion, is heard more where prices go
# nowhere and less where they run. In a fall with high volatility trend signals come late, so they count less.
BALANCED = FusionProfile(
    name="balanced",
    summary="what bars alone can tell: trend first, its opponents heard by regime",
    sources=_weights(
        trend_composite=0.20,
        momentum_divergence=0.15,
        volume_profile=0.15,
        ribbon_alignment=0.10,
        fibonacci_confluence=0.08,
        multi_timeframe_agreement=0.12,
        mean_reversion=0.10,
        market_regime=0.10,
    ),
    regime="market_regime",
    regime_multipliers={
        "bullish_calm": {"trend_composite": 1.25, "ribbon_alignment": 1.25, "mean_reversion": 0.5},
        "bearish_volatile": {"trend_composite": 0.75, "ribbon_alignment": 0.75, "market_regime": 1.5},
        "squeeze": {"trend_composite": 0.5, "ribbon_alignment": 0.5, "mean_reversion": 1.5},
    },
    regime_levels=REGIME_LEVELS,
    quality=QUALITY,
)
PROFILES: dict[str, FusionProfile] = {
    one.name: one for one in (BALANCED, SIGNAL_WEIGHTING, ALPHA_FUSION, MULTI_FACTOR_RANKING, CONSENSUS)
}
