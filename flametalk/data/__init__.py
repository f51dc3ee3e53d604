"""Performances to learn from: made ones, and how they are stored."""
