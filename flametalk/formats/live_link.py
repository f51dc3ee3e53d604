"""Live Link Face: .csv of 52 ARKit weights a frame. Read here; `clip.export("x.csv")` writes it.

ARKit's shapes are no coefficients: they are said with those of the built-in head.
"""

from ..clip import Clip
from ..motion.arkit import from_arkit
from .content import Content

CONTAINER = "live link"


def matches(content: Content) -> bool:
    return content.container == CONTAINER


def read(content: Content) -> Clip:
    return from_arkit(content.path)
