"""Heads: parametric meshes that turn coefficients into vertices. Nothing else knows how."""

from .model import Action, Head, Landmarks

__all__ = ["Action", "Head", "Landmarks"]
