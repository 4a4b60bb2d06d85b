"""Every feature against answers that others computed (see tools/make_indicator_answers.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from consilience.core.panel import FloatBars
from consilience.features import FeatureBlock, bar, ta
from consilience.features.catalog import FEATURES
from consilience.features.evaluator import Evaluator
from consilience.features.expression import call_all
from consilience.features.feature import Kind
from tests.features.support import FittedBar, outcomes, regimes, swings

FOLDER = Path(__file__).parent / "answers"
FILES = sorted(p.stem for p in FOLDER.glob("*.csv") if p.stem not in ("walk", "peers", "candles", "quotes"))
# (relative, absolute): sums of squares lose digits in the oracle, not here
TOLERANCE = {"rolling_std": (1e-9, 1e-9), "bollinger": (1e-9, 0)}


def read(name: str):
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    about, names = json.loads(lines[0][2:]), lines[1].split(",")
    rows = [[float(v) if v else np.nan for v in line.split(",")] for line in lines[2:]]
    return about, dict(zip(names, np.array(rows, np.float64).reshape(-1, len(names)).T, strict=True))


def walk_block(name: str = "walk") -> FeatureBlock:
    _, w = read(name)
    columns = {n: np.ascontiguousarray(v[:, None]) for n, v in w.items()}
    session = columns.pop("session").astype(np.int64)
    ts = np.arange(1, len(session) + 1, dtype=np.int64) * 60_000_000_000
    if "time" in columns:  # of quotes, in microseconds
        ts = columns.pop("time")[:, 0].astype(np.int64) * 1000
    return FeatureBlock(ts, FloatBars(**columns), np.ones_like(session, np.bool_), session)


@pytest.mark.parametrize("name", FILES)
def test_values_agree_with_the_answers(name):
    about, answers = read(name)
    feature = FEATURES[about["feature"]]
    params = tuple(about["params"][p.name] for p in feature.spec.params)
    if feature.kind in (Kind.STEP, Kind.COMPOSED):
        columns = {"x": bar.close, "a": bar.close, "b": bar.open, "oscillator": bar.volume}
        columns |= {"price": bar.close if feature.name == "divergence" else bar.typical}
        columns |= {"volume": bar.volume, "anchor": bar.close > bar.open + 0.5}
        columns |= {"high": bar.high, "low": bar.low, "implied": bar.open / 500.0}
        columns |= swings() | outcomes() | regimes()
        columns |= {"time": bar.time, "clock": bar.time, "aggressor": bar.aggressor, "change": (bar.close - 100) * 10}
        columns |= {"size": 2.0 * bar.bid_size + 300.0, "bid_price": bar.bid, "bid_quantity": bar.bid_size}
        columns |= {"ask_price": bar.ask, "ask_quantity": bar.ask_size}
        if feature.name == "span_sum":
            columns["x"] = ta.order_flow_imbalance(bar)
        inputs = tuple(getattr(bar, n) if feature.takes_bar else columns[n] for n in feature.spec.inputs)
        if feature.kind is Kind.COMPOSED:
            made = getattr(ta, feature.name)(*((FittedBar(),) if feature.takes_bar else inputs), *params)
            nodes = tuple(made) if len(feature.outputs) > 1 else (made,)
        else:
            nodes = call_all(feature.name, inputs, params)
        evaluator = Evaluator(nodes, 1)
        evaluator.push(walk_block(about.get("input", "walk")))
        got = {o: evaluator.value(n)[:, 0] for o, n in zip(feature.outputs, nodes, strict=True)}
    else:
        about, peers = read("peers")
        values = np.ascontiguousarray(np.array(list(peers.values())).T)
        bars = FloatBars(*[values] * 5)
        ts = np.arange(1, len(values) + 1, dtype=np.int64)
        block = FeatureBlock(ts, bars, ~np.isnan(values), np.zeros(values.shape, np.int64))
        (node,) = call_all(feature.name, (bar.close,), params)
        evaluator = Evaluator([node], values.shape[1], groups={"sector": np.array(about["keys"])})
        evaluator.push(block)
        got = dict(zip(peers, evaluator.value(node).T, strict=True))
    relative, absolute = TOLERANCE.get(feature.name, (1e-9, 1e-12))
    assert list(got) == list(answers)
    for column, expected in answers.items():
        first = about.get("first", 0)  # where the source needs more bars than ours
        np.testing.assert_allclose(got[column][first:], expected[first:], rtol=relative, atol=absolute, err_msg=column)


def test_every_feature_with_a_formula_of_its_own_has_answers():
    answered = {read(name)[0]["feature"] for name in FILES}
    assert answered == {n for n, f in FEATURES.items() if f.kind is not Kind.ELEMENTWISE}
