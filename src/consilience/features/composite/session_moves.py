"""How price moved in the first and the last part of the sessions."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float, float]
Three = tuple[float, float, float]


def step(
    state: State,
    i: int,
    s: int,
    open: Floats,  # noqa: A002
    close: Floats,
    session: Floats,
    interval: int,
) -> tuple[State, Three]:
    """Only the next session tells that one has ended.

    State: the session, its bars, whether its beginning was seen, its open, its close of bar ``interval``; both moves.
    """
    current, bars, whole, first_open, first_close, opening, closing = state
    o = open[i, s]
    c = close[i, s]
    day = session[i, s]
    known = (o + c) + day
    if known != known:
        return (NAN, 0.0, 0.0, NAN, NAN, NAN, NAN), (NAN, NAN, NAN)
    settled = 0.0
    if day != current:
        if whole == 1.0 and bars >= 2.0 * interval:
            opening = first_close - first_open
            closing = close[i - 1, s] - close[i - 1 - interval, s]
            settled = 1.0
        whole = 1.0 if current == current else 0.0
        bars, first_open = 0.0, o
    bars += 1.0
    if bars == interval:
        first_close = c
    return (day, bars, whole, first_open, first_close, opening, closing), (opening, closing, settled)


FEATURE = Feature(
    Spec(
        name="session_moves",
        summary="Of the last whole session: `opening`, the change from its open to the close of its bar number "
        "`interval`, and `closing`, the change of its last `interval` bars (price units); `settled` is 1 on the first "
        "bar of the next session, which is when they are known, else 0. The session that the data begin in and "
        "sessions shorter than 2 x interval bars are left out. NaN until the first one.",
        inputs=("open", "close", "session"),
        params=(period(30, high=1000, name="interval"),),
        outputs=("opening", "closing", "settled"),
        warm_up="none for settled; the moves come with the second session's end",
        convention="first and last interval of the session, as in the smart money index",
        source="https://en.wikipedia.org/wiki/Smart_money_index",
        family="composite",
    ),
    step,
    initial=(NAN, 0.0, 0.0, NAN, NAN, NAN, NAN),
    lookback=lambda interval: interval + 1,
    sparse=True,
)
