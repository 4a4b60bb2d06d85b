"""What order flow and microstructure say of small tapes of quotes, worked by hand, and of recorded ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.tick_import import import_ticks
from consilience.core.codes import MarketEventKind
from consilience.core.instruments import InstrumentKind
from consilience.core.panel import FloatBars
from consilience.core.schemas import TICK_DTYPE
from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.engine.terms import OrchestratorSettings
from consilience.engine.ticks import TickRun
from consilience.features import Evaluator, FeatureBlock, bar
from consilience.market.flow_bars import FLOW_SLOTS
from consilience.signals.catalog import SOURCES
from consilience.signals.fusion.terms import FusionProfile, Levels, SourceUse
from tests.features.support import history, run, same
from tests.signals.voices import nodes_of, slots_of

SECOND = 1_000_000_000
NAN = float("nan")


def tape(*rows, traded=()):
    """(second, bid, bid size, ask, ask size); traded: volume and aggressor of each row, none by default."""
    seconds, bid, bid_size, ask, ask_size = np.array(rows, np.float64).T
    volume, side = np.array(traded or [(0.0, 0.0)] * len(rows), np.float64).T
    middle = (bid + ask) / 2
    columns = (middle, middle, middle, middle, volume, bid, ask, bid_size, ask_size, volume, side)
    session = np.zeros((len(rows), 1), np.int64)
    ts = np.round(seconds * SECOND).astype(np.int64)
    return FeatureBlock(ts, FloatBars(*(np.ascontiguousarray(c[:, None]) for c in columns)), session == 0, session)


def said(name, block, parameters=None, slots=None, sizes=4096):
    """Value, confidence and words of each slice; without ``slots`` nobody feeds the columns beside bars."""
    source = SOURCES[name]
    voice = source.voice(bar, parameters or {})
    nodes, rows = nodes_of(voice), block.valid.shape[0]
    wanted = slots_of(nodes)
    fed = [np.full((rows, 1), (slots or {}).get(slot, NAN)) for slot in wanted]
    block = block._replace(slots=np.array(fed) if fed else None)
    block_size = sizes if isinstance(sizes, int) else max(sizes)
    value, confidence, *numbers = run(nodes, block, sizes, Evaluator(nodes, 1, slots=wanted, block=block_size))
    told = [dict(zip(voice.numbers, (float(n[t, 0]) for n in numbers), strict=True)) for t in range(rows)]
    lines = [
        source.silence(t) if np.isnan(v) else source.words(float(v), t) for v, t in zip(value[:, 0], told, strict=True)
    ]
    return value[:, 0], confidence[:, 0], lines


# depth: mean of half the sizes at both sides; x = imbalance / (2 x depth); strength x / (1 + |x|)
Rows = list[tuple[float, ...]]
ORDER_FLOW: dict[str, tuple[Rows, dict[str, Any], float, float, str]] = {
    # +30 on a depth of (20 + 35) / 2: x = 30 / 55
    "a fuller bid buys": (
        [(0, 99, 20, 101, 20), (1, 99, 50, 101, 20)], {"full": 1}, (30 / 55) / (1 + 30 / 55), 1.0,
        "order flow: buy (strength 35 %), aggregated OFI +30 over 1 s, last +30",
    ),
    "a lower ask sells, one update of four is a quarter sure": (
        [(0, 99, 20, 101, 20), (1, 99, 20, 100, 50)], {"full": 4}, -(50 / 55) / (1 + 50 / 55), 0.25,
        "order flow: sell (strength 48 %), aggregated OFI -50 over 1 s, last -50",
    ),
    # +10 and -8: 2 of 18 is one-sided; depths 20, 25, 21: x = 2 / 44
    "both ways is neutral": (
        [(0, 99, 20, 101, 20), (0.4, 99, 30, 101, 20), (1, 99, 22, 101, 20)], {"full": 2}, 0.0, 2 / 18,
        "order flow: neutral (strength 4 %), aggregated OFI +2 over 1 s, last -8",
    ),
    "what is over does not count": (
        [(0, 99, 20, 101, 20), (1, 99, 90, 101, 20), (3, 99, 90, 101, 20)], {}, 0.0, 0.0,
        "order flow: neutral (strength 0 %), aggregated OFI +0 over 1 s, last +0",
    ),
    "a longer window counts it": (
        [(0, 99, 20, 101, 20), (1, 99, 90, 101, 20), (3, 99, 90, 101, 20)], {"seconds": 2.5, "full": 1},
        (70 / 86.6667) / (1 + 70 / 86.6667), 1.0,
        "order flow: buy (strength 45 %), aggregated OFI +70 over 2.5 s, last +0",
    ),
    "one quote": ([(0, 99, 20, 101, 20)], {}, NAN, NAN, "one quote is not enough to see a change"),
    "no sizes": ([(0, 99, NAN, 101, NAN), (1, 99, NAN, 101, NAN)], {}, NAN, NAN, "the quotes have no sizes"),
    "no quotes": ([(0, NAN, NAN, NAN, NAN), (1, NAN, NAN, NAN, NAN)], {}, NAN, NAN, "no quotes in this data"),
}  # fmt: skip
LEAN = {"smooth": 1, "usual": 2}
MICRO: dict[str, tuple[Rows, dict[str, Any], float, float, str]] = {
    "an even quote leans nowhere": (
        [(0, 99, 20, 101, 20)], LEAN, 0.0, 1.0,
        "microstructure: micro-price 100 is 0.00 half spreads above the middle 100, spread 2e+02 bp (1.0 x usual)",
    ),
    "a full bid leans up": (
        [(0, 99, 30, 101, 10)], LEAN, 0.5, 1.0,
        "microstructure: micro-price 100.5 is 0.50 half spreads above the middle 100, spread 2e+02 bp (1.0 x usual)",
    ),
    # the EMA of 2 goes two thirds of the way from 0.02 to 0.06 by its first seed: 0.04667, so 1.286 x
    "a wide spread is less sure": (
        [(0, 99, 10, 101, 30), (1, 97, 10, 103, 30)], LEAN, -0.5, 0.0466667 / 0.06,
        "microstructure: micro-price 98.5 is 0.50 half spreads below the middle 100, spread 6e+02 bp (1.3 x usual)",
    ),
    "it was even before": (
        [(0, 99, 20, 101, 20), (1, 99, 20, 101, 20), (2, 99, 30, 101, 10)], {"smooth": 3, "usual": 2}, 0.375, 1.0,
        "microstructure: micro-price 100.5 is 0.50 half spreads above the middle 100, spread 2e+02 bp (1.0 x usual)",
    ),
    "no sizes": ([(0, 99, NAN, 101, NAN)], {}, NAN, NAN, "the quotes have no sizes"),
    "no quotes": ([(0, NAN, NAN, NAN, NAN)], {}, NAN, NAN, "no quotes in this data"),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDER_FLOW)
def test_order_flow(name):
    rows, parameters, value, confidence, words = ORDER_FLOW[name]
    values, confidences, lines = said("order_flow", tape(*rows), parameters)
    np.testing.assert_allclose([values[-1], confidences[-1]], [value, confidence], rtol=1e-5)
    assert lines[-1] == words


@pytest.mark.parametrize("name", MICRO)
def test_microstructure(name):
    rows, parameters, value, confidence, words = MICRO[name]
    values, confidences, lines = said("microstructure", tape(*rows), parameters)
    np.testing.assert_allclose([values[-1], confidences[-1]], [value, confidence], rtol=1e-5)
    assert lines[-1] == words


def test_one_sided_trades_make_it_doubtful():
    quotes = [(k, 99, 30, 101, 10) for k in range(6)]
    parameters = {"smooth": 1, "usual": 2, "bucket": 1.0, "buckets": 2}
    for sides, vpin in (([1, 1, 1, 1, 1, 1], 1.0), ([1, 1, 1, -1, 1, -1], 0.0), ([-1, -1, -1, -1, -1, 1], 0.5)):
        # mean volume of the last two is 10 or 5: buckets of 10; the last two hold trades of their own
        traded = [(5.0 if k else 0.0, side) for k, side in enumerate(sides)]
        value, confidence, lines = said("microstructure", tape(*quotes, traded=traded), {**parameters, "bucket": 2.0})
        assert value[-1] == 0.5 and lines[-1].endswith(f", VPIN {100 * vpin:.0f} %")
        assert confidence[-1] == pytest.approx(1.0 - vpin)


def test_columns_beside_bars_are_heard_before_quotes():
    slots = {"flow.ofi": 15.3, "flow.depth": 10.0, "flow.buy_pressure": 0.75, "flow.updates": 20.0}
    for rows in ([(0, NAN, NAN, NAN, NAN)], [(0, 99, 20, 101, 20)]):
        value, confidence, lines = said("order_flow", tape(*rows), slots=slots)
        np.testing.assert_allclose([value[0], confidence[0]], [0.765 / 1.765, 0.5])
        assert lines[0] == "order flow: buy (strength 43 %), aggregated OFI +15.3 over the bar"
    assert set(slots_of(nodes_of(SOURCES["order_flow"].voice(bar)))) < set(FLOW_SLOTS)


def test_bars_of_trades_abstain():
    block = history(30, 1)
    unknown = [np.full((30, 1), NAN)] * 6
    block = block._replace(bars=FloatBars(*block.bars[:5], *unknown))
    for name in ("order_flow", "microstructure"):
        value, confidence, lines = said(name, block)
        assert np.isnan(value).all() and np.isnan(confidence).all() and set(lines) == {"no quotes in this data"}


# ---- recorded quotes -------------------------------------------------------------------------------------------------
def recording(shared_data, rows):
    """Quotes and trades of a recording in the order of receipt, as TICK_DTYPE, and their instrument."""
    path = shared_data / "ticks/binance_usdm_btcusdt_20240808_raw.gz"
    options = ImportOptions(kind=InstrumentKind.CRYPTO_PERPETUAL, session="24/7")
    parts, instruments = [], []
    for kind in ("quotes", "trades"):
        (raw,) = import_ticks(path, kind, options).ticks
        instruments.append(raw.instrument)
        part = np.zeros(len(raw), TICK_DTYPE)
        part["ts"] = part["ts_known"] = raw.ts
        part["kind"] = MarketEventKind.TRADE if kind == "trades" else MarketEventKind.QUOTE
        part["aggressor"] = raw.aggressor
        for name in ("bid", "ask"):
            part[name] = np.rint(getattr(raw, name) * 10)
            part[f"{name}_size"] = np.rint(getattr(raw, f"{name}_size") * 1000)
        parts.append(part)
    ticks = np.concatenate(parts)
    return ticks[np.argsort(ticks["ts_known"], kind="stable")][:rows], instruments[0]


FLOW_ALONE = FusionProfile(
    name="flow",
    sources={"order_flow": SourceUse(0.6), "microstructure": SourceUse(0.4, {"usual": 20, "events": 100})},
    confidence="mean",
    levels=Levels(stop=0.0005, target=0.0005),
)


def decided(ticks, instrument, pieces):
    """Orders and fills of a fused run over events, so many a call."""
    settings = Settings(cash=1e7, orchestrator=OrchestratorSettings(threshold=0.5, aligned=1, cooldown=2))
    run_ = TickRun((instrument,), (Fused(FLOW_ALONE),), settings)
    for start in range(0, len(ticks), pieces):
        run_.run(ticks[start : start + pieces])
    return run_.session.output()


def test_recorded_quotes_decide_alike_all_at_once_and_one_at_a_time(shared_data):
    ticks, instrument = recording(shared_data, 300)
    assert set(ticks["kind"].tolist()) == {MarketEventKind.QUOTE, MarketEventKind.TRADE}
    whole, stepped = decided(ticks, instrument, 300), decided(ticks, instrument, 1)
    assert len(whole.orders) > 0 and len(whole.fills) > 0
    for name in ("orders", "fills", "records"):
        assert getattr(whole, name).tolist() == getattr(stepped, name).tolist()


def test_recorded_quotes_say_the_same_in_any_blocks(shared_data):
    ticks, _ = recording(shared_data, 1500)
    quotes = ticks[ticks["kind"] == MarketEventKind.QUOTE]
    rows = [(q["ts_known"] / SECOND, q["bid"] / 10, q["bid_size"], q["ask"] / 10, q["ask_size"]) for q in quotes]
    block = tape(*rows)
    for name in ("order_flow", "microstructure"):
        whole, sure, lines = said(name, block)
        for sizes in (1, (100, 7)):
            again = said(name, block, sizes=sizes)
            same(whole, again[0])
            same(sure, again[1])
            assert lines == again[2]
        assert np.isfinite(whole[1:]).all() and len(np.unique(whole)) > 50
