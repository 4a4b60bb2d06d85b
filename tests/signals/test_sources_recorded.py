"""Sources on recorded prices: SPY through the autumn of 2008."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from consilience.core.panel import FloatBars
from consilience.core.time import DAY, parse_time
from consilience.features import Evaluator, FeatureBlock, bar
from consilience.signals.catalog import SOURCES
from tests.signals.voices import nodes_of, slots_of

# those that read daily bars alone
TECHNICAL = [n for n, s in SOURCES.items() if s.spec.family == "technical" and not slots_of(nodes_of(s.voice(bar)))]
ROWS = 320


@cache
def spy(folder: Path) -> tuple[list[str], FeatureBlock]:
    """Days and bars from 2007-12-31 on."""
    with gzip.open(folder / "daily" / "spy_daily_adjclose_2008_2018.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    columns = [np.array([[float(row[name])] for row in rows]) for name in ("Open", "High", "Low", "Close", "Volume")]
    days = [row["Date"] for row in rows]
    zeros = np.zeros((ROWS, 1), np.int64)
    ts = np.array([parse_time(day) for day in days], np.int64)
    return days, FeatureBlock(ts, FloatBars(*columns), zeros == 0, zeros, None, DAY)


@cache
def said(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Values, confidences and words or silence of one source with its defaults."""
    source, voice = SOURCES[name], SOURCES[name].voice(bar)
    nodes = nodes_of(voice)
    (evaluator := Evaluator(nodes, 1)).push(spy(folder)[1])
    value, confidence, *numbers = (evaluator.value(node)[:, 0].copy() for node in nodes)
    lines = []
    for t in range(ROWS):
        told = {key: float(column[t]) for key, column in zip(voice.numbers, numbers, strict=True)}
        lines.append(source.silence(told) if np.isnan(value[t]) else source.words(float(value[t]), told))
    return value, confidence, lines


@pytest.mark.parametrize("name", TECHNICAL)
def test_it_speaks_on_real_days(shared_data, name):
    value, confidence, lines = said(shared_data, name)
    later = value[200:]  # the longest warm-up, 128 bars and 20 samples, is over
    assert np.isfinite(later).mean() > 0.2
    assert (np.abs(later[np.isfinite(later)]) <= 1.0).all() and np.nanmax(confidence) > 0.3
    assert len(set(lines)) > 20


# what the sources said at the end of the worst week
DAYS = [
    ("2008-10-10", "trend_composite", -1, "trend down"),
    ("2008-10-10", "ribbon_alignment", -1, "the ribbon is in falling order (-1.00)"),
    ("2008-10-10", "volume_profile", -1, "volume for a fall"),
    ("2008-10-10", "multi_timeframe_agreement", -1, "3 of 3 timeframes point down"),
    ("2008-10-10", "mean_reversion", 1, "stretched down, a return is up"),
]


@pytest.mark.parametrize(("day", "name", "sign", "words"), DAYS, ids=[f"{row[0]}-{row[1]}" for row in DAYS])
def test_the_autumn_of_2008(shared_data, day, name, sign, words):
    at = spy(shared_data)[0].index(day)
    value, _, lines = said(shared_data, name)
    assert value[at] * sign > 0.2 and lines[at].startswith(words), lines[at]
