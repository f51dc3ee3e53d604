"""Controls in a row: each a pure Clip → Clip, applied in order, written into the clip's provenance.

    clip = compose(clip, [Emotion("happy", 0.8), Pose("calm, nods on the key words"), Blinks(rate=15)])

A list of controls is plain JSON too: [{"control": "emotion", "emotion": "happy"}, …].
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..audio.features import AudioFeatures, extract_features
from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..files import PathLike, existing_file
from .emotion_overlay import Emotion
from .eyes import Blinks, Gaze
from .pose import Pose
from .pose_play import Limits
from .posescript import PoseScript, posescript_from
from .reference import Reference
from .regions import Regions
from .speaking_style import Manner, style_from
from .strength import Emphasis, Smooth, Style
from .trajectories import Curve

CONTROLS: dict[str, Any] = {
    "emotion": Emotion,
    "reference": Reference,
    "pose": Pose,
    "curve": Curve,
    "regions": Regions,
    "gaze": Gaze,
    "blinks": Blinks,
    "style": Style,
    "emphasis": Emphasis,
    "manner": Manner,
    "smooth": Smooth,
}
MOST = 64  # controls of one list
FILE_BYTES = 2**22


@runtime_checkable
class Control(Protocol):
    """A frozen dataclass that makes a new clip of a clip; what was heard may help it."""

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip: ...


def compose(clip: Clip, controls: Sequence[Control], features: AudioFeatures | None = None) -> Clip:
    """All controls, first to last. The sound is listened to once, if one of them needs it."""
    if len(controls) > MOST:
        raise InputError(f"{len(controls)} controls, expected at most {MOST}")
    if features is None and clip.audio is not None and any(_listens(control) for control in controls):
        features = extract_features(clip.audio)
    for control in controls:
        changed = control(clip, features)
        story = [*changed.provenance.get("controls", []), control_to_json(control)]
        clip = changed.replace(provenance={**changed.provenance, "controls": story})
    return clip


def _listens(control: Control) -> bool:
    return isinstance(control, Pose) or (isinstance(control, Emotion) and control.emotion == "auto")


def control_to_json(control: Control) -> dict[str, Any]:
    """The control and its settings, defaults left out; `control_from_json` makes it again."""
    name = next((name for name, kind in CONTROLS.items() if type(control) is kind), None)
    if name is None or not is_dataclass(control):
        return {"control": type(control).__name__}  # a control of the user's own: named, not stored
    given = {f.name: getattr(control, f.name) for f in fields(control)}
    usual = {f.name: f.default for f in fields(control)}
    kept = {key: _plain(value) for key, value in given.items() if not _same(value, usual[key])}
    return {"control": name, **kept}


def control_from_json(value: Any) -> Control:
    """One control of its JSON form; unknown names and settings are listed."""
    if not isinstance(value, Mapping) or not isinstance(value.get("control"), str):
        raise InputError(f"{_short(value)} is no control: expected {{'control': NAME, …}}")
    name = value["control"]
    if name not in CONTROLS:
        raise UnknownNameError("control", name, CONTROLS)
    kind = CONTROLS[name]
    known = {field.name for field in fields(kind)}
    given = {key: _read(name, key, item) for key, item in value.items() if key != "control"}
    for key in given:
        if key not in known:
            raise UnknownNameError(f"setting of '{name}'", key, known)
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"control '{name}' cannot be made of {_short(value)}: {error}") from error


def load_controls(path: PathLike) -> list[Control]:
    """A list of controls in a JSON file."""
    found = existing_file(path, FILE_BYTES)
    try:
        value = json.loads(found.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{found} is not JSON ({error or 'nested too deeply'})") from error
    if not isinstance(value, list) or len(value) > MOST:
        raise InputError(f"{found} holds no list of at most {MOST} controls")
    return [control_from_json(item) for item in value]


def _plain(value: Any) -> Any:
    """JSON values only."""
    if isinstance(value, PoseScript):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _read(control: str, key: str, value: Any) -> Any:
    """What a setting was before it became JSON."""
    if (control, key) == ("pose", "pose") and isinstance(value, Mapping):
        return posescript_from(value)
    if (control, key) == ("pose", "limits"):
        try:
            return Limits(**value)
        except TypeError as error:
            raise InputError(
                f"limits are {_short(value)}, expected degrees of yaw, pitch and roll"
            ) from error
    if (control, key) == ("manner", "style") and isinstance(value, Mapping):
        return style_from(value)
    if (control, key) == ("regions", "limits") and isinstance(value, Mapping):
        return {name: tuple(limit) if isinstance(limit, list) else limit for name, limit in value.items()}
    if isinstance(value, list) and key in ("times", "names", "frozen", "reach", "target"):
        return tuple(value)
    return value


def _same(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except ValueError:  # arrays
        return False


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
