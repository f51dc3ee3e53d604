"""What the mouth does in each phone: speech shapes of the head, how far it opens, and over what time.

After Cohen and Massaro (1993): every phone has a dominance that rises before it and falls after it; where
phones overlap, their wishes are averaged by dominance. Rounding begins early and lingers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ..audio.aperture import DOMINANCE, OPENING
from ..audio.phones import N_PHONES, PHONE_INDEX, SILENCE, phone_values

# Strength of the speech shapes (head actions "speech/…") in ordinary conversation.
FORMS: dict[str, dict[str, float]] = {
    "AA": {"AH": 0.5},
    "AE": {"AH": 0.2, "EH": 0.45},
    "AH": {"UH": 0.7},
    "AO": {"AW": 0.35, "OH": 0.2},
    "AW": {"AH": 0.35, "W": 0.2},
    "AY": {"AH": 0.35, "EE": 0.2},
    "EH": {"EH": 0.65},
    "ER": {"R": 0.45, "UH": 0.25},
    "EY": {"EH": 0.35, "EE": 0.35},
    "IH": {"IH": 0.65},
    "IY": {"EE": 0.75},
    "OW": {"OH": 0.6, "W": 0.3},
    "OY": {"OH": 0.35, "EE": 0.15},
    "UH": {"UH": 0.3, "W": 0.45},
    "UW": {"W": 0.95},
    "HH": {"UH": 0.3},
    "L": {"L": 0.55},
    "R": {"R": 0.65},
    "W": {"W": 1.0},
    "Y": {"EE": 0.55},
    "CH JH SH ZH": {"SHCH": 0.8},
    "S Z": {"SZ": 0.8},
    "T D N": {"TDN": 0.7},
    "TH DH": {"TH": 0.7},
    "K G NG": {"K": 0.6},
}
LIPS_MEET, LIP_MEETS_TEETH = "MBP", "FV"  # the shapes of b, p, m and of f, v: made explicitly
ROUNDED = ("W", "OH", "AW", "R", "SHCH")  # shapes that purse the lips
# Second halves of diphthongs, for phones whose times are known exactly.
REST_INSISTS = 0.5  # how strongly a pause asks for lips at rest
DIPHTHONGS = {
    "AY": ("AA", "IH"),
    "AW": ("AA", "UH"),
    "OY": ("AO", "IY"),
    "EY": ("EH", "IY"),
    "OW": ("OW", "UW"),
}
TURN = 0.55  # part of a diphthong that its first half takes

# Seconds, σ of the dominance before and after a phone.
BEFORE = phone_values(
    {
        "UW OW W UH OY AO": 0.11, "SH ZH CH JH R ER": 0.07, "B P M F V": 0.04, "SIL +NSN+ +SPN+": 0.06,
        "T D N L TH DH K G NG HH": 0.04,
    },
    other=0.055,
)  # fmt: skip
AFTER = phone_values(
    {
        "UW OW W UH OY AO": 0.075, "SH ZH CH JH R ER": 0.055, "B P M F V": 0.04, "SIL +NSN+ +SPN+": 0.05,
        "T D N L TH DH K G NG HH": 0.04,
    },
    other=0.06,
)  # fmt: skip


@dataclass(frozen=True)
class MouthTable:
    """The tables above as arrays over the 42 phones."""

    shapes: tuple[str, ...]
    forms: Float64[np.ndarray, "42 s"]
    opening: Float64[np.ndarray, "42"]  # 1 = the widest vowel
    dominance: Float64[np.ndarray, "42"]  # over its opening
    insistence: Float64[np.ndarray, "42"]  # over its form


def mouth_table() -> MouthTable:
    """Forms of all phones; silence, noise and the explicit contacts ask for none."""
    shapes = tuple(sorted({shape for form in FORMS.values() for shape in form}))
    forms = np.zeros((N_PHONES, len(shapes)))
    for names, form in FORMS.items():
        for name in names.split():
            for shape, strength in form.items():
                forms[PHONE_INDEX[name], shapes.index(shape)] = strength
    insistence = DOMINANCE.copy()
    insistence[SILENCE] = REST_INSISTS
    return MouthTable(shapes, forms, OPENING, DOMINANCE, insistence)
