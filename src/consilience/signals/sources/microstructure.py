"""Which way the best quote leans, and whether it can be trusted."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, price, speak


# many parameters: those of the source
def define(bar: Bar, smooth: int, usual: int, bucket: float, buckets: int, events: int) -> Voice:
    """The micro-price's place between middle and quote, now and lately; a wide spread and toxic flow are doubts."""
    micro = ta.micro_price(bar)
    tilt = ta.where(micro == micro, ta.quote_imbalance(bar), 0.0)
    lately = ta.coalesce(ta.ema(tilt, smooth, "first"), tilt)
    spread = ta.spread(bar).relative
    width = ta.coalesce(spread / ta.ema(spread, usual, "first"), 1.0)
    toxicity = ta.vpin(bar, bucket, buckets, usual, events)
    narrow = 1.0 / ta.maximum(width, 1.0)
    numbers = {
        "micro_price": micro,
        "middle": (bar.bid + bar.ask) * 0.5,
        "tilt": tilt,
        "spread": spread,
        "width": width,
        "vpin": toxicity,
        "bid": bar.bid,
    }
    calm = narrow * (1.0 - ta.coalesce(toxicity, 0.0))
    return speak((tilt + lately) * 0.5, calm, numbers, prices=("micro_price", "middle", "bid"))


def words(_value: float, numbers: Numbers) -> str:
    """Micro-price against the middle, spread, VPIN where trades are known."""
    where = "above" if numbers["tilt"] >= 0.0 else "below"
    text = (
        f"microstructure: micro-price {price(numbers['micro_price'])} is {abs(numbers['tilt']):.2f} half spreads "
        f"{where} the middle {price(numbers['middle'])}, spread {1e4 * numbers['spread']:.2g} bp "
        f"({numbers['width']:.1f} x usual)"
    )
    return f"{text}, VPIN {100.0 * numbers['vpin']:.0f} %" if known(numbers, "vpin") else text


def silence(numbers: Numbers) -> str:
    """Most data has no quotes."""
    return "the quotes have no sizes" if known(numbers, "bid") else "no quotes in this data"


SOURCE = Source(
    Spec(
        name="microstructure",
        summary="Mean of two: how far the micro-price lies from the middle, in half spreads (which is the imbalance "
        "of the two sizes), and its EMA over `smooth` updates once there are so many. Confidence: the usual spread "
        "over the present one, at most 1, times 1 - VPIN where trades are known. Abstains without quotes and sizes.",
        inputs=("bid", "bid_size", "ask", "ask_size", "close", "volume", "aggressor"),
        params=(
            period(20, name="smooth", text="of the EMA of the imbalance, in updates"),
            period(200, low=2, name="usual", text="of the usual spread and of VPIN's mean volume, in updates"),
            ParamSpec("bucket", 5.0, low=0.01, high=1e6, unit="mean volumes", text="in a bucket of VPIN"),
            period(25, high=10_000, name="buckets", text="of VPIN"),
            period(250, high=1_000_000, name="events", text="the most that VPIN's window may hold"),
        ),
        outputs=("value", "confidence"),
        warm_up="none",
        nan_rule="abstains",
        convention="ours",
        source="document 002: microstructure score; Stoikov, The micro-price (2018); Easley, Lopez de Prado and "
        "O'Hara, Flow toxicity and liquidity in a high-frequency world (2012)",
        family="flow",
    ),
    define=define,
    words=words,
    horizon=1,
    silence=silence,
)
