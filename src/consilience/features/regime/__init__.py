"""Market regimes: by rule, and by fitted models whose parameters arrive as slots."""
