"""What fits of several Gaussians share: settings, seeded starts, densities and moments.

Learning is outside the core, so NumPy sums here. Sums of products go through einsum without a path, which adds in one
order whatever the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.errors import ConfigError, DataError
from consilience.core.panel import Floats

Integers = npt.NDArray[np.int64]
_LLOYD_ROUNDS = 20
_EMPTY = 1e-10  # observations that stand in for a component that explains none


class Terms(NamedTuple):
    """How to fit.

    components: Gaussians. iterations: most steps of expectation maximisation. tolerance: stop when a step gains less
    than this in log likelihood an observation. restarts: seeded starts, of which the most likely end is kept.
    ridge: added to the variances, in squared units of the data. smallest: least probability of a transition or start.
    """

    components: int = 3
    iterations: int = 100
    tolerance: float = 1e-6
    restarts: int = 4
    ridge: float = 1e-6
    smallest: float = 0.0

    def checked(self) -> Terms:
        """Itself. Raises ConfigError for a value out of range."""
        for name, low in (("components", 1), ("iterations", 1), ("restarts", 1)):
            if getattr(self, name) < low:
                raise ConfigError(f"{name}={getattr(self, name)} is below {low}")
        if not 0.0 <= self.smallest * self.components < 1.0:
            raise ConfigError(f"smallest={self.smallest} leaves nothing for {self.components} components")
        if not (self.ridge >= 0.0 and self.tolerance >= 0.0):
            raise ConfigError("ridge and tolerance may not be below 0")
        return self


def require_sample(x: Floats, components: int) -> None:
    """Raises DataError unless ``x`` [N, D] is finite and has more rows than the components need."""
    if x.ndim != 2 or not bool(np.isfinite(x).all()):
        raise DataError("a fit takes finite observations, one row each; leave rows with NaN out")
    fewest = components * (x.shape[1] + 1)
    if len(x) < fewest:
        raise DataError(f"{len(x)} observations are too few for {components} components; give at least {fewest}")


def clusters(x: Floats, count: int, random: np.random.Generator) -> Integers:
    """Cluster of each row of ``x`` [N, D]: centres spread by squared distance (k-means++), then moved to their means.

    Arthur and Vassilvitskii, k-means++: the advantages of careful seeding (2007); Lloyd (1982).
    """
    centers = x[[int(random.integers(len(x)))]]
    for _ in range(1, count):
        away = _squares(x, centers).min(axis=1)
        total = float(away.sum())
        # equal rows have no farthest one
        chance = away / total if total > 0.0 else np.full(len(x), 1.0 / len(x))
        centers = np.concatenate((centers, x[[int(random.choice(len(x), p=chance))]]))
    nearest: Integers = _squares(x, centers).argmin(axis=1)
    for _ in range(_LLOYD_ROUNDS):
        for k in range(count):
            if bool((nearest == k).any()):
                centers[k] = x[nearest == k].mean(axis=0)
        again = _squares(x, centers).argmin(axis=1)
        if bool((again == nearest).all()):
            break
        nearest = again
    return nearest


def _squares(x: Floats, centers: Floats) -> Floats:
    away = x[:, None, :] - centers[None, :, :]
    found: Floats = np.einsum("nkd,nkd->nk", away, away)
    return found


def moments(x: Floats, share: Floats, ridge: float) -> tuple[Floats, Floats, Floats]:
    """Weight [K], mean [K, D] and covariance [K, D, D] of ``x`` [N, D] under ``share`` [N, K] of each row."""
    weight = share.sum(axis=0) + _EMPTY
    means: Floats = np.einsum("nk,nd->kd", share, x) / weight[:, None]
    covariances = np.empty((len(weight), x.shape[1], x.shape[1]))
    for k in range(len(weight)):
        away = x - means[k]
        covariances[k] = np.einsum("ni,nj->ij", away * share[:, k, None], away) / weight[k]
        covariances[k].flat[:: x.shape[1] + 1] += ridge
    return weight, means, covariances


def whitening(covariances: Floats) -> tuple[Floats, Floats]:
    """Lower triangular W [K, D, D] with W'W = inverse covariance, and log heights [K]: log det W - D log(2 pi) / 2.

    Raises DataError for a covariance that is not positive definite.
    """
    try:
        roots = np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError as error:
        raise DataError("a covariance is not positive definite; raise the ridge of the fit") from error
    white = np.tril(np.linalg.inv(roots))
    diagonal = np.einsum("kii->ki", white)
    heights: Floats = np.log(diagonal).sum(axis=1) - 0.5 * covariances.shape[1] * np.log(2.0 * np.pi)
    return white, heights


def log_densities(x: Floats, means: Floats, covariances: Floats) -> Floats:
    """Log density [N, K] of each row of ``x`` [N, D] under each Gaussian."""
    white, heights = whitening(covariances)
    found = np.empty((len(x), len(means)))
    for k in range(len(means)):
        away: Floats = np.einsum("nd,ed->ne", x - means[k], white[k])
        found[:, k] = heights[k] - 0.5 * np.einsum("ne,ne->n", away, away)
    return found


def as_shares(labels: Integers, count: int) -> Floats:
    """``labels`` [N] as shares [N, K] of 0 and 1."""
    shares: Floats = (labels[:, None] == np.arange(count)[None, :]).astype(np.float64)
    return shares
