"""A sentence spoken by the formant voice: phones by hand, no speech model and nobody's recording.

Formants are textbook values of American English (Peterson and Barney 1952 for the vowels).
"""

from dataclasses import dataclass

import numpy as np

from ..audio.signal import Audio
from .voice import Sound, sing

TEXT = "Hello! My name is Flame. I move my lips, I blink, and I may even smile for you."
# Words as ARPAbet phones; "," is a short pause, "." a long one. A 1 marks the stressed vowels.
PHONES = (
    "HH AH L OW1 . M AY1 N EY1 M IH Z F L EY1 M . "
    "AY M UW1 V M AY L IH1 P S , AY B L IH1 NG K , "
    "AE N D AY M EY IY1 V AH N S M AY1 L F AO R Y UW1 ."
)
FORMANTS_GLIDE, LEVELS_GLIDE = 55, 14  # ms
LEAD, TAIL = 0.5, 0.7  # seconds of silence around
SHORT_PAUSE, LONG_PAUSE = 0.16, 0.42
STRESSED, LAST = 1.3, 1.25  # vowels last longer when stressed, and before a pause
HIGH, LOW, STRESS_HERTZ = 132.0, 98.0, 26.0  # Hz: a phrase falls, stresses rise above it


@dataclass(frozen=True)
class Phone:
    """Sounds one after the other, with the seconds that each lasts."""

    parts: tuple[tuple[str, float], ...]
    vowel: bool = False


def _vowel(*names: str, seconds: float) -> Phone:
    return Phone(tuple((name, seconds / len(names)) for name in names), True)


SOUNDS = {
    "silence": Sound((500, 1500, 2500, 3500), voiced=0.0),
    "iy": Sound((280, 2250, 2950, 3600)),
    "ih": Sound((400, 1980, 2550, 3500)),
    "eh": Sound((540, 1830, 2480, 3500)),
    "ae": Sound((660, 1720, 2410, 3500)),
    "aa": Sound((740, 1140, 2440, 3500)),
    "ah": Sound((610, 1200, 2400, 3500)),
    "ao": Sound((560, 860, 2410, 3400)),
    "uh": Sound((440, 1020, 2240, 3400)),
    "uw": Sound((310, 900, 2240, 3350)),
    "er": Sound((480, 1320, 1690, 3300)),
    "w": Sound((300, 680, 2200, 3300), voiced=0.7),
    "y": Sound((270, 2250, 3000, 3600), voiced=0.7),
    "r": Sound((330, 1080, 1500, 3200), voiced=0.7),
    "l": Sound((360, 1000, 2750, 3400), voiced=0.6),
    "m": Sound((260, 1050, 2100, 3200), voiced=0.75),
    "n": Sound((260, 1650, 2600, 3300), voiced=0.75),
    "ng": Sound((260, 2100, 2600, 3300), voiced=0.75),
    "hh": Sound((560, 1400, 2500, 3500), voiced=0.04, noise=0.12),
    "f": Sound((400, 1100, 3500, 7500), voiced=0.0, noise=0.09),
    "v": Sound((280, 1100, 3300, 7500), voiced=0.22, noise=0.05),
    "s": Sound((400, 1600, 5200, 7800), voiced=0.0, noise=0.08),
    "z": Sound((280, 1600, 5200, 7800), voiced=0.18, noise=0.05),
    "b closed": Sound((200, 800, 2000, 3300), voiced=0.1),
    "d closed": Sound((200, 1700, 2600, 3300), voiced=0.1),
    "p closed": Sound((300, 800, 2000, 3300), voiced=0.0),
    "k closed": Sound((300, 1900, 2300, 3300), voiced=0.0),
    "b burst": Sound((300, 900, 1400, 2600), voiced=0.3, noise=0.2),
    "d burst": Sound((300, 1700, 3600, 4600), voiced=0.3, noise=0.25),
    "p burst": Sound((400, 900, 1200, 2600), voiced=0.0, noise=0.25),
    "k burst": Sound((400, 1900, 2100, 3800), voiced=0.0, noise=0.3),
}
BY_NAME = {
    "AH": _vowel("ah", seconds=0.075),
    "IH": _vowel("ih", seconds=0.085),
    "IY": _vowel("iy", seconds=0.115),
    "AE": _vowel("ae", seconds=0.12),
    "UW": _vowel("uw", seconds=0.13),
    "AO": _vowel("ao", seconds=0.11),
    "OW": _vowel("ao", "uh", seconds=0.19),
    "AY": _vowel("aa", "aa", "ih", seconds=0.19),
    "EY": _vowel("eh", "iy", seconds=0.17),
    "W": Phone((("w", 0.07),)),
    "Y": Phone((("y", 0.065),)),
    "R": Phone((("r", 0.08),)),
    "L": Phone((("l", 0.075),)),
    "M": Phone((("m", 0.085),)),
    "N": Phone((("n", 0.07),)),
    "NG": Phone((("ng", 0.075),)),
    "HH": Phone((("hh", 0.07),)),
    "F": Phone((("f", 0.11),)),
    "V": Phone((("v", 0.075),)),
    "S": Phone((("s", 0.115),)),
    "Z": Phone((("z", 0.085),)),
    "B": Phone((("b closed", 0.07), ("b burst", 0.012))),
    "D": Phone((("d closed", 0.05), ("d burst", 0.014))),
    "P": Phone((("p closed", 0.085), ("p burst", 0.014), ("hh", 0.03))),
    "K": Phone((("k closed", 0.07), ("k burst", 0.022), ("hh", 0.03))),
}


def speak_sentence() -> Audio:
    """`TEXT`, spoken: the same samples every time."""
    sounds, starts, time = ["silence"], [0.0], LEAD
    stresses: list[float] = []
    phrases: list[tuple[float, float]] = []
    begin = LEAD
    tokens = PHONES.split()
    for token, following in zip(tokens, [*tokens[1:], "."], strict=True):
        if token in (",", "."):
            phrases.append((begin, time))
            sounds.append("silence")
            starts.append(time)
            time += SHORT_PAUSE if token == "," else LONG_PAUSE
            begin = time
            continue
        phone = BY_NAME[token.rstrip("1")]
        lasts = (STRESSED if token.endswith("1") else 1.0) * (LAST if following in (",", ".") else 1.0)
        if token.endswith("1"):
            stresses.append(time)
        for name, seconds in phone.parts:
            sounds.append(name)
            starts.append(time)
            time += seconds * (lasts if phone.vowel else 1.0)
    seconds = time - LONG_PAUSE + TAIL
    pitch = _melody(np.arange(0.0, seconds, 0.01), phrases, stresses)
    return sing(sounds, np.array(starts), seconds, pitch, 0, SOUNDS, (FORMANTS_GLIDE, LEVELS_GLIDE))


def _melody(times: np.ndarray, phrases: list[tuple[float, float]], stresses: list[float]) -> np.ndarray:
    """Hz: each phrase falls, and rises where it is stressed."""
    hertz = np.full(len(times), HIGH)
    for start, end in phrases:
        inside = times >= start
        hertz[inside] = HIGH + (LOW - HIGH) * np.clip((times[inside] - start) / (end - start), 0, 1)
    for at in stresses:
        hertz += STRESS_HERTZ * np.exp(-0.5 * ((times - at - 0.06) / 0.07) ** 2)
    return hertz
