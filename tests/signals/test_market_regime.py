"""The market regime as a source: what it says, how sure, in which words, and why it is silent."""

import numpy as np
import pytest

from consilience.core.codes import MarketRegime
from consilience.core.errors import ConfigError
from consilience.features import Evaluator, bar
from consilience.signals.catalog import find_source
from tests.features.support import FittedBar, history
from tests.features.test_composite import block_of
from tests.features.test_regime import staged

SOURCE = find_source("market_regime")
NAN = float("nan")


def heard(voice, block):
    """(value, confidence, numbers) after each bar of the first symbol."""
    nodes = [voice.value, voice.confidence, *voice.numbers.values()]
    evaluator = Evaluator(nodes, block.valid.shape[1], block=len(block.ts))
    evaluator.push(block)
    value, confidence, *numbers = (evaluator.value(node)[:, 0].copy() for node in nodes)
    return value, confidence, dict(zip(voice.numbers, numbers, strict=True))


def long_stage(kind):
    """The stage of the rule's examples after a year of usual moves, for its default periods."""
    stage = staged(kind)
    usual = np.tile(stage[:60] / stage[59], 6) * stage[0]
    return np.concatenate((usual, stage * usual[-1] / stage[0], stage[-1] * usual[-1] / stage[0] * growth(stage)))


def growth(stage):
    """The last twelve bars again, going on."""
    step = stage[-12:] / stage[-13]
    return np.concatenate((step, step * step[-1]))


@pytest.mark.parametrize(
    ("kind", "label", "sign"),
    [("wild fall", "bearish_volatile", -1), ("calm rise", "bullish_calm", 1), ("still", "squeeze", 0)],
)
def test_the_rule_speaks(kind, label, sign):
    value, confidence, numbers = heard(SOURCE.voice(bar), block_of(long_stage(kind), spread=0.1))
    at = -1
    assert MarketRegime(int(numbers["regime"][at])).name.lower() == label
    assert value[at] == sign * confidence[at] and 0.5 <= confidence[at] <= 1.0
    told = SOURCE.words(value[at], {name: column[at] for name, column in numbers.items()})
    assert told == f"regime {label} (probability {100 * confidence[at]:.0f} %)"


def test_words_are_those_of_the_founding_document():
    numbers = {"regime": 1.0, "probability": 0.8512}
    assert SOURCE.words(0.8, numbers) == "regime bullish_calm (probability 85 %)"


def test_the_rule_abstains_where_it_knows_no_regime():
    value, confidence, numbers = heard(SOURCE.voice(bar), block_of(long_stage("wild rise"), spread=0.1))
    assert np.isnan(value[-1]) and np.isnan(confidence[-1]) and numbers["regime"][-1] == MarketRegime.UNKNOWN
    assert SOURCE.silence({"regime": 0.0}).startswith("no regime: neither calm and rising")
    assert np.isnan(value[:100]).all()
    assert SOURCE.silence({"regime": NAN}) == "too few bars, or no regime model is fitted yet"


@pytest.mark.parametrize("model", ["hmm", "gmm"])
def test_a_fitted_model_speaks_by_its_probabilities(model):
    block = history(90, 2, seed=3)
    value, confidence, numbers = heard(SOURCE.voice(FittedBar(), {"model": model}), block)
    known = ~np.isnan(value)
    assert known[20:].all() and not known[:20].any()
    assert (np.abs(value[known]) <= confidence[known]).all() and (confidence[known] <= 1.0).all()
    for row in np.flatnonzero(known):
        label = int(numbers["regime"][row])
        assert confidence[row] == numbers["probability"][row] >= 1 / 3
        if label == MarketRegime.BULLISH_CALM:
            assert value[row] > -1e-12
        if label == MarketRegime.BEARISH_VOLATILE:
            assert value[row] < 1e-12
    multiplier = {1: 1.2, 2: 0.5, 3: 0.7}
    np.testing.assert_array_equal(numbers["multiplier"][known], [multiplier[int(r)] for r in numbers["regime"][known]])


def test_it_reads_the_slots_of_its_model():
    names = set()

    class Asked(FittedBar):
        def slot(self, name):
            names.add(str(name))
            return super().slot(name)

    SOURCE.voice(Asked(), {"model": "gmm"})
    assert len(names) == 65 and all(name.startswith("regime_gmm.") for name in names)


def test_an_unknown_model_is_told():
    with pytest.raises(ConfigError, match="source market_regime: model='arima' is not one of rule, hmm, gmm"):
        SOURCE.voice(bar, {"model": "arima"})
