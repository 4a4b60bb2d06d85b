"""Smart money index: late moves against early ones."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, interval: int, period: int, basis: str, threshold: float) -> Any:
    """The emotional money trades early, the informed late."""
    if basis == "session":
        moves = ta.session_moves(bar, interval)
        opening, closing, settled = moves.opening, moves.closing, moves.settled
        volume = ta.value_when(settled, ta.rolling_sum(bar.volume, interval)[1])
    else:
        opening, closing = bar.open - bar.close[1], bar.close - bar.open
        settled = opening == opening
        volume = bar.volume
    balance = ta.smart_money_balance(opening, closing, settled, period)
    late, early = abs(balance.late), abs(balance.early)
    share = ta.where(late + early > 0, late / (late + early), 0.5)
    led = share >= threshold
    flow = ta.where(led, (balance.late > 0) - (balance.late < 0), 0.0)
    return balance.index, flow, ta.where(led, share, 1.0 - share), volume


FEATURE = Feature(
    Spec(
        name="smart_money_index",
        summary="`index`: last value - change of the session's first `interval` bars + change of its last `interval` "
        "bars, in price units from 0, known on the first bar of the next session. `flow` 1 INSTITUTIONAL_BUY, -1 "
        "INSTITUTIONAL_SELL, 0 RETAIL_DRIVEN: the late moves are a share |late| / (|late| + |early|) of both, averaged "
        "over `period` sessions; from `threshold` on the flow is theirs, with the sign of the late moves. `confidence` "
        "0..1 is that share, or the rest of it where retail drives (0.5 where nothing moved). `volume` traded in that "
        "last interval. NaN until the first whole session is over.",
        inputs=("open", "close", "volume", "session"),
        params=(
            period(30, high=1000, name="interval", text="bars; unused where basis is 'bar'"),
            period(10, high=1000, name="period", text="sessions"),
            ParamSpec(
                "basis",
                "session",
                unit="choice",
                choices=("session", "bar"),
                text="'session': intraday bars; 'bar': daily bars, the early move is open - close before, the late one "
                "close - open, the volume the day's",
            ),
            ParamSpec("threshold", 0.6, low=0.5, high=1.0, unit="fraction"),
        ),
        outputs=("index", "flow", "confidence", "volume"),
        warm_up="the first whole session and a bar; 1 bar where basis is 'bar'",
        convention="Don Hays, with first and last interval of one length; flow, confidence and the daily form are ours",
        source="https://en.wikipedia.org/wiki/Smart_money_index",
        family="composite",
        nan_rule="as in its parts; unknown volume leaves the index alone",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
