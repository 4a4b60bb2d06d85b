"""What is measured: kinds of work, who runs them, and what our runs must find."""

from __future__ import annotations

from typing import NamedTuple

# environment ("" is ours), module, arguments
Run = tuple[str, str, tuple[str, ...]]
OURS, BATTERY, PIPELINE = "benchmarks.ours", "benchmarks.battery", "benchmarks.pipeline"
PEERS = "benchmarks.peers."


class Work(NamedTuple):
    """One kind. budget: what the design asks for. facts: further columns of its table, as the lines name them."""

    title: str
    unit: str
    budget: str
    runs: tuple[Run, ...]
    facts: tuple[str, ...] = ("fills", "equity")


WORK: dict[str, Work] = {
    "one": Work(
        "W1: one symbol, 1,000,000 bars, declarative", "bars/s", "at least 5x the best peer",
        (("", OURS, ("one", "none")), ("", OURS, ("one", "events")), ("flox", PEERS + "flox_peer", ("one",)),
         ("vectorbt_rust", PEERS + "vectorbt_peer", ("one",)), ("vectorbt", PEERS + "vectorbt_peer", ("one",))),
    ),
    "callback": Work(
        "W1: the same, Python callback on each bar", "bars/s", "at least 2x the best peer",
        (("", OURS, ("callback", "none")), ("", OURS, ("callback", "events")),
         ("flox", PEERS + "flox_peer", ("callback",)), ("backtesting", PEERS + "backtesting_peer", ("callback",)),
         ("nautilus", PEERS + "nautilus_peer", ("callback",))),
    ),
    "many": Work(
        "W2: 50 symbols x 100,000 bars, one account", "symbol-bars/s", "at least 5x the best peer",
        (("", OURS, ("many", "none")), ("", OURS, ("many", "events")), ("flox", PEERS + "flox_peer", ("many",)),
         ("vectorbt", PEERS + "vectorbt_peer", ("many",)), ("vectorbt_rust", PEERS + "vectorbt_peer", ("many",)),
         ("nautilus", PEERS + "nautilus_peer", ("many",))),
    ),
    "sweep": Work(
        "W3: sweep, 1,000 pairs x 100,000 bars", "backtests/s", "at least 20x the best peer",
        (("", OURS, ("sweep",)), ("flox", PEERS + "flox_peer", ("sweep",)),
         ("vectorbt", PEERS + "vectorbt_peer", ("sweep",)), ("vectorbt_rust", PEERS + "vectorbt_peer", ("sweep",)),
         ("backtesting", PEERS + "backtesting_peer", ("sweep",)), ("nautilus", PEERS + "nautilus_peer", ("sweep",))),
        ("fills",),
    ),
    "battery": Work(
        "W4: indicator battery in batch, 14 indicators x 100 symbols x 50,000 bars", "values/s",
        "TA-Lib's rate on one thread, times the cores",
        (("", BATTERY, ("batch", "1")), ("", BATTERY, ("batch", "all")), ("talib", PEERS + "talib_peer", ("batch",)),
         ("pandas_ta", PEERS + "pandas_ta_peer", ("batch",))),
        ("indicators", "last"),
    ),
    "stream": Work(
        "W5: the same indicators bar by bar, 500 symbols x 200 slices", "updates/s", "100,000,000 updates/s",
        (("", BATTERY, ("stream",)), ("talib", PEERS + "talib_peer", ("stream",)),
         ("talipp", PEERS + "talipp_peer", ("stream",))),
        ("indicators", "last"),
    ),
    "universe": Work(
        "W5: forty outputs of 33 calls, one slice at a time", "updates/s",
        "20 ms a slice of 50,000 symbols; ns an output flat within 20 % from 500 symbols on",
        (("", BATTERY, ("universe", "500")), ("", BATTERY, ("universe", "5000")), ("", BATTERY, ("universe", "50000")),
         ("", BATTERY, ("universe", "50000", "all")), ("", BATTERY, ("universe", "50000", "1", "10")),
         ("", BATTERY, ("universe", "50000", "all", "10"))),
        ("ms_a_slice", "p99_ms", "ns_an_output", "bytes_a_symbol"),
    ),
    "pipeline": Work(
        "W6: the whole decision pipeline, ten sources, one slice at a time, record events", "symbol-slices/s",
        "p99 under 5 ms a slice of 500 symbols; 250 ms at 50,000",
        (("", PIPELINE, ("500",)), ("", PIPELINE, ("50000",)), ("", PIPELINE, ("50000", "all"))),
        ("ms_a_slice", "p99_ms", "slowest_ms", "records", "fills",
         "features_%", "fusion_%", "decisions_%", "records_%"),
    ),
}  # fmt: skip
# what our runs must find. vectorbt's have the same fills and final equity (the sweep: all fills, and those of ten
# pairs), TA-Lib's the same last values (EMA and RSI of the last symbol)
EXPECTED: dict[str, dict[str, float]] = {
    "one": {"fills": 44424, "equity": 939189.89},
    "callback": {"fills": 44424, "equity": 939189.89},
    "many": {"fills": 224250, "equity": 774541.66},
    "sweep": {"fills": 2758288, "ten": 54378},
    "battery": {"last": 1138.1239},
    "stream": {"last": 1095.1105},
    "universe": {},
    "pipeline": {},
}
MOST_MB = {"one": 500.0, "many": 1500.0, "sweep": 500.0}
