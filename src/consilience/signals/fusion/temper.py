"""Before fusion: confidence lowered where the data is doubtful, and moved by how well a source has done."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from consilience.core.codes import QualityFlag
from consilience.core.jit import njit_bare
from consilience.core.panel import Floats
from consilience.signals.fusion.terms import FusionProfile

BITS = len(QualityFlag)


def quality_factors(profile: FusionProfile) -> Floats:
    """Factor on confidence for each bit of ``QualityFlag``, float64 [BITS]; 1 where the profile names none."""
    named = {name.upper(): factor for name, factor in profile.quality.items()}
    return np.array([named.get(flag.name or "", 1.0) for flag in QualityFlag], np.float64)


@njit_bare
def temper_block_nb(voices: Floats, flags: npt.NDArray[np.integer[Any]], factors: Floats, track: Floats) -> None:
    """Multiply the confidences of a block in place; none leaves 0..1.

    voices: float64 [2, K, B, S]. flags: QualityFlag bits [B, S] of the bars, or without rows. factors: float64 [BITS],
    see ``quality_factors``; several flags multiply. track: float64 [K, B, C], factors by source from its outcomes
    (``signals.outcomes``), C is S or 1 for all symbols; or without rows. What is no confidence stays as it is.
    """
    sources, rows, symbols = voices.shape[1], voices.shape[2], voices.shape[3]
    shared = track.shape[2] == 1
    for b in range(rows):
        for s in range(symbols):
            quality = 1.0
            if len(flags) > 0 and flags[b, s] != 0:
                for bit in range(len(factors)):
                    if (int(flags[b, s]) >> bit) & 1:
                        quality *= factors[bit]
            for k in range(sources):
                confidence = voices[1, k, b, s]
                if 0.0 <= confidence <= 1.0:
                    if len(track) > 0:
                        confidence = min(confidence * track[k, b, 0 if shared else s], 1.0)
                    voices[1, k, b, s] = confidence * quality
