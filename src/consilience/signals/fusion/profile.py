"""A fusion profile by name or JSON, and as the numbers that the kernel reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Floats
from consilience.signals.fusion.fuse import CONFIDENCE_RULES, CONFLICT_RULES, Rules
from consilience.signals.fusion.profiles import PROFILES
from consilience.signals.fusion.terms import REGIMES, FusionProfile, Levels, Performance, Ranking, SourceUse, Thresholds

__all__ = [
    "PROFILES",
    "REGIMES",
    "FusionProfile",
    "Levels",
    "Performance",
    "Ranking",
    "SourceUse",
    "Thresholds",
    "profile_of",
    "rules_of",
    "weights_of",
]


def profile_of(text: str) -> FusionProfile:
    """A ready profile by its name, or one as JSON. Raises NotFound, ConfigError; its contents are not checked yet."""
    if not text.lstrip().startswith("{"):
        if text not in PROFILES:
            raise NotFound.named("fusion profile", text, PROFILES, "(or give the path of a TOML file)")
        return PROFILES[text]
    try:
        return msgspec.json.decode(text, type=FusionProfile)
    except msgspec.DecodeError as error:  # includes a value of the wrong type
        raise ConfigError(f"the fusion profile is no valid JSON of one: {error}") from error


def weights_of(profile: FusionProfile, names: Sequence[str]) -> Floats:
    """Weights float64 [R, K] of the sources ``names`` by regime code, one row where nothing tells the regime.

    Not scaled to a sum of 1 after the regime's multipliers: fusion divides by the sum.
    """
    rows = REGIMES if profile.regime else REGIMES[:1]
    weights = np.zeros((len(rows), len(names)))
    for r, label in enumerate(rows):
        factors = profile.regime_multipliers.get(label, {})
        for k, name in enumerate(names):
            weights[r, k] = profile.sources[name].weight * factors.get(name, 1.0)
    return weights


def rules_of(profile: FusionProfile, names: Sequence[str]) -> Rules:
    """Everything else, for the sources ``names`` in the order of summation. The profile must be without problems."""
    rows = REGIMES if profile.regime else REGIMES[:1]
    levels = [profile.regime_levels.get(label, profile.levels) for label in rows]
    return Rules(
        CONFIDENCE_RULES.index(profile.confidence),
        CONFLICT_RULES.index(profile.conflict),
        float(profile.conflict_below),
        profile.vote,
        float(profile.vote_floor),
        float(profile.coverage_power),
        float(profile.coverage_minimum),
        float(profile.alignment_floor),
        float(profile.thresholds.strong),
        np.array([profile.sources[name].expert for name in names], np.bool_),
        np.array([[one.multiplier, one.stop, one.target] for one in levels], np.float64),
    )
