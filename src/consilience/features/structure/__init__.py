"""Swings, levels, Fibonacci ratios, ranges and candlestick shapes."""
