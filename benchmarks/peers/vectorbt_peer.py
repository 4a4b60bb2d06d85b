"""vectorbt, from_signals: signals of a bar are shifted by one and filled at the open. ``python -m ... one|many|sweep``.

With the compiled engine installed (``vectorbt[rust]``) it uses that by itself. Its index is kept without a zone: with
one it turns every time stamp into a Python object.
"""

from __future__ import annotations

import importlib.util
import sys

import pandas as pd
import vectorbt as vbt

from benchmarks import data
from benchmarks.measure import Measure, report, timed

ENGINE = "vectorbt[rust]" if importlib.util.find_spec("vectorbt_rust") else "vectorbt"
TERMS = {"size": data.UNITS, "fees": data.COMMISSION, "init_cash": data.CASH, "freq": "1min"}


def column(bars, name):
    """One column with its times."""
    return pd.Series(bars[name], index=pd.to_datetime(data.open_times(len(bars[name]))))


def portfolio(close, opening, fast, slow, **more):
    """Long while the fast average is above the slow one."""
    quick = vbt.MA.run(close, fast, ewm=True, short_name="quick")
    calm = vbt.MA.run(close, slow, ewm=True, short_name="calm")
    enter = quick.ma_above(calm).vbt.signals.fshift(1)
    leave = quick.ma_below(calm).vbt.signals.fshift(1)
    return vbt.Portfolio.from_signals(close, enter, leave, price=opening, **TERMS, **more)


def total(value):
    """A number, summed over columns."""
    return float(value.sum() if hasattr(value, "sum") else value)


def result(made):
    """Fills and final equity."""
    return {"fills": int(total(made.orders.count())), "equity": round(total(made.final_value()), 2)}


def warm_up(many=False):
    """Compile on a few bars."""
    bars = data.walk(400, 9)
    close, opening = column(bars, "close"), column(bars, "open")
    if many:
        close = pd.concat([close, close], axis=1, keys=["a", "b"])
        opening = pd.concat([opening, opening], axis=1, keys=["a", "b"])
        result(portfolio(close, opening, data.FAST, data.SLOW, cash_sharing=True, group_by=True))
    else:
        result(portfolio(close, opening, data.FAST, data.SLOW))


def valued(made):
    """Its value is computed when asked for."""
    made.final_value()
    return made


def one():
    """W1."""
    bars = data.one_symbol()
    close, opening = column(bars, "close"), column(bars, "open")
    warm_up()
    spent, made = timed(lambda: valued(portfolio(close, opening, data.FAST, data.SLOW)))
    report(ENGINE, vbt.__version__, len(close), spent, **result(made))


def many():
    """W2."""
    bars = data.many_symbols()
    close = pd.concat({s: column(b, "close") for s, b in bars.items()}, axis=1)
    opening = pd.concat({s: column(b, "open") for s, b in bars.items()}, axis=1)
    warm_up(many=True)
    shared = {"cash_sharing": True, "group_by": True}
    spent, made = timed(lambda: valued(portfolio(close, opening, data.FAST, data.SLOW, **shared)))
    report(ENGINE, vbt.__version__, close.size, spent, **result(made))


def batches(close, opening, pairs, width):
    """Fills of all pairs, ``width`` pairs at a time (ten was the fastest width)."""
    fills = 0
    for first in range(0, len(pairs), width):
        part = pairs[first : first + width]
        made = portfolio(close, opening, [p[0] for p in part], [p[1] for p in part])
        made.final_value()
        fills += int(total(made.orders.count()))
    return fills


def sweep():
    """W3."""
    bars = data.sweep_symbol()
    close, opening = column(bars, "close"), column(bars, "open")
    pairs = data.sweep_pairs()
    batches(close[:400], opening[:400], pairs[:4], 2)
    with Measure() as spent:
        fills = batches(close, opening, pairs, 10)
    report(ENGINE, vbt.__version__, len(pairs), spent, fills=fills)


if __name__ == "__main__":
    {"one": one, "many": many, "sweep": sweep}[sys.argv[1]]()
