"""The identity space of the built-in head: how people differ, as 100 components of unit variance."""

from .space import People, build_people

__all__ = ["People", "build_people"]
