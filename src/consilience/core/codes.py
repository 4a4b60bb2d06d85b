"""Every small integer code of the core: sides, orders, reasons, gates, quality flags.

They are stored in records, so append only.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Direction of an order or fill."""

    BUY = 1
    SELL = -1


class OrderType(IntEnum):
    """What makes an order executable."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4


class TimeInForce(IntEnum):
    """How long an order lives."""

    GTC = 0  # until cancelled
    DAY = 1  # until the session ends
    IOC = 2  # fill what is there at the first chance, cancel the rest
    FOK = 3  # fill whole at the first chance or cancel


class OrderStatus(IntEnum):
    """State of an order. Values up to PENDING_CANCEL and UNKNOWN are alive; the rest are final."""

    INITIALIZED = 0  # known to us, not with the venue (also: a bracket's child before its parent fills)
    SUBMITTED = 1  # sent, no answer yet
    ACCEPTED = 2
    PARTIALLY_FILLED = 3
    PENDING_CANCEL = 4
    UNKNOWN = 5  # a time-out is not a rejection: nothing is known until the venue says
    FILLED = 6
    CANCELLED = 7
    REJECTED = 8  # by the venue
    DENIED = 9  # by us, before the venue saw it
    EXPIRED = 10


FIRST_FINAL_STATUS = OrderStatus.FILLED


class OrderRole(IntEnum):
    """Why an order exists; reports group exits by it."""

    ENTRY = 0
    EXIT = 1
    STOP_LOSS = 2
    TAKE_PROFIT = 3
    TRAIL = 4
    REVERSAL = 5  # closes a position because the opposite entry came
    FREE = 6  # sent by a callback strategy without a role


class OrderFlag(IntFlag):
    """Bits of an order."""

    REDUCE_ONLY = 1
    POST_ONLY = 2
    TRAIL_PERCENT = 4  # the trail offset is a fraction of price in 1e-6, not ticks
    TRIGGERED = 8  # a stop-limit whose stop has been touched
    ARMED_INSIDE = 16  # protection armed inside the present bar; cleared at its end


class Gate(IntEnum):
    """Where a decision ended, in pipeline order."""

    QUALITY = 0
    UNIVERSE = 1
    SIGNAL = 2
    FUSION = 3
    ORCHESTRATOR = 4
    RISK = 5
    EXECUTION = 6
    VENUE = 7
    PASSED = 8


class Reason(IntEnum):
    """Why something was refused, shrunk, cancelled or done. NONE means nothing to say."""

    NONE = 0
    # decision
    ALREADY_IN_POSITION = 1
    ENTRY_ALREADY_WORKING = 2
    NO_POSITION_TO_EXIT = 3
    NOT_VALID = 4  # no bar in this slice: halt, holiday, not listed, quality gate
    NOT_IN_UNIVERSE = 5
    PRICE_IS_NAN = 6
    SIZE_IS_ZERO = 7
    STOP_ON_WRONG_SIDE = 8
    TARGET_ON_WRONG_SIDE = 9
    SHORT_NOT_ALLOWED = 10
    WARMING_UP = 11
    CONTRADICTORY_ENTRY = 12
    # risk
    INSUFFICIENT_CASH = 20
    MAX_POSITION = 21
    MAX_GROSS_EXPOSURE = 22
    HALTED = 23
    CAPITAL_SLICE = 24
    # execution and venue
    OFF_TICK = 30
    OFF_LOT = 31
    BELOW_MINIMUM = 32
    REDUCE_ONLY_WOULD_INCREASE = 33
    POST_ONLY_WOULD_TAKE = 34
    NOT_SUPPORTED = 35
    OVERFLOW = 36
    NOT_FILLED_AT_ONCE = 37  # IOC and FOK
    SESSION_ENDED = 38
    VALID_FOR_PASSED = 39
    OCO_SIBLING_FILLED = 40
    PARENT_DIED = 41
    POSITION_CLOSED = 42
    CANCELLED_BY_STRATEGY = 43
    END_OF_DATA = 44
    DELISTED = 45
    BAD_PRICE = 46
    # fills
    ENTRY_SIGNAL = 60
    EXIT_SIGNAL = 61
    REVERSED = 62
    STOP_LOSS_HIT = 63
    TAKE_PROFIT_HIT = 64
    TRAILING_STOP_HIT = 65
    STRATEGY_ORDER = 66
    CASH_IN_LIEU = 67
    DIVIDEND = 68
    SPLIT = 69
    ROLL = 70
    RENAMED = 71
    # universe: why a symbol may not be entered in a slice
    LOW_TURNOVER = 100
    TURNOVER_UNKNOWN = 101
    WIDE_SPREAD = 102
    SPREAD_UNKNOWN = 103
    SMALL_MARKET_CAP = 104
    MARKET_CAP_UNKNOWN = 105
    NOT_TRADING = 106
    STATUS_UNKNOWN = 107
    PRICE_OUT_OF_RANGE = 108
    PRICE_UNKNOWN = 109
    RECENTLY_LISTED = 110
    LISTING_UNKNOWN = 111
    NOT_A_MEMBER = 112
    MEMBERSHIP_UNKNOWN = 113
    VOLATILITY_OUT_OF_RANGE = 114
    VOLATILITY_UNKNOWN = 115
    FAR_FROM_BREAKOUT = 116
    BREAKOUT_UNKNOWN = 117
    SCORE_UNKNOWN = 118
    OUTRANKED = 119
    TOO_CORRELATED = 120
    CORRELATION_UNKNOWN = 121
    # fusion
    NO_SOURCE_SPOKE = 200
    COVERAGE_TOO_LOW = 201
    BELOW_THRESHOLD = 202
    VOICE_OUT_OF_RANGE = 203
    SIGNAL_STALE = 204
    SIGNAL_FROM_THE_FUTURE = 205
    SIGNAL_UNKNOWN_SYMBOL = 206
    SIGNAL_WITHOUT_SIDE = 207
    # orchestrator
    SET_REACHED = 240
    GO_REACHED = 241
    COOLED_DOWN = 242
    SIGNAL_FADED = 243
    SET_TIMED_OUT = 244
    GO_TIMED_OUT = 245
    TRADE_EXECUTED = 246
    NOT_CONFIDENT = 247
    NOT_ALIGNED = 248
    ZONE_BLOCKED = 249
    MAX_CONCURRENT_TRADES = 250
    COOLING_DOWN = 251
    NOT_ON_WATCHLIST = 252
    # risk
    RISK_PER_TRADE = 270
    MAX_SYMBOL_EXPOSURE = 271  # over all strategies
    MAX_NET_EXPOSURE = 272
    MAX_SECTOR_EXPOSURE = 273
    CORRELATED_HOLDINGS = 274
    MAX_HEAT = 275
    DRAWDOWN_LIMIT = 276
    DAILY_LOSS_LIMIT = 277
    CONSECUTIVE_LOSSES = 278
    VIX_TOO_HIGH = 279
    VALUE_AT_RISK_LIMIT = 280
    EXPECTED_SHORTFALL_LIMIT = 281
    ILLIQUID = 282
    LEVERAGE_LIMIT = 283
    RESTRICTED = 284
    OUTSIDE_TRADING_HOURS = 285
    PRICE_COLLAR = 286
    ORDER_RATE = 287
    DUPLICATE_ORDER = 288
    SELF_MATCH = 289
    TOO_CLOSE_TO_EXPIRY = 290
    MAX_ZERO_DTE = 291
    MAX_POSITIONS = 292
    RISK_INPUT_UNKNOWN = 293
    HALT_DRAWDOWN = 300
    HALT_DAILY_LOSS = 301
    HALT_LOSSES = 302
    HALT_BY_PERSON = 303
    LANE_BREAKER = 304
    BREAK_EVEN_STOP = 310
    PARTIAL_EXIT = 311
    TIME_STOP = 312
    # external events
    SIGNAL_NOT_FINITE = 330
    SIGNAL_OUT_OF_RANGE = 331
    CONFIDENCE_OUT_OF_RANGE = 332
    SIGNAL_SYMBOL_UNKNOWN = 333
    SIGNAL_FUTURE_DATED = 334
    SIGNAL_LATE = 335
    SIGNAL_OUT_OF_ORDER = 336
    SIGNAL_DUPLICATE = 337
    # fits of models
    FIT_TOO_FEW = 350
    FIT_NOT_CONVERGED = 351
    FIT_FAILED = 352


class QualityFlag(IntFlag):
    """What the quality gate saw on a bar, quote or trade. Bits; 0 is clean."""

    GAP = 1
    DUPLICATE = 2
    LATE = 4
    OUT_OF_ORDER = 8
    OFF_GRID = 16
    NOT_POSITIVE = 32
    HIGH_BELOW_LOW = 64  # or open/close outside high..low
    CROSSED = 128
    OUTLIER = 256
    STALE = 512
    NOT_A_NUMBER = 1024
    REPAIRED = 2048
    OUTSIDE_SESSION = 4096


class QualityPolicy(IntEnum):
    """What to do with a flagged event."""

    KEEP = 0  # count only
    REPAIR = 1
    DROP = 2
    STOP_SYMBOL = 3


class MarketEventKind(IntEnum):
    """Kind column of the event-by-event arrays."""

    QUOTE = 0
    TRADE = 1
    BOOK = 2


class RecordLevel(IntEnum):
    """How many decision records a run keeps."""

    NONE = 0
    EVENTS = 1
    FULL = 2


class Fact(IntEnum):
    """Field of a point-in-time fact about a symbol (``schemas.FACT_DTYPE``)."""

    MARKET_CAP = 0  # base currency
    SHARES = 1  # outstanding; times the close it is the market capitalisation where none is given
    SPREAD = 2  # fraction of the mid price
    STATUS = 3  # 1 trading, 0 suspended
    MEMBER = 4  # 1 on the list, 0 off it
    LISTED = 5  # day of the listing, counted from 1970-01-01


class Regime(IntEnum):
    """State of the market, by rule."""

    DEFAULT = 0  # none of the others, or not known yet
    TRENDING = 1
    RANGING = 2
    VOLATILE = 3


class TickerState(IntEnum):
    """Where a symbol stands with the orchestrator."""

    READY = 0  # watched
    SET = 1  # a signal is there
    GO = 2  # ready to trade
    COOLDOWN = 3  # resting after a trade or a time-out


class FibonacciZone(IntEnum):
    """How far price has gone beyond its last swing leg (``features.structure.fibonacci_expansion``)."""

    UNKNOWN = 0
    COMPRESSION = 1
    MID_EXPANSION = 2
    FULL_EXPANSION = 3
    OVER_EXTENSION = 4
    EXHAUSTION = 5


class MarketRegime(IntEnum):
    """State of a market by its returns and volatility, by rule or by a fitted model."""

    UNKNOWN = 0
    BULLISH_CALM = 1
    BEARISH_VOLATILE = 2
    SQUEEZE = 3


class SignalClass(IntEnum):
    """A fused score in words (``signals.fusion.classes``)."""

    STRONG_SELL = -2
    SELL = -1
    NEUTRAL = 0
    BUY = 1
    STRONG_BUY = 2
