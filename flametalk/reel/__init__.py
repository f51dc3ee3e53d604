"""The reel: ten seconds that show what the head can do."""

from .score import make_reel

__all__ = ["make_reel"]
