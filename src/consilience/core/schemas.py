"""The data dictionary: every record dtype and who writes it. Units in the names or beside the field.

Long axes are columns (``panel``); per-event entities are rows of these aligned records. Kernels address
fields as ``array[i]['field']`` or ``array['field'][i]``, which works compiled and plain alike.
"""

from __future__ import annotations

import numpy as np

from consilience.core.instruments import MAX_TICK_BANDS

# One symbol: its facts, its physics (both written once by the shell) and the slice at hand (written by the engine).
# One record, because a kernel that takes few arrays is called in nanoseconds and compiles in seconds.
SYMBOL_DTYPE = np.dtype(
    [
        # facts
        ("notional_num", "i8"),  # ledger units = ticks * lots * num / den
        ("notional_den", "i8"),
        ("minimum_lots", "i8"),
        ("margin_ppm", "i8"),  # initial margin, parts per million of notional
        ("band_floor", "i8", MAX_TICK_BANDS),  # tick schedule, first tick of each band; unused bands hold 2**62
        ("band_step", "i8", MAX_TICK_BANDS),  # order prices are multiples of this many ticks
        ("currency", "i8"),  # column of the FX arrays
        ("kind", "i8"),
        ("shortable", "i8"),
        ("tick_value", "f8"),  # price of one tick, instrument currency
        ("lot_size", "f8"),  # quantity of one lot
        # physics
        ("fee_model", "i8"),
        ("fee_a", "i8"),  # meaning by model: see execution/physics
        ("fee_b", "i8"),
        ("fee_c", "i8"),
        ("slippage_model", "i8"),
        ("slippage_a", "i8"),
        ("participation_ppm", "i8"),  # share of a bar's volume that we may take; 0 means no cap
        ("latency_slices", "i8"),
        ("limit_needs_through", "i8"),  # 1: a limit fills only when price goes beyond it; 0: a touch is enough
        ("needs_range", "i8"),  # 1: even market orders need the bar's range or size (slippage, participation)
        # the slice at hand; sells match bid, buys match ask
        ("slice", "i8"),  # slice number these belong to, -1 before the first
        ("whole", "i8"),  # 1: high, low, sizes and session are loaded too
        ("bid_open", "i8"),
        ("bid_high", "i8"),
        ("bid_low", "i8"),
        ("bid_close", "i8"),
        ("ask_open", "i8"),
        ("ask_high", "i8"),
        ("ask_low", "i8"),
        ("ask_close", "i8"),
        ("bid_size", "i8"),
        ("ask_size", "i8"),
        ("valid", "i8"),
        ("session", "i8"),
        ("fx_num", "i8"),
        ("fx_den", "i8"),
        ("factor", "f8"),
        ("bought", "i8"),  # lots taken from this slice's liquidity
        ("sold", "i8"),
        ("excluded", "i8"),  # Reason that keeps it out of the universe, 0 for a member; read where has_universe is 1
    ],
    align=True,
)

# One order. Written by the engine only.
ORDER_DTYPE = np.dtype(
    [
        ("lane", "i8"),  # strategy * symbols + symbol
        ("symbol", "i8"),
        ("side", "i8"),  # 1 buy, -1 sell
        ("type", "i8"),
        ("time_in_force", "i8"),
        ("role", "i8"),
        ("flags", "i8"),
        ("status", "i8"),
        ("reason", "i8"),  # why it was made while alive; why it ended once final
        ("priority", "i8"),
        ("parent", "i8"),  # order that must fill first, or -1
        ("group", "i8"),  # one-cancels-other group (id of its first order), or -1
        ("lots", "i8"),
        ("filled", "i8"),
        ("limit", "i8"),  # ticks; 0 none
        ("stop", "i8"),  # ticks; 0 none; a trailing stop's present level
        ("trail", "i8"),  # ticks, or parts per million with TRAIL_PERCENT
        ("created_row", "i8"),
        ("eligible_row", "i8"),  # first slice in which the venue may fill it
        ("bars_left", "i8"),  # valid bars of life that are left once eligible, or -1 for no limit
        ("session", "i8"),  # session of a DAY order, -1 until it is first seen by the venue
        ("water", "i8"),  # best price since a trailing stop was armed
        ("decided_ticks", "i8"),  # reference price at the decision, for slippage
        ("done_row", "i8"),  # slice in which it became final, -1 while alive
        ("done_fills", "i8"),  # fills in the book when it ended without one: what came before what in a slice
        ("value_units", "i8"),  # notional filled so far, in the instrument's currency
    ],
    align=True,
)

