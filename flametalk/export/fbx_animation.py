"""Animation of an FBX file: curves that move joints and weights.

What stays at rest has no curves. Where one channel moves, the others get a single key: Blender's importer
passes over a property whose first channel has no curve.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from .euler import euler_angles
from .fbx_binary import I32, Packed, node
from .fbx_document import Objects, p, p_time, properties, ticks
from .scene import Scene

LINEAR = 4
DEFAULT_TANGENTS = np.array([0, 0, 218_434_821, 0], np.int32).view(np.float32)  # both tangent weights 1/3
STILL_METRES, STILL_DEGREES, STILL_PERCENT = 1e-8, 1e-6, 1e-5


@dataclass(frozen=True, eq=False)
class Track:
    """One animated property of one object."""

    target: int
    slot: str  # the property it drives
    name: str  # of the curve node
    channels: tuple[str, ...]
    values: Float[np.ndarray, "t n"]
    rest: tuple[float, ...]  # what the object has without animation
    still: float  # less is no change


def joint_tracks(
    scene: Scene,
    joints: list[int],
    local: Float64[np.ndarray, "j 3"],
    turn: Float64[np.ndarray, "3 3"],
    scale: float,
) -> list[Track]:
    """Rotation and place of every joint in the file's axes and units; `local` are their places at rest."""
    tracks, axes, zero = [], ("d|X", "d|Y", "d|Z"), (0.0, 0.0, 0.0)
    for j, number in enumerate(joints):
        rest = tuple(float(x) for x in local[j])
        places = scale * scene.translations[:, j] @ turn.T
        angles = euler_angles(turn @ scene.rotations[:, j] @ turn.T)
        tracks.append(Track(number, "Lcl Translation", "T", axes, places, rest, STILL_METRES * scale))
        tracks.append(Track(number, "Lcl Rotation", "R", axes, angles, zero, STILL_DEGREES))
    return tracks


def weight_tracks(channels: list[int], weights: Float[np.ndarray, "t k"]) -> list[Track]:
    """Target weights, in percent."""
    slot, channel = "DeformPercent", ("d|DeformPercent",)
    return [
        Track(number, slot, slot, channel, 100.0 * column[:, None], (0.0,), STILL_PERCENT)
        for number, column in zip(channels, weights.T, strict=True)
    ]


def add_animation(objects: Objects, stack_name: str, fps: float, frames: int, tracks: list[Track]) -> int:
    """One stack, one layer; gives the number of curves."""
    times = ticks(frames, fps)
    stop = int(times[-1])
    spans = [p_time(name, value) for name, value in (("LocalStart", 0), ("LocalStop", stop))]
    spans += [p_time(name, value) for name, value in (("ReferenceStart", 0), ("ReferenceStop", stop))]
    stack = objects.add("AnimationStack", stack_name, "AnimStack", "", properties(*spans))
    layer = objects.add("AnimationLayer", stack_name, "AnimLayer", "")
    objects.link(layer, stack)
    keys = _Keys(times)
    return sum(_add_track(objects, layer, track, keys) for track in tracks)


class _Keys:
    """What curves share, encoded once: for all frames, and for a single key."""

    def __init__(self, times: np.ndarray):
        self.times = {n: Packed(times[:n]) for n in (1, len(times))}
        self.counts = {n: Packed(np.array([n], np.int32)) for n in (1, len(times))}
        self.flags = Packed(np.array([LINEAR], np.int32))
        self.tangents = Packed(DEFAULT_TANGENTS)


def _add_track(objects: Objects, layer: int, track: Track, keys: _Keys) -> int:
    """A curve node with a curve for each channel; none where no channel leaves its rest."""
    away = np.abs(track.values - np.array(track.rest)).max(0) > track.still
    moving = np.ptp(track.values, axis=0) > track.still
    if not away.any():
        return 0
    rows = [p(name, "Number", "", "A", rest) for name, rest in zip(track.channels, track.rest, strict=True)]
    number = objects.add("AnimationCurveNode", track.name, "AnimCurveNode", "", properties(*rows))
    objects.link(number, layer)
    objects.link(number, track.target, track.slot)
    for c in range(len(track.channels)):
        values = track.values[: None if moving[c] else 1, c].astype(np.float32)
        curve = objects.add(
            "AnimationCurve",
            "",
            "AnimCurve",
            "",
            node("Default", track.rest[c]),
            node("KeyVer", I32(4008)),
            node("KeyTime", keys.times[len(values)]),
            node("KeyValueFloat", values),
            node("KeyAttrFlags", keys.flags),
            node("KeyAttrDataFloat", keys.tangents),
            node("KeyAttrRefCount", keys.counts[len(values)]),
        )
        objects.link(curve, number, track.channels[c])
    return len(track.channels)
