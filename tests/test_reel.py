"""The reel: long enough, sound and picture together, lips closed where the voice says m."""

import numpy as np
import pytest

from flametalk.conventions import FPS, MILLIMETRES
from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.reel import make_reel
from flametalk.reel.score import CONSONANT, FIRST_SYLLABLE, SECONDS, SYLLABLE, SYLLABLES
from flametalk.reel.voice import SOUNDS, sing

pytestmark = pytest.mark.core


def test_the_reel() -> None:
    head = Head.load()
    clip = make_reel(head)
    assert clip.duration == SECONDS and clip.audio.duration == pytest.approx(SECONDS)
    assert clip == make_reel(head), "the same seed gives the same reel"
    assert clip != make_reel(head, seed=8)
    vertices = clip.vertices(head).numpy() * MILLIMETRES
    upper, lower = (vertices[:, head.regions[f"lip_seam_{side}"].long()] for side in ("upper", "lower"))
    gap = np.linalg.norm(upper - lower, axis=-1)[:, 9:-9].max(1)
    for i, syllable in enumerate(SYLLABLES):
        begin = FIRST_SYLLABLE + i * SYLLABLE
        consonant = gap[round(begin * FPS) : round((begin + CONSONANT) * FPS)]
        vowel = gap[round((begin + CONSONANT) * FPS) : round((begin + SYLLABLE) * FPS)]
        if syllable.startswith("MBP"):
            assert consonant.min() < 0.5, syllable
        if syllable.endswith(("AH", "OH")):
            assert vowel.max() > 5, syllable
    steps = np.abs(np.diff(vertices[: round(8.2 * FPS)], axis=0)).max(axis=(1, 2))
    assert steps.max() < 14, "no popping"


def test_a_head_without_actions_is_refused() -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match="needs the built-in head"):
        make_reel(replace(Head.load(), actions={}))


def test_the_voice_has_the_formants_it_was_given() -> None:
    sound = sing(["AH"], np.array([0.0]), 1.0, np.array([100.0]))
    spectrum = np.abs(np.fft.rfft(sound.samples[6000:18000] * np.hanning(12000)))
    hertz = np.fft.rfftfreq(12000, 1 / sound.rate)
    harmonics = hertz[spectrum > 0.2 * spectrum.max()]
    assert np.abs(harmonics / 100 - (harmonics / 100).round()).max() < 0.05
    first, second = SOUNDS["AH"].formants[:2]
    near = lambda f: spectrum[np.abs(hertz - f) < 60].max()  # noqa: E731
    assert near(first) > 3 * near(400) or near(first) > 3 * near(1900)
    assert near(second) > 3 * near(1900)


def test_silence_is_silent() -> None:
    sound = sing(["silence"], np.array([0.0]), 0.5, np.array([100.0]))
    assert np.abs(sound.samples).max() == 0
