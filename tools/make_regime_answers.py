"""Make the answer files of regime features and of the fits behind them, from hmmlearn, scikit-learn and SciPy.

    python -m tools.make_regime_answers

Needs the `oracle` extra. Writes tests/features/answers (the regime features only), the models that their tests read,
and tests/learning/answers: seeded samples, what hmmlearn and scikit-learn say of given parameters (log likelihood,
probabilities, the model after one step from them), and how likely their own best fits are.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import hmmlearn
import numpy as np
import numpy.typing as npt
import sklearn
from hmmlearn.hmm import GaussianHMM
from sklearn.mixture import GaussianMixture

from tools.answers import regime
from tools.make_indicator_answers import FOLDER, ROWS, walk, write

Floats = npt.NDArray[np.float64]
LEARNING = Path(__file__).resolve().parent.parent / "tests" / "learning" / "answers"
STARTS = 8  # fits of theirs, of which the most likely counts


def sample(seed: int, lengths: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Observations and hidden states of the model of ``tools.answers.regime``, to six digits."""
    random = np.random.default_rng(seed)
    states: list[int] = []
    for length in lengths:
        states.append(int(random.choice(3, p=regime.START)))
        for _ in range(length - 1):
            states.append(int(random.choice(3, p=regime.TRANSITION[states[-1]])))
    rows = [random.multivariate_normal(2.0 * regime.MEANS[k], regime.COVARIANCES[k]) for k in states]
    return np.array([[round(float(value), 6) for value in row] for row in rows]), np.array(states, np.float64)


def best_chain(x: Floats, lengths: list[int]) -> float:
    """Log likelihood of hmmlearn's most likely fit."""
    found = []
    for seed in range(STARTS):
        model = GaussianHMM(3, "full", n_iter=100, tol=1e-4, random_state=seed, covars_prior=1e-9)
        found.append(float(model.fit(x, lengths).score(x, lengths)))
    return max(found)


def best_mixture(x: Floats) -> float:
    """Log likelihood of scikit-learn's most likely fit."""
    model = GaussianMixture(3, covariance_type="full", max_iter=100, tol=1e-6, n_init=STARTS, random_state=0)
    return float(model.fit(x).score_samples(x).sum())


def chain_step(x: Floats, lengths: list[int]) -> dict[str, object]:
    """What hmmlearn makes of the given model in one step of Baum and Welch, with priors that weigh nothing."""
    model = regime.chain()
    model.set_params(n_iter=1, startprob_prior=1.0, transmat_prior=1.0, covars_prior=0.0, covars_weight=1.0)
    model.fit(x, lengths)
    found = {
        "start": model.startprob_,
        "transition": model.transmat_,
        "means": model.means_,
        "covariances": model.covars_,
    }
    return {name: value.tolist() for name, value in found.items()}


def mixture_step(x: Floats) -> dict[str, object]:
    """What scikit-learn makes of the given mixture in one step of expectation maximisation."""
    given = regime.mixture()
    model = GaussianMixture(
        3,
        covariance_type="full",
        max_iter=1,
        reg_covar=0.0,
        weights_init=given.weights_,
        means_init=given.means_,
        precisions_init=np.linalg.inv(given.covariances_),
    )
    model.fit(x)
    found = {"weights": model.weights_, "means": model.means_, "covariances": model.covariances_}
    return {name: value.tolist() for name, value in found.items()}


def case(seed: int, lengths: tuple[int, ...]) -> dict[str, object]:
    x, states = sample(seed, lengths)
    chain, mixed = regime.chain(), regime.mixture()
    return {
        "lengths": lengths,
        "x": x.tolist(),
        "states": states.astype(int).tolist(),
        "hmm": {
            "log_likelihood": float(chain.score(x, list(lengths))),
            "smoothed": chain.predict_proba(x, list(lengths))[:40].tolist(),
            "filtered": [chain.predict_proba(x[:n])[-1].tolist() for n in range(1, 41)],
            "best": best_chain(x, list(lengths)),
            "step": chain_step(x, list(lengths)),
        },
        "gmm": {
            "log_likelihood": float(mixed.score_samples(x).sum()),
            "posterior": mixed.predict_proba(x)[:40].tolist(),
            "best": best_mixture(x),
            "step": mixture_step(x),
        },
    }


def main() -> None:
    warnings.simplefilter("ignore")  # their fits warn where a start does not converge
    FOLDER.mkdir(parents=True, exist_ok=True)
    LEARNING.mkdir(parents=True, exist_ok=True)
    (FOLDER / "regime_models.json").write_text(regime.models(), encoding="utf-8")
    regime.answers(walk(20, ROWS), write)
    document = {
        "source": f"hmmlearn {hmmlearn.__version__}, scikit-learn {sklearn.__version__}",
        "model": {
            "start": regime.START.tolist(),
            "transition": regime.TRANSITION.tolist(),
            "means": regime.MEANS.tolist(),
            "covariances": regime.COVARIANCES.tolist(),
        },
        "cases": [case(1, (500,)), case(2, (300, 120, 80)), case(3, (250,))],
    }
    (LEARNING / "fits.json").write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
