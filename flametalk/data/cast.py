"""Who plays, what they say and feel, and what happens to the sound: drawn from a seed before all else.

Voices and texts of the test split are never used for training.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ..conventions import N_SHAPE
from ..perform import Feeling
from .augment import Chain, random_chain
from .sentences import grammar, held_out
from .sounds import NOISES
from .voice import Voice

# Languages and their share of the performances; voices (variants of espeak-ng) suit any of them.
LANGUAGES = {"en": 0.72, "de": 0.07, "fr": 0.06, "es": 0.06, "it": 0.05, "cmn": 0.04}
ACCENTS = {
    "en": ("en-us",) * 4 + ("en",) * 2 + ("en-gb-x-rp", "en-gb-scotland", "en-us-nyc", "en-029"),
    "es": ("es", "es-419"),
    "fr": ("fr", "fr-be"),
}
TEST_VARIANTS = ("Annie", "Mike", "belinda", "m5", "f4", "Reed", "klatt4", "edward", "steph2", "paul")
VARIANTS = (
    "", "Alex", "Alicia", "Andrea", "Andy", "Denis", "Diogo", "Gene", "Henrique", "Hugo", "Jacky",
    "Lee", "Marco", "Mario", "Michael", "Nguyen", "adam", "anika", "announcer", "antonio", "aunty",
    "benjamin", "boris", "caleb", "croak", "david", "ed", "edward2", "f1", "f2", "f3", "f5", "grandma",
    "grandpa", "gustave", "ian", "iven2", "iven3", "iven4", "john", "kaukovalta", "klatt", "klatt2",
    "klatt3", "klatt6", "linda", "m1", "m2", "m3", "m4", "m6", "m7", "m8", "marcelo", "max", "michel",
    "miguel", "mike2", "norbert", "pablo", "pedro", "quincy", "rob", "robert", "sandro", "shelby",
    "steph", "steph3", "travis", "victor", "zac",
)  # fmt: skip
EMOTIONS = ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
# How a voice follows an emotion of full strength: rate, pitch and spread of espeak, decibels.
MANNER = {
    "angry": (1.08, 5.0, 14.0, 5.0),
    "contempt": (0.94, -6.0, -8.0, -1.0),
    "disgust": (0.9, -6.0, 4.0, 0.0),
    "fear": (1.14, 16.0, -4.0, 0.0),
    "happy": (1.06, 12.0, 20.0, 2.0),
    "sad": (0.82, -9.0, -24.0, -5.0),
    "surprise": (1.02, 20.0, 28.0, 2.0),
}
PEOPLE = 0.8  # spread of the shape of heads, in standard deviations
SHORTEST, LONGEST = 6.0, 12.0  # seconds that a performance is meant to last
SHORTEST_TEST = 2.0  # seconds; a test lasts as long as its one text
WORDLESS, RARE_WORDS = 0.06, 0.05  # parts of the performances with no words, and with few
SEVERAL_SENTENCES = 12  # more than fit


@dataclass(frozen=True, eq=False)
class Role:
    """A plan; `texts` are spoken until the time is up."""

    seed: int
    language: str
    voice: Voice
    stretch: float  # over 1: a larger person
    texts: tuple[str, ...]
    pauses: tuple[float, ...]  # seconds before each text
    seconds: float
    feelings: tuple[Feeling, ...]
    shape: Float32[np.ndarray, "100"]
    chain: Chain
    wordless: str = ""  # "silence", "music" or one of NOISES: what is heard instead of words


def cast(split: str, index: int, seed: int) -> Role:
    """The plan of performance `index` of a split."""
    chance = np.random.default_rng([seed, ("train", "valid", "test").index(split), index])
    seconds = float(chance.uniform(SHORTEST, LONGEST))
    kind = chance.random()
    texts: tuple[str, ...]
    if split == "test":
        language, text = held_out()[index % len(held_out())]
        texts, kind, seconds = (text,), 1.0, SHORTEST_TEST
        variant = TEST_VARIANTS[index % len(TEST_VARIANTS)]
    else:
        language = str(chance.choice(list(LANGUAGES), p=list(LANGUAGES.values())))
        count = 1 if kind < WORDLESS + RARE_WORDS else SEVERAL_SENTENCES
        texts = tuple(grammar(language).sentence(chance) for _ in range(count))
        variant = str(chance.choice(VARIANTS))
    stretch = float(np.clip(np.exp(0.07 * chance.standard_normal()), 0.86, 1.18))
    accent = str(chance.choice(ACCENTS.get(language, (language,))))
    voice = Voice(
        accent + (f"+{variant}" if variant else ""),
        round(float(chance.uniform(120, 195)) * stretch),
        round(float(np.clip(50 + 18 * chance.standard_normal(), 10, 90))),
        round(float(np.clip(55 + 18 * chance.standard_normal(), 15, 95))),
    )
    gaps = np.clip(chance.gamma(2.0, 0.22, len(texts)), 0.08, 1.6)
    gaps[0] = chance.uniform(0.25, 0.9) if kind >= WORDLESS + RARE_WORDS else chance.uniform(0.5, 4.0)
    wordless = ""
    chain = random_chain(chance)
    if kind < WORDLESS:
        texts = ()
        wordless = str(chance.choice(["silence", "music", "music", "music", *NOISES]))
    return Role(
        int(chance.integers(2**31)),
        language,
        voice,
        stretch,
        texts,
        tuple(float(gap) for gap in gaps[: len(texts)]),
        seconds,
        _feelings(seconds, chance),
        (PEOPLE * chance.uniform(0.3, 1.0) * chance.standard_normal(N_SHAPE)).astype(np.float32),
        chain,
        wordless,
    )


def _feelings(seconds: float, chance: np.random.Generator) -> tuple[Feeling, ...]:
    """None, one that was there before, one that comes and goes, or two in turn."""
    kind = chance.random()
    if kind < 0.4:
        return ()
    names = [str(name) for name in chance.choice(EMOTIONS, 2, replace=False)]
    strengths = chance.uniform(0.35, 1.1, 2)
    if kind < 0.6:
        return (Feeling(names[0], float(strengths[0]), -2.0, 1.0, seconds + 10.0, 1.0),)
    if kind < 0.83:
        return (_passing(names[0], float(strengths[0]), 0.0, seconds, chance),)
    half = seconds * float(chance.uniform(0.4, 0.6))
    return (
        _passing(names[0], float(strengths[0]), 0.0, half, chance),
        _passing(names[1], float(strengths[1]), half, seconds, chance),
    )


def _passing(name: str, strength: float, start: float, end: float, chance: np.random.Generator) -> Feeling:
    """Comes and goes between two times."""
    onset, decay = float(chance.uniform(0.3, 1.0)), float(chance.uniform(0.4, 1.4))
    begins = start + float(chance.uniform(0.0, 0.3)) * (end - start)
    hold = max(0.3, float(chance.uniform(0.5, 1.0)) * (end - begins) - onset - decay)
    return Feeling(name, strength, begins, onset, hold, decay)


def manner(role: Role, time: float) -> tuple[Voice, float]:
    """The voice at a time, under the emotions of that time, and decibels over its usual loudness."""
    rate, pitch, spread, level = 1.0, 0.0, 0.0, 0.0
    for feeling in role.feelings:
        strength = float(feeling.strength(np.array([time + 0.5]))[0])
        faster, higher, wider, louder = MANNER[feeling.name]
        rate *= 1.0 + strength * (faster - 1.0)
        pitch, spread, level = pitch + strength * higher, spread + strength * wider, level + strength * louder
    voice = role.voice
    return (
        Voice(
            voice.name,
            round(voice.rate * rate),
            round(min(99.0, max(0.0, voice.pitch + pitch))),
            round(min(99.0, max(0.0, voice.spread + spread))),
        ),
        level,
    )
