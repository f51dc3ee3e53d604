"""What one authored attribute is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Attribute:
    """A way in which people differ, as a displacement field in millimetres for one standard deviation."""

    name: str
    field: Callable[[np.ndarray], np.ndarray]
    eye_growth: float = 0.4
    """How much of the eye opening's growth the eyeball shares (1: with its lids); 0: the ball stays."""
    lid_share: float = 0.3
    """Share of the field that the lid margins take, beyond what moves the whole eye."""
    broad: bool = False
    """Broad attributes are recombined into principal components; the others stay as they are."""
    part: str = "skin"
    """"ear": the field acts on the auricle alone."""
