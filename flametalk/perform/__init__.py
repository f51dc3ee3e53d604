"""The rule-based performer: phones in, an animated clip out, through the head's named actions only."""

from .feeling import Feeling
from .performer import NAME, perform, perform_score
from .score import Score, score_from_features, score_from_intervals

__all__ = [
    "NAME",
    "Feeling",
    "Score",
    "perform",
    "perform_score",
    "score_from_features",
    "score_from_intervals",
]
