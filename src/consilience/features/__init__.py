"""Layer 2: features, the expressions that compose them, and the evaluator that runs both.

``from consilience.features import ta, bar, Evaluator, FeatureBlock``
"""

from consilience.features import ta
from consilience.features.bar import Bar, bar
from consilience.features.block import FeatureBlock
from consilience.features.blocked import BlockedEvaluator
from consilience.features.evaluator import Evaluator, block_for
from consilience.features.expression import Node, Outputs, constant, lift

__all__ = [
    "Bar",
    "BlockedEvaluator",
    "Evaluator",
    "FeatureBlock",
    "Node",
    "Outputs",
    "bar",
    "block_for",
    "constant",
    "lift",
    "ta",
]