# One execution, written by the venue step. With lots 0 it tells what a corporate action did to a lane: reason DIVIDEND,
# SPLIT or CASH_IN_LIEU.
FILL_DTYPE = np.dtype(
    [
        ("row", "i8"),
        ("ts", "i8"),  # close time of the slice; stamped by the session after the kernel ran
        ("order", "i8"),
        ("lane", "i8"),
        ("symbol", "i8"),
        ("side", "i8"),
        ("role", "i8"),
        ("maker", "i8"),
        ("reason", "i8"),
        ("lots", "i8"),
        ("ticks", "i8"),
        ("notional", "i8"),  # instrument currency units, positive
        ("fee", "i8"),  # instrument currency units, negative is a rebate
        ("fx_num", "i8"),  # base units = instrument units * fx_num / fx_den, half to even
        ("fx_den", "i8"),
        ("cash", "i8"),  # base currency units, what the account's cash changed by, fee included
        ("fee_base", "i8"),
        ("slippage_base", "i8"),  # cost against the reference price of the fill, base units, >= 0
        ("realised", "i8"),  # base units, before fees
        ("position", "i8"),  # lots of the lane after the fill
    ],
    align=True,
)

# One lane: the position that one strategy holds in one symbol. Written by the engine only.
LANE_DTYPE = np.dtype(
    [
        ("strategy", "i8"),  # written once: lane = strategy * symbols + symbol, and a division costs as much as a fee
        ("symbol", "i8"),
        ("lots", "i8"),  # signed
        ("cost", "i8"),  # signed open cost, base units: what was paid for the lots now held
        ("value", "i8"),  # signed base units at the last mark or fill
        ("margin", "i8"),  # initial margin of the position, base units
        ("value_per_tick", "i8"),  # base units a tick where marking needs no rounding, else 0
        ("mark", "i8"),  # ticks of the last mark or fill
        ("realised", "i8"),  # base units, before fees, since the start
        ("fees", "i8"),
        ("dividends", "i8"),
        ("working_entry", "i8"),  # alive entry order, or -1
        ("working_exit", "i8"),  # alive exit order, or -1
        ("entries", "i8"),  # entry orders filled into the present position
        ("last_trade_row", "i8"),
        ("last_gate", "i8"),
        ("last_reason", "i8"),
        ("active", "i8"),  # alive orders of this lane
        ("state", "i8"),  # TickerState, of fused decisions
        ("state_row", "i8"),  # slice in which it reached that state
        ("state_side", "i8"),  # side of the signal that it is SET or GO for
        ("entry_row", "i8"),  # slice in which the present position was opened
    ],
    align=True,
)

