"""Figures of merit, one file per family."""

from .mouth import closure_rate, lip_gaps, mouth_aperture

__all__ = ["closure_rate", "lip_gaps", "mouth_aperture"]
