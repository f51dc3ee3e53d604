"""Builds the template of the built-in head: shape from a distance field, topology from a quad grid with ring blocks."""
