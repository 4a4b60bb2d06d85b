"""Helpers of the fusion tests: one symbol in one slice, and sources that stand in for real ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.spec import Spec
from consilience.signals.fusion.fields import FIELDS, NAMES
from consilience.signals.fusion.fuse import fuse_nb
from consilience.signals.fusion.profile import FusionProfile, SourceUse, rules_of, weights_of
from consilience.signals.source import Source

NAN = float("nan")


class Fused(NamedTuple):
    """What one call of the kernel gave: fields by name."""

    fields: dict[str, float]
    contributions: list[float]
    refused: int

    @property
    def score(self) -> float:
        return self.fields["score"]


def fuse(profile: FusionProfile, values, confidences=None, regime: int = 0) -> Fused:
    """Fuse one row; confidence 1 where none is given."""
    names = list(profile.sources)
    heard = np.array(values, np.float64)
    sure = np.ones(len(names)) if confidences is None else np.array(confidences, np.float64)
    contributions, fields = np.empty(len(names)), np.empty(FIELDS)
    weights = weights_of(profile, names)[regime]
    refused = fuse_nb(heard, sure, weights, rules_of(profile, names), contributions, fields)
    return Fused(dict(zip(NAMES, fields.tolist(), strict=True)), contributions.tolist(), refused)


def profile_with(weights, **terms) -> FusionProfile:
    """A profile of sources s0, s1, ... with these weights; names in ``experts`` decide in a conflict."""
    experts = terms.pop("experts", ())
    uses = {f"s{k}": SourceUse(weight, expert=f"s{k}" in experts) for k, weight in enumerate(weights)}
    return FusionProfile(**{"name": "test", "sources": uses, "coverage_minimum": 0.0, "coverage_power": 0.0, **terms})


def from_left(contributions) -> float:
    """Sum in the order of summation, one addition after the other."""
    total = 0.0
    for one in contributions:
        total += one
    return total


def stand_in(name: str) -> Source:
    """A source without expressions: words and silence alone."""
    return Source(
        Spec(name, "stands in", outputs=("value", "confidence")),
        lambda bar: (_ for _ in ()).throw(AssertionError("not evaluated here")),
        lambda value, numbers: f"{name} says {value:+.2f} at {numbers['level']:g}",
        10,
        lambda numbers: f"{name} knows nothing yet",
    )
