"""What every catalogued signal source must do; a new line of the catalogue is tested by itself."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import FloatBars
from consilience.features import bar
from consilience.features.bar import Bar
from consilience.signals.catalog import SOURCES, find_source
from tests.examples import cases
from tests.features.support import same
from tests.signals.voices import said, small, voices, wild

names = pytest.mark.parametrize("name", SOURCES)
PARTITIONS = cases(((3, 50, 1, 7), 1, (64, 2)), 3)


@cache
def market():
    return wild()


@cache
def results(sizes=4096):
    """Value, confidence and numbers of every source on the wild markets, one run for all tests."""
    return said(market(), sizes)


@names
def test_the_spec_says_what_it_is(name):
    source = SOURCES[name]
    spec = source.spec
    assert spec.name == name and spec.outputs[0] == "value" and source.horizon >= 1
    assert spec.summary and spec.inputs and spec.warm_up and spec.convention and spec.source and spec.family
    assert [spec.params[n].problem_with(p.default) for n, p in enumerate(spec.params)] == [None] * len(spec.params)
    assert source.voice(bar).numbers  # the defaults fit together, and its words have numbers to quote


@names
def test_value_and_confidence_keep_their_ranges_and_are_silent_together(name):
    value, confidence, *numbers = results()[name]
    same(np.isnan(value), np.isnan(confidence))
    assert np.isnan(value[~market().valid]).all()
    spoke = ~np.isnan(value)
    assert (np.abs(value[spoke]) <= 1.0).all()
    assert ((confidence[spoke] >= 0.0) & (confidence[spoke] <= 1.0)).all()
    assert not any(np.isinf(number).any() for number in numbers)
    # it has something to say, and not always the same
    assert spoke.any() and len(np.unique(value[spoke])) > 2 and (confidence[spoke] > 0.0).any()


@names
@pytest.mark.parametrize("sizes", PARTITIONS)
def test_blocks_do_not_matter(name, sizes):
    for whole, parts in zip(results()[name], results(sizes)[name], strict=True):
        same(whole, parts, name)


@cache
def other_futures(cut=161):
    """The markets cut, and with other prices, volumes and events from there on."""
    block = market()

    def changed(column):
        return np.concatenate((column[..., :cut, :], column[..., cut:, :] * 3.0 + 1.0), axis=-2)

    later = block._replace(bars=FloatBars(*(changed(c) for c in block.bars)), slots=changed(block.slots))
    return cut, said(block.rows(0, cut)), said(later)


@names
def test_cutting_or_changing_the_future_changes_no_past_word(name):
    cut, shorter, changed = other_futures()
    for whole, short, other in zip(results()[name], shorter[name], changed[name], strict=True):
        same(whole[:cut], short, name)
        same(whole[:cut], other[:cut], name)


@names
def test_it_says_one_line_with_numbers_or_why_it_is_silent(name):
    source, voice = SOURCES[name], voices()[name]
    value, _, *numbers = results()[name]
    spoke = 0
    for t, s in np.argwhere(market().valid):
        told = {key: float(column[t, s]) for key, column in zip(voice.numbers, numbers, strict=True)}
        silent = np.isnan(value[t, s])
        line = source.silence(told) if silent else source.words(float(value[t, s]), told)
        assert line.strip() == line and line and "\n" not in line
        assert not re.search(r"\b(nan|inf)\b", line.lower()), line
        assert silent or re.search(r"\d", line), line
        spoke += not silent
    assert spoke


@names
def test_a_parameter_that_is_unknown_or_out_of_range_is_one_line(name):
    source = SOURCES[name]
    with pytest.raises(ConfigError, match=f"source {name} has no parameter 'zzzz'") as error:
        source.voice(bar, {"zzzz": 1})
    assert "\n" not in str(error.value)
    for param in source.spec.params:
        with pytest.raises(ConfigError, match=f"did you mean '{param.name}'"):
            source.voice(bar, {param.name + "x": param.default})
        if param.high is not None:
            beyond = param.high + 1 if isinstance(param.default, int) else param.high + 1.0
            with pytest.raises(ConfigError, match=f"source {name}: {param.name}={beyond} is outside"):
                source.voice(bar, {param.name: beyond})


@names
def test_equal_parameters_are_the_same_expressions(name):
    again = SOURCES[name].voice(Bar(), small(SOURCES[name]))
    assert again.value is voices()[name].value and again.confidence is voices()[name].confidence


def test_a_source_is_found_by_name():
    assert find_source("trend_composite") is SOURCES["trend_composite"]
    with pytest.raises(NotFound, match="unknown signal source 'trend_compsite'; did you mean 'trend_composite'"):
        find_source("trend_compsite")


def test_feeds_are_those_that_are_listened_to():
    for name, source in SOURCES.items():
        inputs = {node for node in source.spec.inputs if "." in node}
        assert not source.feed or inputs == {f"{source.feed}.{part}" for part in ("value", "confidence", "age")}, name


@cache
def dearer():
    """The same on markets whose prices are four times as large, as features see them after splits."""
    block = market()
    fields = {field: getattr(block.bars, field) * 4.0 for field in ("open", "high", "low", "close", "bid", "ask")}
    return said(block._replace(bars=block.bars._replace(**fields)))


@names
def test_words_quote_the_prices_of_the_day(name):
    """What a source calls its prices is all that has to be divided by F, and nothing else is."""
    source, voice = SOURCES[name], voices()[name]
    factors = [4.0 if number in voice.prices else 1.0 for number in voice.numbers]
    assert set(voice.prices) <= set(voice.numbers)
    lines = []
    for (value, _, *numbers), scale in ((results()[name], False), (dearer()[name], True)):
        cells = np.argwhere(~np.isnan(results()[name][0]))[::7]
        told = [n / f if scale else n for n, f in zip(numbers, factors, strict=True)]
        quoted = ({k: float(n[t, s]) for k, n in zip(voice.numbers, told, strict=True)} for t, s in cells)
        lines.append([source.words(float(value[t, s]), q) for (t, s), q in zip(cells, quoted, strict=True)])
    assert lines[0] == lines[1] and lines[0]
