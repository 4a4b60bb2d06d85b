"""Whether buyers or sellers move the best quote."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, speak

_SLOTS = ("ofi", "depth", "buy_pressure", "updates")


# many parameters: those of the source
def define(bar: Bar, seconds: float, lookback: float, threshold: float, full: int, events: int) -> Voice:
    """From columns beside the bars where they are fed, else from the quotes themselves."""
    window = ta.ofi_window(bar, seconds, lookback, 1, events)
    of_quotes = (window.total, window.depth, ta.buy_pressure_ratio(bar, seconds, events), window.updates)
    of_columns = [bar.slot(f"flow.{name}") for name in _SLOTS]
    beside = ta.coalesce(of_columns[0] == of_columns[0], 0.0)
    total, depth, pressure, updates = (ta.where(beside, a, b) for a, b in zip(of_columns, of_quotes, strict=True))
    ratio = total / (2.0 * depth)
    strength = ratio / (1.0 + abs(ratio))
    value = ta.where(abs(strength) >= threshold, strength, 0.0)
    one_sided = ta.coalesce(abs(2.0 * pressure - 1.0), 0.0)
    numbers: dict[str, Node] = {
        "strength": strength,
        "aggregated_ofi": total,
        "current_ofi": ta.where(beside, total, ta.order_flow_imbalance(bar)),
        "updates": updates,
        "seconds": ta.where(beside, 0.0, lift(seconds)),
        "bid": bar.bid,
        "depth": depth,
    }
    return speak(value, one_sided * ta.minimum(updates / float(full), 1.0), numbers)


def words(value: float, numbers: Numbers) -> str:
    """Recommendation, strength, imbalance and its window."""
    side = "buy" if value > 0.0 else "sell" if value < 0.0 else "neutral"
    span = f"over {numbers['seconds']:g} s" if numbers["seconds"] > 0.0 else "over the bar"
    last = f", last {numbers['current_ofi']:+.4g}" if numbers["seconds"] > 0.0 and known(numbers, "current_ofi") else ""
    return (
        f"order flow: {side} (strength {abs(numbers['strength']):.0%}), aggregated OFI "
        f"{numbers['aggregated_ofi']:+.4g} {span}{last}"
    ).replace("%", " %")


def silence(numbers: Numbers) -> str:
    """Most data has no quotes."""
    if not known(numbers, "bid") and not known(numbers, "aggregated_ofi"):
        return "no quotes in this data"
    if not known(numbers, "depth"):
        return "the quotes have no sizes"
    return "one quote is not enough to see a change"


SOURCE = Source(
    Spec(
        name="order_flow",
        summary="Order flow imbalance of the last `seconds` over twice the mean size at a side of the best quote: x, "
        "as x / (1 + |x|); 0 below `threshold`: neutral. Confidence: |bought - sold| / all flow of the window, less "
        "where fewer than `full` updates made it. From quotes, or from the columns flow.ofi, flow.depth, "
        "flow.buy_pressure and flow.updates beside bars where they are fed. Abstains without either.",
        inputs=("bid", "bid_size", "ask", "ask_size", "time", *(f"flow.{name}" for name in _SLOTS)),
        params=(
            ParamSpec("seconds", 1.0, low=0.001, high=86_400.0, unit="seconds"),
            ParamSpec("lookback", 60.0, low=0.001, high=86_400.0, unit="seconds", text="of the mean size"),
            ParamSpec("threshold", 0.1, low=0.0, high=1.0, unit="fraction", text="of strength"),
            ParamSpec("full", 10, low=1, high=10_000, unit="updates", text="that make it fully sure"),
            period(500, high=1_000_000, name="events", text="the most that a window may hold; more for busy quotes"),
        ),
        outputs=("value", "confidence"),
        warm_up="1 update",
        nan_rule="abstains",
        convention="strength is ours: the founding document prints it and gives no formula",
        source="document 004; Cont, Kukanov and Stoikov, The price impact of order book events (2014)",
        family="flow",
    ),
    define=define,
    words=words,
    horizon=1,
    silence=silence,
)
