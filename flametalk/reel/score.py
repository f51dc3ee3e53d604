"""What happens when in the reel: actions of the head over time, with the sound that goes with them."""

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import savgol_filter

from ..clip import Clip
from ..conventions import FPS, N_SHAPE
from ..errors import InputError
from ..head import Head
from .voice import sing

SECONDS = 10.0
SYLLABLES = ("MBP AH", "MBP EE", "MBP OH", "FV AH", "L AH", "SHCH EE", "TH AH", "R OH", "W EE")
FIRST_SYLLABLE, SYLLABLE, CONSONANT = 0.5, 0.4, 0.16  # seconds
EMOTIONS = {"happy": "EE", "surprise": "OH", "sad": "MBP", "angry": "R"}  # and what each of them utters
FIRST_EMOTION, EMOTION = 4.3, 0.7
GLANCES = ((7.2, 0.35, 0.0), (7.55, -0.35, 0.0), (7.9, 0.0, -0.25), (8.15, 0.0, 0.0))  # s, yaw, pitch
BLINKS = (0.25, 2.2, 4.2, 7.15, 8.1, 9.2)
FIRST_PERSON, PERSON, PEOPLE = 8.3, 0.42, 4
BLINK_CURVE = (0.0, 0.6, 1.0, 1.0, 0.55, 0.15, 0.0)  # one value a frame
EASE, EASE_FAST, EASE_SLOW = 5, 3, 9  # frames of the window that eases one key into the next
PITCH = (
    (0.5, 1.5, 2.6, 3.3, 4.1, 4.5, 5.1, 5.6, 6.0, 6.5, 7.0),
    (138, 172, 150, 162, 118, 185, 175, 260, 140, 105, 90),
)
LIPS_FIRST = ("speech/MBP", "speech/FV")  # what these ask for wins over the vowels around them


@dataclass
class Track:
    """Keys of one action: seconds and strength, held until the next key, eased in between."""

    keys: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])

    def curve(self, frames: int, ease: int = EASE) -> np.ndarray:
        times, values = np.array(sorted(self.keys)).T
        held = values[np.searchsorted(times, np.arange(frames) / FPS + 1e-6, side="right") - 1]
        return np.clip(savgol_filter(held, ease, 1), 0.0, None)


def make_reel(head: Head, seed: int = 7) -> Clip:
    """Ten seconds: speech shapes, emotions, glances, people; with a voice of our own."""
    frames = round(SECONDS * FPS)
    sounds, starts, tracks = _syllables()
    for i, (name, sound) in enumerate(EMOTIONS.items()):
        start = FIRST_EMOTION + i * EMOTION
        sounds += [sound, "silence"]
        starts += [start + 0.1, start + EMOTION - 0.15]
        tracks[f"emotion/{name}"] = Track([(0.0, 0.0), (start, 1.0), (start + EMOTION, 0.0)])
    tracks["emotion/happy"].keys += [(FIRST_PERSON, 0.6)]

    expression = np.zeros((frames, head.n_expression), np.float32)
    jaw, eyes = np.zeros((frames, 3), np.float32), _glances(frames)
    curves = {name: track.curve(frames, _ease(name)) for name, track in tracks.items()}
    free = 1 - sum(curves[name] for name in LIPS_FIRST)
    curves |= {name: curve * free for name, curve in curves.items() if _is_vowel(name)}
    curves["blink"] = _blinks(frames)
    for name, curve in curves.items():
        action = _action(head, name)
        expression += curve[:, None] * action.expression.numpy()
        jaw += curve[:, None] * action.jaw.numpy()
    return Clip(
        shape=_people(frames, seed),
        expression=expression,
        head=_sway(frames),
        jaw=jaw,
        eyes=eyes,
        audio=sing(sounds, np.array(starts), SECONDS, np.interp(np.arange(0, SECONDS, 0.1), *PITCH)),
        made_for=head.name,
        provenance={"generator": "reel (hand-written score)", "seed": seed},
    )


def _ease(name: str) -> int:
    if name.startswith("emotion/"):
        return EASE_SLOW
    return EASE if _is_vowel(name) else EASE_FAST


def _is_vowel(name: str) -> bool:
    return name in {f"speech/{syllable.split()[1]}" for syllable in SYLLABLES}


def _action(head: Head, name: str):
    if name not in head.actions:
        raise InputError(f"the head '{head.name}' has no action '{name}'; the reel needs the built-in head")
    return head.actions[name]


def _syllables() -> tuple[list[str], list[float], dict[str, Track]]:
    """Sounds, their start times, and the mouth shapes, which come one frame early as in real speech."""
    sounds, starts = ["silence"], [0.0]
    tracks: dict[str, Track] = {}
    for i, syllable in enumerate(SYLLABLES):
        begin = FIRST_SYLLABLE + i * SYLLABLE
        end = begin + SYLLABLE
        for name, start, stop in zip(
            syllable.split(), (begin, begin + CONSONANT), (begin + CONSONANT, end), strict=True
        ):
            sounds.append(name)
            starts.append(start)
            early = 1 / FPS
            tracks.setdefault(f"speech/{name}", Track()).keys += [(start - early, 1.0), (stop - early, 0.0)]
    return [*sounds, "silence"], [*starts, FIRST_SYLLABLE + len(SYLLABLES) * SYLLABLE], tracks


def _blinks(frames: int) -> np.ndarray:
    curve = np.zeros(frames)
    for start in BLINKS:
        first = round(start * FPS)
        curve[first : first + len(BLINK_CURVE)] = BLINK_CURVE[: frames - first]
    return curve


def _glances(frames: int) -> np.ndarray:
    """Both eyes alike: fast jumps, then rest. Positive yaw is the subject's left, positive pitch down."""
    eyes = np.zeros((frames, 6), np.float32)
    for start, yaw, pitch in GLANCES:
        eyes[round(start * FPS) :, [1, 4]] = yaw
        eyes[round(start * FPS) :, [0, 3]] = pitch
    return savgol_filter(eyes, 3, 1, axis=0).astype(np.float32)


def _sway(frames: int) -> np.ndarray:
    """Slow head motion: sums of sines of unrelated periods, largest in yaw."""
    t = np.arange(frames) / FPS
    pitch = 0.03 * np.sin(2 * np.pi * t / 2.9) + 0.02 * np.sin(2 * np.pi * t / 1.7)
    yaw = 0.22 * np.sin(2 * np.pi * t / 6.1 + 0.4) + 0.03 * np.sin(2 * np.pi * t / 1.9)
    roll = 0.03 * np.sin(2 * np.pi * t / 4.3)
    return np.stack([pitch, yaw, roll], 1).astype(np.float32)


def _people(frames: int, seed: int) -> np.ndarray:
    """The mean head, then one random person after the other, morphing."""
    shape = np.zeros((frames, N_SHAPE), np.float32)
    people = np.random.default_rng(seed).normal(size=(PEOPLE, N_SHAPE))
    for i, person in enumerate(people):
        shape[round((FIRST_PERSON + i * PERSON) * FPS) :] = person
    return savgol_filter(shape, 9, 1, axis=0).astype(np.float32)
