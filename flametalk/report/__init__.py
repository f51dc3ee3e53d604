"""Clips against their truth: measured, tabulated, drawn."""

from .bench import evaluate
from .evaluation import Evaluation

__all__ = ["Evaluation", "evaluate"]
