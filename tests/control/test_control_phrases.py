"""The phrase parser: deterministic, documented, and as a director would understand it."""

from pathlib import Path

import numpy as np
import pytest
from control.spoken_clips import accents
from hypothesis import given
from hypothesis import strategies as st

from flametalk.control.phrases import read_phrase
from flametalk.control.pose_play import play
from flametalk.control.pose_words import MOVE_WORDS, MOVES, STYLE_WORDS, STYLES
from flametalk.control.posescript import posescript_from
from flametalk.errors import InputError
from scripts.write_vocabulary import page_with, vocabulary

pytestmark = pytest.mark.core


def _size(text: str) -> float:
    """Spread of the motion, degrees."""
    return float(play(read_phrase(text).script, accents())[:, :3].std(0).sum())


def test_the_issues_phrases() -> None:
    calm, energetic, stage = (
        _size(t) for t in ("calm", "energetic presentation", "stage-presenting delivery")
    )
    assert 0.5 < calm < energetic and calm < stage
    shake, nod = read_phrase("shake your head slowly twice then nod").script.gestures
    assert (shake.axis, shake.count, shake.both_ways) == ("yaw", 2, True) and shake.seconds > 1.2
    assert (nod.axis, nod.count) == ("pitch", 1) and nod.amount > 0 and nod.start is None
    beats = read_phrase("energetic presentation, nods on the key words").script.beats
    assert any((b.axis, b.on) == ("pitch", "stressed words") for b in beats)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_differs_from_every_other(style: str) -> None:
    own = play(STYLES[style], accents())
    for name, other in STYLES.items():
        if name != style:
            assert np.abs(own - play(other, accents())).max() > 0.5, name


@pytest.mark.parametrize("style", STYLE_WORDS)
def test_every_word_for_a_style_is_understood(style: str) -> None:
    for word in STYLE_WORDS[style].split():
        reading = read_phrase(f"a {word} delivery")
        assert reading.unknown == () and read_phrase(word).script.beats == reading.script.beats, word


@pytest.mark.parametrize("move", MOVE_WORDS)
def test_every_word_for_a_gesture_is_understood(move: str) -> None:
    words, *phrases = MOVE_WORDS[move].split("|")
    for word in [*words.split(), *phrases]:
        reading = read_phrase(word)
        script = reading.script
        assert reading.unknown == () and (
            script.gestures or any(a.waves for a in (script.yaw, script.pitch))
        ), word


@pytest.mark.parametrize(
    ("text", "axis", "sign"),
    [
        ("look left", "yaw", 1), ("look to the right", "yaw", -1), ("look up", "pitch", -1),
        ("chin down", "pitch", 1), ("lean in", "lean", 1), ("lean back", "lean", -1),
        ("tilt your head to the left", "roll", -1), ("turning to the right", "yaw", -1),
        ("raise your chin", "pitch", -1),
    ],
)  # fmt: skip
def test_directions(text: str, axis: str, sign: int) -> None:
    (gesture,) = read_phrase(text).script.gestures
    assert gesture.axis == axis and np.sign(gesture.amount) == sign


def test_amounts_speeds_and_counts() -> None:
    plain, slight, big = (read_phrase(t).script.gestures[0] for t in ("nod", "nod slightly", "a big nod"))
    assert slight.amount < plain.amount < big.amount
    slow, quick = (read_phrase(t).script.gestures[0] for t in ("nod slowly", "nodding quickly"))
    assert quick.seconds < plain.seconds < slow.seconds
    for said, times in (("once", 1), ("twice", 2), ("three times", 3), ("7 times", 7)):
        assert read_phrase(f"nod {said}").script.gestures[0].count == times
    assert _size("subtle and calm") < _size("calm") < _size("very calm")
    assert _size("slightly energetic") < _size("energetic")


def test_places_and_anchors() -> None:
    assert read_phrase("nod at 2.5 seconds").script.gestures[0].start == 2.5
    assert read_phrase("bow at the end").script.gestures[0].from_end
    (beat,) = read_phrase("tilt your head at the end of each sentence").script.beats
    assert (beat.axis, beat.on) == ("roll", "phrase ends")
    assert read_phrase("keep looking left").script.yaw.keys[-1][1] > 10
    assert read_phrase("sway gently from side to side").script.yaw.waves
    assert read_phrase("nod throughout").script.pitch.waves


def test_what_is_not_understood_is_told() -> None:
    assert read_phrase("a calm talk with a frobnicating wobble").unknown == ("frobnicating", "wobble")
    with pytest.raises(InputError, match=r"Styles: calm.*Gestures: nod"):
        read_phrase("purple monkey")
    with pytest.raises(InputError, match="at most 1000"):
        read_phrase("calm " * 300)


@given(st.text(max_size=200))
def test_any_text_is_a_script_or_a_message(text: str) -> None:
    try:
        reading = read_phrase(text)
    except InputError:
        return
    assert posescript_from(reading.script.to_json()) == reading.script == read_phrase(text).script


@given(
    st.lists(
        st.sampled_from([*MOVES, *STYLES, "slowly", "twice", "left", "up", "then", "very", "at the end"]),
        max_size=30,
    )
)
def test_any_mix_of_known_words_is_a_valid_script(words: list[str]) -> None:
    try:
        script = read_phrase(" ".join(words)).script
    except InputError as error:
        assert "names no style" in str(error)
        return
    assert posescript_from(script.to_json()) == script
    assert np.isfinite(play(script, accents())).all()


def test_the_vocabulary_is_documented() -> None:
    """The page holds exactly what the script makes of the code, and each of its words is understood."""
    page = (Path(__file__).parents[2] / "docs/control.md").read_text("utf-8")
    assert page == page_with(page, vocabulary())
    for word in [*STYLES, *MOVES]:
        assert word in vocabulary(), word


def test_what_is_kept_up() -> None:
    """Nods go on, a tilt stays; the middle of a clip is a place."""
    nodding = read_phrase("keep nodding").script
    assert nodding.pitch.waves and not nodding.gestures
    tilted = read_phrase("keep your head tilted left").script
    assert tilted.roll.keys[-1] == (0.1, -10.0)
    angles = play(read_phrase("nod in the middle").script, accents(8.0))
    assert abs(angles[:, 0].argmax() / 25.0 - 4.0) < 0.1