# The account and the counters of its arrays; one row.
ACCOUNT_DTYPE = np.dtype(
    [
        ("cash", "i8"),  # base units
        ("equity", "i8"),  # at the last marks
        ("gross", "i8"),  # sum over lanes of |position value| at the last marks or fills
        ("margin", "i8"),  # sum over lanes of initial margin
        ("realised", "i8"),
        ("fees", "i8"),
        ("slippage", "i8"),
        ("dividends", "i8"),
        ("orders", "i8"),  # used rows of the order array
        ("alive", "i8"),  # used rows of the alive list
        ("fills", "i8"),
        ("records", "i8"),
        ("actions", "i8"),  # corporate actions done so far
        ("halt_level", "i8"),  # above 0 no order may open; of the full rule set's circuit breaker
        ("halt_row", "i8"),  # slice in which it was last raised
        ("halts", "i8"),  # how often it was raised
        ("halted_entries", "i8"),  # entries refused because trading was halted, each slice's anew
        ("watched_fills", "i8"),  # fills that the circuit breaker has seen
        ("refused", "i8"),
        ("shrunk", "i8"),
        ("open_lanes", "i8"),
        ("requests", "i8"),  # orders of callbacks that wait to be added
        ("fault", "i8"),  # Reason that stops the run, 0 while all is well
    ],
    align=True,
)

# How one strategy trades: the constant part of its Entry. Written once by the shell.
STRATEGY_DTYPE = np.dtype(
    [
        ("speaks", "i8"),  # 1: its columns are read in every slice; 0: callbacks decide, or it is fused
        ("fused", "i8"),  # 1: decided from ``Columns.fused`` through the staged orchestrator
        ("order_type", "i8"),
        ("time_in_force", "i8"),
        ("priority", "i8"),
        ("order_flags", "i8"),
        ("trail_percent", "i8"),  # 1: the trail column is a fraction of price, 0: a price distance
        ("has_short", "i8"),
        ("has_exit_long", "i8"),
        ("has_exit_short", "i8"),
        ("has_limit", "i8"),
        ("has_stop", "i8"),
        ("has_stop_loss", "i8"),
        ("has_take_profit", "i8"),
        ("has_trail", "i8"),
        ("has_size", "i8"),
        ("has_confidence", "i8"),
        ("pyramid", "i8"),  # further entries allowed into an open position
        ("valid_for", "i8"),  # bars an unfilled entry lives, -1 for no limit
        ("fraction_ppm", "i8"),  # sizer parameter: share of equity, or of the slice where there is one
        # of a fused one: its orchestrator (``engine.orchestrator``), its scores to enter and leave by
        ("threshold", "f8"),
        ("fade", "f8"),
        ("aligned", "i8"),
        ("set_bars", "i8"),
        ("set_timeout", "i8"),
        ("go_timeout", "i8"),
        ("cooldown", "i8"),
        ("blocked_zones", "i8"),
        ("maximum_trades", "i8"),
        ("enter_score", "f8"),
        ("exit_score", "f8"),  # against the position
        ("capital_ppm", "i8"),  # its slice of the account's equity; 1,000,000 is all of it and no slice
    ],
    align=True,
)

# Account-wide rules and switches; one row. Written once by the shell.
CONFIG_DTYPE = np.dtype(
    [
        ("strategies", "i8"),
        ("first_slice", "i8"),  # slice number of row 0 of the market arrays
        ("slice", "i8"),  # slice at hand
        ("first_decision", "i8"),  # slices before this one only warm up
        ("leverage_ppm", "i8"),
        ("max_position_ppm", "i8"),  # of equity, per lane; 0 means no limit
        ("max_gross_ppm", "i8"),  # of equity; 0 means no limit
        ("shrink_on_shortage", "i8"),  # 1: fill what can be paid; 0: refuse the order whole
        ("allow_short", "i8"),
        ("record_level", "i8"),
        ("has_factor", "i8"),
        ("trade_bars", "i8"),  # 1: one price series on both sides
        ("events", "i8"),  # 1: slices are single quotes and trades
        ("dense", "i8"),  # 1: no slice of the panel at hand is masked
        ("has_universe", "i8"),  # 1: entries need membership (``Market.excluded``)
        ("close_left", "i8"),  # 1: positions of symbols that left the universe are closed
        ("manages", "i8"),  # 1: stops and partial exits are managed (``engine.manage``)
        ("full_sizing", "i8"),  # 1: entries without a size of their own are sized by ``risk.sizing``
        ("bars_a_year_root", "f8"),  # square root of the bars in a year, for volatilities
        ("now", "i8"),  # close time of the slice at hand, in full decisions
        ("resume_after", "i8"),  # slices after which a halt of the circuit breaker is resumed, 0 never
        ("full_risk", "i8"),  # 1: entries meet the full rule set (``engine.guard``)
        ("has_fused", "i8"),  # 1: some strategy is fused
        ("close_renamed", "i8"),  # 1: a ticker change closes the position; 0: the lane goes on under the new name
        ("external", "i8"),  # 1: a venue outside fills the orders and reports (``engine.external``)
        ("later_lanes", "i8"),  # so many lanes at the end have their turn after a callback strategy
        ("fetched", "i8"),  # keeps the reading-ahead of the lone lane from being optimised away; means nothing
    ],
    align=True,
)

