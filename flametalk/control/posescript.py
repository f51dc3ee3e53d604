"""`PoseScript`: how a head moves while someone speaks, as data. Its JSON schema lies beside this file.

    {"version": 1, "yaw": {"waves": [{"hertz": 0.2, "amount": 8}]},
     "beats": [{"axis": "pitch", "amount": 6, "on": "stressed words"}]}

Whoever writes one (the phrase parser, a language model, you), it is only ever read as JSON, checked against
the schema, and its numbers are brought into their ranges. Nothing in it is run.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..errors import InputError
from .schema import check, posescript_schema

AXES = ("pitch", "yaw", "roll", "lean")  # in the order of a clip's head rotation, then forward
VERSION = 1
LONGEST = 1_000_000  # characters of JSON
Keys = tuple[tuple[float, float], ...]  # (part of the clip, value)


@dataclass(frozen=True)
class Wave:
    hertz: float
    amount: float  # degrees, or centimetres of lean
    phase: float = 0.0  # of a turn
    envelope: Keys = ()  # strength 0 … 1; none: 1 throughout


@dataclass(frozen=True)
class Axis:
    """A base curve: keyframes plus waves."""

    keys: Keys = ()
    waves: tuple[Wave, ...] = ()


@dataclass(frozen=True)
class Beat:
    """A stroke on every such moment of the speech."""

    axis: str
    amount: float
    on: str = "stressed words"  # or "phrase starts", "phrase ends"
    share: float = 1.0  # part of the moments, the strongest first
    seconds: float = 0.6
    alternate: bool = False  # every other stroke goes the other way


@dataclass(frozen=True)
class Gesture:
    """A movement there and back, `count` times."""

    axis: str
    amount: float
    start: float | None = None  # seconds; None: when the gesture before is over
    at: float | None = None  # part of the clip by which half of it is done; instead of `start`
    from_end: bool = False
    seconds: float = 0.8
    count: int = 1
    both_ways: bool = False
    hold: float = 0.0

    @property
    def lasts(self) -> float:
        return self.count * (self.seconds + self.hold)


@dataclass(frozen=True)
class PoseScript:
    pitch: Axis = Axis()
    yaw: Axis = Axis()
    roll: Axis = Axis()
    lean: Axis = Axis()
    beats: tuple[Beat, ...] = ()
    gestures: tuple[Gesture, ...] = ()
    gain: float = 1.0
    with_energy: float = 0.0
    calm_in_pauses: float = 0.5
    return_part: float = 0.2
    about: str = ""

    def to_json(self) -> dict[str, Any]:
        """What `posescript_from` reads back; parts at their defaults are left out."""
        found: dict[str, Any] = {"version": VERSION}
        for name in ("about", "gain", "with_energy", "calm_in_pauses", "return_part"):
            if getattr(self, name) != PoseScript.__dataclass_fields__[name].default:
                found[name] = getattr(self, name)
        for name in AXES:
            axis: Axis = getattr(self, name)
            parts: dict[str, Any] = {"keys": [list(k) for k in axis.keys]} if axis.keys else {}
            if axis.waves:
                parts["waves"] = [_stated(wave) for wave in axis.waves]
            if parts:
                found[name] = parts
        if self.beats:
            found["beats"] = [_stated(beat) for beat in self.beats]
        if self.gestures:
            found["gestures"] = [_stated(gesture) for gesture in self.gestures]
        return found


def _stated(part: Wave | Beat | Gesture) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    fields = type(part).__dataclass_fields__
    given = {name: getattr(part, name) for name in fields}
    if "envelope" in given:
        given["envelope"] = [list(k) for k in given["envelope"]] or ()
    return {name: value for name, value in given.items() if value != fields[name].default}


def posescript_from(value: Any) -> PoseScript:
    """A checked PoseScript of parsed JSON; what is wrong is listed, numbers out of range are brought in."""
    script, _, problems = check(value, posescript_schema())
    if not problems:
        problems = _out_of_order(script)
    if problems:
        raise InputError(f"not a PoseScript: {'; '.join(problems)}")
    axes: dict[str, Any] = {name: _axis(script[name]) for name in AXES if name in script}
    plain = {
        k: script[k] for k in ("about", "gain", "with_energy", "calm_in_pauses", "return_part") if k in script
    }
    return PoseScript(
        beats=tuple(Beat(**b) for b in script.get("beats", ())),
        gestures=tuple(Gesture(**{**g, "count": int(g.get("count", 1))}) for g in script.get("gestures", ())),
        **axes,
        **plain,
    )


def posescript_from_text(text: str) -> PoseScript:
    """From JSON text; NaN, infinities and anything after the object are errors."""
    if len(text) > LONGEST:
        raise InputError(f"a PoseScript of {len(text):,} characters, expected at most {LONGEST:,}")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a PoseScript: no JSON ({error or 'nested too deeply'})") from error
    return posescript_from(value)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _axis(given: dict[str, Any]) -> Axis:
    waves = tuple(
        Wave(w["hertz"], w["amount"], w.get("phase", 0.0), _keys(w.get("envelope", ())))
        for w in given.get("waves", ())
    )
    return Axis(_keys(given.get("keys", ())), waves)


def _keys(given: Any) -> Keys:
    return tuple((float(at), float(value)) for at, value in given)


def _out_of_order(script: dict[str, Any]) -> list[str]:
    """Keys whose parts of the clip are outside 0 … 1 or do not rise."""
    found = []
    for name in AXES:
        axis = script.get(name, {})
        tracks = [(f"{name}.keys", axis.get("keys", ()))]
        tracks += [
            (f"{name}.waves[{k}].envelope", w.get("envelope", ()))
            for k, w in enumerate(axis.get("waves", ()))
        ]
        for label, keys in tracks:
            parts = [part for part, _ in keys]
            if any(not 0 <= p <= 1 for p in parts) or any(b <= a for a, b in pairwise(parts)):
                found.append(f"script.{label}: the first numbers are parts of the clip, rising from 0 to 1")
    return found
