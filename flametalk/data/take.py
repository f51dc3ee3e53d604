"""One performance, from its plan to its numbers: voice, face, and what a front end hears of the sound."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..audio.envelope import envelope
from ..audio.features import extract_features
from ..audio.signal import Audio
from ..audio.timing import frame_means
from ..clip import Clip
from ..conventions import FPS, SAMPLE_RATE, SAMPLES_PER_FRAME
from ..head import Head
from ..motion.space import BUILTIN_162
from ..perform import perform_score, score_from_intervals
from .augment import LOUD, apply_chain
from .cast import Role, manner
from .shards import Performance
from .sounds import music, noise
from .voice import Interval, Speaker

SPACE = BUILTIN_162
TAIL = (0.3, 1.0)  # seconds after the last word
LONGEST = 16.0  # seconds: a text that would end later is not begun, unless it is the first


@dataclass(frozen=True, eq=False)
class Speech:
    """What was said: clean sound, phones, stresses and texts in time."""

    samples: Float32[np.ndarray, "n"]
    phones: tuple[Interval, ...]
    stressed: tuple[float, ...]
    texts: tuple[tuple[str, float], ...]  # text, seconds at which it begins

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def speak(role: Role, speaker: Speaker) -> Speech:
    """The texts of a role one after the other, in the manner of what is felt then."""
    chance = np.random.default_rng([role.seed, 1])
    parts: list[tuple[int, np.ndarray]] = []
    phones: list[Interval] = []
    stressed: list[float] = []
    texts: list[tuple[str, float]] = []
    time = 0.0
    for text, pause in zip(role.texts, role.pauses, strict=True):
        start = round((time + pause) * SAMPLE_RATE) / SAMPLE_RATE
        if texts and start > role.seconds - 1.0:
            break
        voice, level = manner(role, start)
        said = speaker.say(text, voice).stretched(role.stretch)
        if texts and start + said.audio.duration > LONGEST:
            break
        gain = 10 ** ((level + chance.uniform(-2.0, 2.0)) / 20)
        parts.append((round(start * SAMPLE_RATE), gain * said.audio.samples))
        phones += [(name, start + a, start + b) for name, a, b in said.phones]
        stressed += [start + at for at in said.stressed]
        texts.append((text, start))
        time = max(end for _, _, end in phones)
    seconds = time + chance.uniform(*TAIL) if texts else role.seconds
    seconds = max(seconds, role.seconds) if len(role.texts) <= 1 else seconds
    frames = int(np.ceil(seconds * FPS))
    samples = np.zeros(frames * SAMPLES_PER_FRAME, np.float32)
    for first, part in parts:
        samples[first : first + len(part)] += part[: len(samples) - first]
    return Speech(samples, tuple(phones), tuple(stressed), tuple(texts))


def show(role: Role, speech: Speech, head: Head) -> Clip:
    """The face: the performer on the exact phones and the clean loudness."""
    frames = len(speech.samples) // SAMPLES_PER_FRAME
    loudness = np.append(envelope(speech.samples), np.float32(0))
    amplitude = frame_means(loudness, SAMPLE_RATE, FPS, frames)
    score = score_from_intervals(
        speech.phones, speech.seconds, amplitude if speech.phones else None, FPS, speech.stressed
    )
    clip = perform_score(score, head, role.seed, role.feelings or None)
    return clip.replace(shape=role.shape)


def hear(role: Role, speech: Speech) -> Audio:
    """The sound as it arrives at a microphone far from perfect."""
    chance = np.random.default_rng([role.seed, 2])
    if not role.wordless:
        return Audio(apply_chain(speech.samples, role.chain, chance), SAMPLE_RATE)
    n = len(speech.samples)
    if role.wordless == "silence":
        return Audio(np.zeros(n, np.float32), SAMPLE_RATE)
    sound = music(n, chance) if role.wordless == "music" else noise(role.wordless, n, chance)
    level = LOUD * 10 ** (chance.uniform(-30.0 if role.wordless != "music" else -20.0, 0.0) / 20)
    return Audio(np.clip(level * sound, -1.0, 1.0), SAMPLE_RATE)


def take(name: str, role: Role, speaker: Speaker, head: Head, keep_sound: bool) -> Performance:
    """Everything about one performance. Features are taken without the text, as a user's will be."""
    speech = speak(role, speaker)
    clip = show(role, speech, head)
    sound = hear(role, speech)
    features = extract_features(sound)
    return Performance(
        name,
        SPACE.pack(clip),
        features.linguistic,
        features.envelope,
        features.emotion,
        story(role, speech),
        sound if keep_sound else None,
    )


def story(role: Role, speech: Speech) -> dict[str, Any]:
    """What a reader may want to know, as JSON values; times in milliseconds' precision."""
    return {
        "seconds": round(speech.seconds, 3),
        "text": " ".join(text for text, _ in speech.texts),
        "texts": [[text, round(start, 3)] for text, start in speech.texts],
        "language": role.language,
        "voice": asdict(role.voice),
        "stretch": round(role.stretch, 4),
        "seed": role.seed,
        "phones": [[name, round(start, 3), round(end, 3)] for name, start, end in speech.phones],
        "stressed": [round(time, 3) for time in speech.stressed],
        "feelings": [asdict(feeling) for feeling in role.feelings],
        "wordless": role.wordless,
        "sound": asdict(role.chain),
    }
