"""Events round-trip through their encoding, and signals refuse what is out of range."""

from typing import Any

import msgspec
import pytest

from consilience.core import events
from consilience.core.signal import Signal

STAMPS: dict[str, Any] = {"ts_event": 1, "ts_known": 2}
EXAMPLES: list[events.Event] = [
    events.Bar(**STAMPS, symbol="A", open=1, high=3, low=1, close=2, volume=5, duration_ns=60),
    events.BidAskBar(
        **STAMPS,
        symbol="A",
        bid_open=1,
        bid_high=3,
        bid_low=1,
        bid_close=2,
        ask_open=2,
        ask_high=4,
        ask_low=2,
        ask_close=3,
        duration_ns=60,
    ),
    events.Quote(**STAMPS, symbol="A", bid=1, ask=2, bid_size=3, ask_size=4),
    events.Trade(**STAMPS, symbol="A", price=1, size=2, aggressor=-1),
    events.BookLevels(**STAMPS, symbol="A", bids=((1, 2),), asks=((2, 3), (3, 4))),
    events.CorporateAction(**STAMPS, symbol="A", kind="split", numerator=2),
    events.Funding(**STAMPS, symbol="A", rate_ppb=100),
    events.FxRate(**STAMPS, base="EUR", quote="USD", numerator=11, denominator=10),
    events.OptionChain(
        **STAMPS, underlying="A", underlying_ticks=100, quotes=(events.OptionQuote("A1", 1, 2, 3, 4, 0.2),)
    ),
    events.Timer(**STAMPS, name="grace"),
    events.OrderReport(**STAMPS, client_order_id="C1", venue_order_id="V1", status=6, execution_id="E1", fill_lots=3),
    events.ExternalSignal(**STAMPS, source="s", symbol="A", value=0.5, confidence=0.9),
    events.Parameters(
        **STAMPS, model="hmm", version="1", training_end_ns=0, content_hash="x", values={"a": [1.0, 2.0]}
    ),
    events.Command(**STAMPS, name="halt", actor="me", arguments={"level": 1}),
    events.ModelAnswer(**STAMPS, model="m", prompt_hash="h", answer="yes"),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_every_event_survives_its_encoding(event: events.Event) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=events.AnyEvent) == event
    assert msgspec.json.decode(msgspec.json.encode(event), type=events.AnyEvent) == event


def test_every_kind_of_event_has_an_example() -> None:
    kinds = {kind.__name__ for kind in events.AnyEvent.__args__}
    assert kinds == {type(e).__name__ for e in EXAMPLES}


def test_events_are_frozen() -> None:
    with pytest.raises(AttributeError):
        EXAMPLES[0].ts_event = 5  # type: ignore[misc]


@pytest.mark.parametrize(("direction", "confidence"), [(1.5, 0.5), (-1.01, 0.5), (0.0, -0.1), (0.0, 1.1)])
def test_a_signal_out_of_range_is_refused(direction: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="is not in"):
        Signal(source="s", symbol="A", ts_event=1, ts_known=1, direction=direction, confidence=confidence)


def test_a_signal_in_range_is_taken() -> None:
    signal = Signal(source="s", symbol="A", ts_event=1, ts_known=1, direction=-1.0, confidence=1.0)
    assert signal.direction == -1.0
