"""A callback strategy: plain Python after each bar, for what expressions can't say."""

from consilience.strategies import CallbackStrategy, Param, ta


class MonthlyMomentum(CallbackStrategy):
    """Once a month, hold the strongest symbols of the last half year in equal parts, the rest in cash."""

    hold = Param(2, low=1, high=20, unit="symbols")
    lookback = Param(126, low=5, high=504, unit="bars")

    def declare(self, bar):
        """Momentum as a declared feature: computed compiled, read here by name."""
        return {"momentum": ta.roc(bar.close, self.lookback), "session": bar.session}

    def on_start(self, context):
        """Remember the month of the last rebalance."""
        self.month = None

    def on_bar(self, context, symbol):
        """Rebalance when the first symbol of a new month reports."""
        month = context.now_ns // (30 * 86_400_000_000_000)
        if month == self.month:
            return
        ranked = [(context.value("momentum", name), name) for name in context.symbols]
        ranked = sorted(((m, name) for m, name in ranked if m == m and m > 0), reverse=True)
        if not ranked:
            return
        self.month = month
        chosen = {name for _, name in ranked[: self.hold]}
        for name in context.symbols:
            context.order_target_percent(name, 0.9 / self.hold if name in chosen else 0.0)
