"""The 42 phones of the acoustic model, in its order, and what each asks of the mouth."""

from typing import Final

import numpy as np

# ARPAbet as in the CMU dictionary; +NSN+ is noise, +SPN+ speech that is no word, SIL silence.
PHONES: Final = (
    "+NSN+", "+SPN+", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER",
    "EY", "F", "G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY",
    "P", "R", "S", "SH", "SIL", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
N_PHONES: Final = len(PHONES)
N_STATES: Final = 3
PHONE_INDEX: Final = {name: index for index, name in enumerate(PHONES)}
SILENCE: Final = PHONE_INDEX["SIL"]
VOWELS: Final = frozenset(
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"]
)
LIPS_TOUCH: Final = frozenset(["B", "P", "M"])


def phone_values(table: dict[str, float], other: float = 0.0) -> np.ndarray:
    """A (42,) array from a table with keys such as "AA AE": one value a phone."""
    values = np.full(N_PHONES, other)
    for names, value in table.items():
        for name in names.split():
            values[PHONE_INDEX[name]] = value
    return values
