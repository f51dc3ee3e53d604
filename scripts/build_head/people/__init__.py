"""The identity space of the built-in head: how people differ, as 100 components of unit variance."""

from .close_lips import close_lips
from .hinge import carried_hinge
from .keep_lips import keep_lips
from .space import People, build_people

__all__ = ["People", "build_people", "carried_hinge", "close_lips", "keep_lips"]
