"""Research: backtest sessions, sweeps, walk-forward, overfitting statistics and reports."""
