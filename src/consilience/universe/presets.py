"""Ready profiles: the founding documents' numbers, a looser one for shares, and everything."""

from __future__ import annotations

from consilience.universe.profile import Profile

# Numbers of founding document 002: $50M, 0.05 %, top 5, |correlation| 0.7, 30 minutes. Ours: floor of market
# capitalisation, age (the 30 days that the volatility history needs), and every number of ``equity``.
CRYPTO = Profile(
    name="crypto",
    filters={
        "status": {},
        "volume": {"minimum": 50e6},
        "spread": {"maximum": 0.0005},
        "market_cap": {"minimum": 50e6},
        "age": {"minimum": 30.0},
    },
    top=5,
    max_correlation=0.7,
    decay_minutes=30.0,
)
EQUITY = Profile(
    name="equity",
    filters={
        "status": {},
        "price": {"minimum": 5.0},
        "volume": {"minimum": 5e6},
        "spread": {"maximum": 0.002},
        "market_cap": {"minimum": 300e6},
        "age": {"minimum": 30.0},
    },
    missing="pass",
    top=10,
    max_correlation=0.7,
    decay_minutes=30.0,
)
PRESETS: dict[str, Profile] = {one.name: one for one in (Profile(), CRYPTO, EQUITY)}