# What became of one decision (promise 4). Written at record level ``events`` or ``full``.
DECISION_DTYPE = np.dtype(
    [
        ("row", "i8"),
        ("ts", "i8"),
        ("lane", "i8"),
        ("gate", "i8"),
        ("reason", "i8"),
        ("direction", "f8"),
        ("value", "f8"),  # of the source, -1..1
        ("confidence", "f8"),
        ("weight", "f8"),
        ("contribution", "f8"),
        ("score", "f8"),
        ("lots_wanted", "i8"),
        ("lots_approved", "i8"),
        ("order", "i8"),
    ],
    align=True,
)

# Corporate actions of a history, sorted by (row, symbol). ``dividend`` in instrument currency units per lot.
# Roll of a future: numerator is the old contract's close in ticks, denominator the new one's.
ACTION_DTYPE = np.dtype(
    [
        ("row", "i8"),
        ("ts", "i8"),
        ("symbol", "i8"),
        ("kind", "i8"),
        ("numerator", "i8"),
        ("denominator", "i8"),
        ("dividend", "i8"),
    ],
    align=True,
)
ACTION_SPLIT, ACTION_DIVIDEND, ACTION_DELISTING, ACTION_ROLL, ACTION_RENAME = 0, 1, 2, 3, 4

# What was known of a symbol from a slice on, point in time, sorted by row. ``row``: first slice that closes at or after
# the fact became known; facts from before the first slice have row 0.
FACT_DTYPE = np.dtype(
    [
        ("row", "i8"),
        ("ts", "i8"),
        ("symbol", "i8"),
        ("field", "i8"),  # Fact
        ("value", "f8"),
    ],
    align=True,
)

# Market data event by event: quotes (bid, ask, sizes), trades (price in bid and ask alike, aggressor) and books' best.
TICK_DTYPE = np.dtype(
    [
        ("ts", "i8"),
        ("ts_known", "i8"),
        ("symbol", "i8"),
        ("kind", "i8"),  # MarketEventKind
        ("aggressor", "i8"),
        ("bid", "i8"),
        ("ask", "i8"),
        ("bid_size", "i8"),
        ("ask_size", "i8"),
        ("flags", "i8"),
    ],
    align=True,
)

# What external feeds said, as accepted, sorted by row and then by ``ts_known``. ``row``: first slice that closes at
# or after it was known; what was known before the first slice has row 0.
SIGNAL_DTYPE = np.dtype(
    [
        ("row", "i8"),
        ("ts", "i8"),  # when it happened
        ("ts_known", "i8"),
        ("symbol", "i8"),  # column of the panel, or ALL_SYMBOLS
        ("feed", "i8"),  # index into ``Panel.feeds``
        ("value", "f8"),  # an opinion: -1..1; a number feed: any finite number
        ("confidence", "f8"),  # 0..1; 1 in a number feed
        ("horizon", "i8"),  # ns ahead that it speaks of, 0 where it does not say
    ],
    align=True,
)
ALL_SYMBOLS = -1
