"""Entry: what a declarative strategy says, as expressions and a few constants."""

from __future__ import annotations

from dataclasses import dataclass, fields

from consilience.core.codes import OrderType, TimeInForce
from consilience.core.errors import StrategyError, nearest
from consilience.features.expression import Node

Expression = Node | float | int

ORDER_TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
}
TIMES_IN_FORCE = {"gtc": TimeInForce.GTC, "day": TimeInForce.DAY, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}

# the columns of a decision, in the order of ``engine.book.Columns``
COLUMNS = (
    "long",
    "short",
    "exit_long",
    "exit_short",
    "limit",
    "stop",
    "stop_loss",
    "take_profit",
    "trail",
    "size",
    "confidence",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """Conditions, prices and terms of a strategy's entries and exits.

    long, short, exit_long, exit_short: conditions; NaN is false. In a position an entry on the same side is ignored
    unless ``pyramid`` further entries are allowed; an exit beats an entry on its side; an opposite entry closes and
    then reverses. Exits are market orders.
    order_type: market, limit (needs ``limit``), stop (needs ``stop``) or stop_limit (needs both).
    limit, stop: prices of the entry. stop_loss, take_profit: prices of its protection, fixed at the signal and armed
    at the fill, pro rata. trail: distance of a trailing stop in price, or trail_percent: as a fraction of price.
    A price that is given but NaN is a refusal.
    size: units (shares, coins) of one entry; without it the sizer decides.
    valid_for: valid bars that an unfilled entry lives; 0 for no limit. time_in_force: gtc, day, ioc or fok.
    confidence: 0 .. 1. reason: one line in words.
    Raises StrategyError when the parts do not fit together.
    """

    long: Expression
    short: Expression | None = None
    exit_long: Expression | None = None
    exit_short: Expression | None = None
    order_type: str = "market"
    limit: Expression | None = None
    stop: Expression | None = None
    stop_loss: Expression | None = None
    take_profit: Expression | None = None
    trail: Expression | None = None
    trail_percent: Expression | None = None
    size: Expression | None = None
    valid_for: int = 0
    time_in_force: str = "gtc"
    pyramid: int = 0
    post_only: bool = False
    confidence: Expression | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        _choice("order_type", self.order_type, ORDER_TYPES)
        _choice("time_in_force", self.time_in_force, TIMES_IN_FORCE)
        for kind, name, needed in (
            (("limit", "stop_limit"), "limit", self.limit),
            (("stop", "stop_limit"), "stop", self.stop),
        ):
            if (self.order_type in kind) != (needed is not None):
                verb = "needs" if needed is None else "takes no"
                raise StrategyError(f"an entry with order_type='{self.order_type}' {verb} {name}=")
        if self.trail is not None and self.trail_percent is not None:
            raise StrategyError("give trail= (a price distance) or trail_percent= (a fraction), not both")
        if self.post_only and self.order_type != "limit":
            raise StrategyError("post_only needs order_type='limit'")
        if self.valid_for < 0 or self.pyramid < 0:
            raise StrategyError("valid_for and pyramid may not be negative")
        for name in COLUMNS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, (Node, int, float)):
                raise StrategyError(f"{name} must be an expression or a number, not {type(value).__name__}")

    def columns(self) -> dict[str, Expression]:
        """The expressions that were given, by column name."""
        given = {name: getattr(self, name) for name in COLUMNS}
        if self.trail_percent is not None:
            given["trail"] = self.trail_percent
        return {name: value for name, value in given.items() if value is not None}


def _choice(name: str, value: str, known: dict[str, OrderType] | dict[str, TimeInForce]) -> None:
    if value not in known:
        near = nearest(value, known)
        raise StrategyError(f"{name}='{value}' is unknown" + (f"; did you mean '{near}'?" if near else ""))


FIELD_NAMES = tuple(f.name for f in fields(Entry))
