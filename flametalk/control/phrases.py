"""Words to a PoseScript, offline: a phrase is cut into parts, and each part's known words are added up.

"energetic presentation, nods on the key words" is two styles and a gesture on a moment of the speech;
"shake your head slowly twice then nod" is two gestures in a row. The vocabulary is `pose_words.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError
from .pose_words import (
    AMOUNTS,
    ANCHORS,
    COUNTS,
    FILLERS,
    HALVED,
    HOLDS,
    MOVE_WORDS,
    MOVES,
    PLACES,
    SIDES,
    SPEEDS,
    STYLE_WORDS,
    STYLES,
    THROUGHOUT,
    Move,
)
from .posescript import AXES, Axis, Beat, Gesture, PoseScript, Wave

CUT = re.compile(r"[,;:!?\n]+|\.(?!\d)|\bthen\b|\bbut\b|\bwhile\b|\bafter that\b|\bfollowed by\b")
TIME = re.compile(r"\b(?:at|after|from)\s+(\d{1,4}(?:\.\d{1,3})?)\s*(?:seconds?|secs?|s)\b")
EDGES = re.compile(
    r"\b(?:(?:at|on|in|by) )?(?:the )?(end|start|beginning)s? of "
    r"(?:each|every|all|the)? ?(?:sentence|phrase|line|thought)s?\b"
)
TIMES = re.compile(r"\b(\d{1,2})\s*(?:times|x)\b")
BEAT_SECONDS = 0.6
FULLEST = 8  # waves an axis, and beats, that a script may hold
LONGEST = 1000  # characters


@dataclass(frozen=True)
class Reading:
    """A script, and the words that had no meaning here."""

    script: PoseScript
    unknown: tuple[str, ...]


@dataclass
class _Part:
    """What one part of a phrase says."""

    styles: list[tuple[str, float]] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    amount: float = 1.0
    speed: float = 1.0
    count: int | None = None
    anchor: str | None = None
    place: str | None = None
    start: float | None = None
    throughout: bool = False
    held: bool = False


def read_phrase(text: str) -> Reading:
    """The script that a description of head motion stands for; the same text gives the same script."""
    if len(text) > LONGEST:
        raise InputError(
            f"the description of the pose has {len(text):,} characters, expected at most {LONGEST}"
        )
    unknown: list[str] = []
    parts = _joined([_read(part, unknown) for part in CUT.split(_plain(text))])
    if not any(part.styles or part.moves for part in parts):
        raise InputError(
            f"'{text[:80]}' names no style or gesture that is known. Styles: {', '.join(STYLES)}. "
            f"Gestures: {', '.join(MOVES)}, look left/right/up/down, lean in/back. More in docs/control.md"
        )
    script = _styles([style for part in parts for style in part.styles], _speed(parts))
    for part in parts:
        for name in part.moves:
            script = _with_move(script, part, name)
    return Reading(replace(script, about=text.strip()[:400]), tuple(dict.fromkeys(unknown)))


def _plain(text: str) -> str:
    """Small letters, digits and marks; the edges of sentences by one name each."""
    letters = re.sub(r"[^a-z0-9.,;:!?\n ]+", " ", text.lower())
    return EDGES.sub(lambda m: "phrase ends" if m[1] == "end" else "phrase starts", letters)


def _joined(parts: list[_Part]) -> list[_Part]:
    """A part with only an anchor, a place or manners speaks of the part before it."""
    joined: list[_Part] = []
    for part in parts:
        if joined and not part.styles and not part.moves:
            last = joined[-1]
            last.amount, last.speed = last.amount * part.amount, last.speed * part.speed
            last.count, last.anchor = part.count or last.count, part.anchor or last.anchor
            last.place, last.sides = part.place or last.place, last.sides + part.sides
            last.throughout = last.throughout or part.throughout
        else:
            joined.append(part)
    return joined


def _read(text: str, unknown: list[str]) -> _Part:
    part = _Part()
    if (time := TIME.search(text)) is not None:
        part.start, text = float(time[1]), text[: time.start()] + " " + text[time.end() :]
    if (times := TIMES.search(text)) is not None:
        part.count, text = max(1, int(times[1])), text[: times.start()] + " " + text[times.end() :]
    words = text.replace(".", " ").split()
    position = 0
    while position < len(words):
        position += _take(words, position, part, unknown)
    if not part.moves:  # manners speak of the gestures where there are some
        part.styles = [(name, size * part.amount) for name, size in part.styles]
    return part


def _take(words: list[str], position: int, part: _Part, unknown: list[str]) -> int:
    """Read the longest known phrase at `position`; how many words it has."""
    for length in (4, 3, 2):
        phrase = " ".join(words[position : position + length])
        if len(words) - position >= length and _phrase(phrase, part):
            return length
    word = words[position]
    for form in _forms(word):
        if _word(form, part):
            return 1
    if word not in FILLERS and not word.isdigit():
        unknown.append(word)
    return 1


def _phrase(phrase: str, part: _Part) -> bool:
    if phrase in ANCHORS:
        part.anchor = ANCHORS[phrase]
    elif phrase in PLACES:
        part.place = PLACES[phrase]
    elif phrase in COUNTS:
        part.count = COUNTS[phrase]
    elif phrase in THROUGHOUT:
        part.throughout = True
    elif phrase in _MOVES:
        part.moves += [_MOVES[phrase]] if _MOVES[phrase] not in part.moves else []
    else:
        return False
    return True


def _word(word: str, part: _Part) -> bool:
    if _phrase(word, part):
        return True
    if word in _STYLES:
        part.styles.append((_STYLES[word], 0.5 if word in HALVED.split() else 1.0))
    elif word in SIDES and (part.moves or part.held or word in ("left", "right", "up", "down")):
        part.sides.append(word)
    elif word in SPEEDS:
        part.speed *= SPEEDS[word]
    elif word in AMOUNTS:
        part.amount *= AMOUNTS[word]
    elif word in HOLDS:
        part.held = True
    else:
        return False
    return True


def _forms(word: str) -> Iterable[str]:
    """The word, and what it may be a form of."""
    yield word
    for ending in ("ing", "ed", "es", "s", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]  # nodding


def _table(given: dict[str, str]) -> dict[str, str]:
    """Word or phrase → name; single words stand before the first bar, phrases between bars."""
    found: dict[str, str] = {}
    for name, text in given.items():
        words, *phrases = text.split("|")
        found |= dict.fromkeys([*words.split(), *phrases], name)
    return found


_STYLES, _MOVES = _table(STYLE_WORDS), _table(MOVE_WORDS)


def _speed(parts: list[_Part]) -> float:
    """Of the styles, where a part says nothing else."""
    return float(np.prod([part.speed for part in parts if part.styles and not part.moves]))


def _styles(chosen: list[tuple[str, float]], slower: float) -> PoseScript:
    """Several styles are added, each smaller the more there are."""
    if not chosen:
        return PoseScript()
    sizes: dict[str, float] = {}
    for name, size in chosen:  # "subtle and calm" is calm, made small
        sizes[name] = sizes.get(name, 1.0) * size
    share = len(sizes) ** -0.5
    scripts = [_scaled(STYLES[name], share * size, slower) for name, size in sizes.items()]
    axes: dict[str, Any] = {name: _sum_axes([getattr(s, name) for s in scripts]) for name in AXES}
    return PoseScript(
        **axes,
        beats=tuple(beat for s in scripts for beat in s.beats)[:FULLEST],
        with_energy=max(s.with_energy for s in scripts),
        calm_in_pauses=min(s.calm_in_pauses for s in scripts),
    )


def _scaled(script: PoseScript, gain: float, slower: float = 1.0) -> PoseScript:
    axes: dict[str, Any] = {}
    for name in AXES:
        axis: Axis = getattr(script, name)
        keys = tuple((at, _tidy(value * gain)) for at, value in axis.keys)
        waves = tuple(
            replace(w, amount=_tidy(w.amount * gain), hertz=_tidy(w.hertz / slower)) for w in axis.waves
        )
        axes[name] = Axis(keys, waves)
    beats = tuple(
        replace(b, amount=_tidy(b.amount * gain), seconds=_tidy(min(b.seconds * slower**0.5, 4.0)))
        for b in script.beats
    )
    return replace(script, **axes, beats=beats)


def _tidy(value: float) -> float:
    return round(float(value), 4)


def _sum_axes(axes: list[Axis]) -> Axis:
    waves = tuple(wave for axis in axes for wave in axis.waves)[:FULLEST]
    keyed = [axis.keys for axis in axes if axis.keys]
    if len(keyed) <= 1:
        return Axis(keyed[0] if keyed else (), waves)
    ends = [keys[-1][1] for keys in keyed]
    return Axis((keyed[0][0], (keyed[0][-1][0], sum(ends))), waves)


def _with_move(script: PoseScript, part: _Part, name: str) -> PoseScript:
    move = _sided(MOVES[name], part.sides)
    if part.anchor is not None:
        beats = [
            Beat(g.axis, _sized(g, part), part.anchor, seconds=_lasting(g.seconds + g.hold, part, 4.0))
            for g in move.gestures
        ]
        if name == "nod" and script.beats:  # they are asked for: not on top of those of the style
            kept = [b for b in script.beats if (b.axis, b.on) != ("pitch", part.anchor)]
            return replace(script, beats=(*kept, *beats)[:FULLEST])
        return replace(script, beats=(*script.beats, *beats)[:FULLEST])
    stays = any(gesture.hold for gesture in move.gestures)
    if part.held and stays:
        return _held(script, move, part)
    if (
        part.throughout
        or part.held
        or (move.continuous and part.count is None and part.start is None and not part.place)
    ):
        return _going_on(script, move, part)
    gestures = [
        replace(
            gesture,
            amount=_sized(gesture, part),
            seconds=_lasting(gesture.seconds, part, 60.0),
            hold=gesture.hold * part.speed,
            count=min(part.count or 1, 50),
            **_placed(part),
        )
        for gesture in move.gestures
    ]
    return replace(script, gestures=(*script.gestures, *gestures)[:32])


def _placed(part: _Part) -> dict[str, Any]:
    if part.start is not None:
        return {"start": part.start}
    if part.place == "start":
        return {"start": 0.2}
    if part.place == "middle":
        return {"at": 0.5}
    if part.place == "end":
        return {"from_end": True}
    return {}


def _sized(gesture: Gesture, part: _Part) -> float:
    return _tidy(float(np.clip(gesture.amount * part.amount, -60, 60)))


def _lasting(seconds: float, part: _Part, most: float) -> float:
    return _tidy(float(np.clip(seconds * part.speed, 0.3, most)))


def _sided(move: Move, sides: list[str]) -> Move:
    """Turned the way that is said: "look up" turns about another axis than "look left"."""
    for side in sides:
        axis, sign = SIDES[side]
        own = move.gestures[0].axis
        if own == "roll" and axis == "yaw":
            axis, sign = "roll", -sign  # roll is positive to the right shoulder
        if own == "yaw" and axis == "pitch":
            size = 13.0
        elif own == axis:
            size = abs(move.gestures[0].amount)
        else:
            continue
        gestures = tuple(replace(g, axis=axis, amount=sign * size) for g in move.gestures)
        move = replace(move, gestures=gestures)
    return move


def _held(script: PoseScript, move: Move, part: _Part) -> PoseScript:
    for gesture in move.gestures:
        axis: Axis = getattr(script, gesture.axis)
        there = Axis(((0.0, 0.0), (0.1, _sized(gesture, part))))
        script = _with_axis(script, gesture.axis, _sum_axes([axis, there]))
    return script


def _going_on(script: PoseScript, move: Move, part: _Part) -> PoseScript:
    for k, (name, hertz, amount) in enumerate(move.waves):
        axis: Axis = getattr(script, name)
        wave = Wave(
            _tidy(np.clip(hertz / part.speed, 0.01, 3)),
            _tidy(np.clip(amount * part.amount, -60, 60)),
            0.25 * k,
        )
        script = _with_axis(script, name, Axis(axis.keys, (*axis.waves, wave)[:FULLEST]))
    return script


def _with_axis(script: PoseScript, name: str, axis: Axis) -> PoseScript:
    changed: dict[str, Any] = {name: axis}
    return replace(script, **changed)
