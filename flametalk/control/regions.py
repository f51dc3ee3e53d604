"""Gains, limits and freezing by region of the face, by action, or by single coefficient (Ditto 3.1.2).

With a head whose expressions have names (the built-in one) a region is a set of coefficients. With FLAME,
whose components move the whole face, a region is a set of vertices: the motion is scaled there, and the
coefficients that come nearest to the result are taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float64

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..head import Head
from .curves import angles_of, rotations_of, soft_limit

NAMED: dict[str, tuple[str, ...]] = {  # beginnings of the names of expressions
    "brows": ("brow_",),
    "lids": ("blink_", "lid_"),
    "nose": ("nose_", "nostril_"),
    "cheeks": ("cheek_", "puff_"),
    "tongue": ("tongue_",),
    "mouth": (
        "mouth_", "pucker", "funnel", "corner_", "bite", "roll_", "stretch_", "chin_", "dimple_",
        "upper_lip_", "lower_lip_", "press_",
    ),
    "smile": ("corner_up", "dimple_"),
    "left": (), "right": (),  # by their ending
    "upper face": ("brow_", "blink_", "lid_", "nose_", "nostril_", "cheek_"),
    "lower face": (
        "mouth_", "pucker", "funnel", "corner_", "bite", "roll_", "stretch_", "chin_", "dimple_",
        "upper_lip_", "lower_lip_", "press_", "puff_", "tongue_", "jaw_",
    ),
    "jaw": ("jaw_",),
}  # fmt: skip
MASKED: dict[str, tuple[str, ...]] = {  # FLAME's masks
    "brows": ("forehead",),
    "lids": ("eye_region",),
    "nose": ("nose",),
    "mouth": ("lips",),
    "upper face": ("forehead", "eye_region"),
    "lower face": ("lips",),
}
JOINTS = ("jaw", "head", "neck", "eyes")
TURNS = ("pitch", "yaw", "roll")  # of the head, for limits in degrees
MOST_GAIN = 5.0
SMOOTH_FIT = 1e-3  # of the largest diagonal entry: keeps coefficients small
Range = float | tuple[float, float]


@dataclass(frozen=True)
class Regions:
    """`gains` multiply (0 freezes at rest), `frozen` hold what the first frame shows, `limits` bound.

    Names: brows, lids, nose, cheeks, tongue, mouth, smile, upper face, lower face, left, right; the joints
    jaw, head, neck, eyes; any single expression ("corner_up_left", "expression 12"). A limit is the greatest
    absolute value or (lowest, highest): of coefficients in their own units, of jaw, pitch, yaw and roll in
    degrees. Motion bends softly into its limits.
    """

    gains: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, Range] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, gain in self.gains.items():
            if not 0.0 <= gain <= MOST_GAIN:
                raise InputError(f"gain of '{name}' is {gain:g}, expected 0 to {MOST_GAIN:g}")
        for name, limit in self.limits.items():
            low, high = _range(limit)
            if not (np.isfinite([low, high]).all() and low < high):
                raise InputError(
                    f"limit of '{name}' is {limit}, expected a positive number or (lowest, highest)"
                )

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        head = Head.load(clip.made_for)
        for name, gain in self.gains.items():
            clip = _scaled(clip, head, name, gain, np.zeros_like(clip.expression[0]), None)
        for name in self.frozen:
            clip = _scaled(clip, head, name, 0.0, clip.expression[0], 0)
        for name, limit in self.limits.items():
            clip = _limited(clip, head, name, *_range(limit))
        return clip


def _range(limit: Range) -> tuple[float, float]:
    if isinstance(limit, int | float):
        return -float(limit), float(limit)
    low, high = limit
    return float(low), float(high)


def _scaled(clip: Clip, head: Head, name: str, gain: float, rest: np.ndarray, frame: int | None) -> Clip:
    """Motion about `rest` (and about frame `frame`, or zero, of joints) times `gain`."""
    joint = getattr(clip, name) if name in JOINTS else None
    if joint is not None:
        base = joint[frame] if frame is not None else np.zeros_like(joint[0])
        clip = clip.replace(**{name: base + gain * (joint - base)})
    if name in JOINTS and name != "jaw":
        return clip
    gains = _gains(head, name, clip.expression.shape[1], gain, optional=name == "jaw")
    if gains is None:
        return clip
    moved = clip.expression.astype(np.float64) - rest
    return clip.replace(expression=rest + (moved * gains if gains.ndim == 1 else moved @ gains.T))


def _limited(clip: Clip, head: Head, name: str, low: float, high: float) -> Clip:
    if name == "jaw":
        jaw = np.degrees(clip.jaw.astype(np.float64))
        jaw[:, 0] = _bent(jaw[:, 0], max(low, 0.0), high)
        return clip.replace(jaw=np.radians(jaw))
    if name in TURNS:
        angles, k = angles_of(clip.head), TURNS.index(name)
        angles[:, k] = _bent(angles[:, k], low, high)
        return clip.replace(head=rotations_of(angles))
    chosen = coefficients_of(head, name, clip.expression.shape[1])
    if chosen is None:
        raise InputError(
            f"'{name}' cannot be limited on the head '{head.name}', whose components have no names: limit "
            "single ones ('expression 12'), jaw, pitch, yaw or roll"
        )
    expression = clip.expression.astype(np.float64)
    expression[:, chosen] = _bent(expression[:, chosen], low, high)
    return clip.replace(expression=expression)


def _bent(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Softly into [low, high]; a range that begins at 0, as of an opening jaw, is bent only at its top."""
    if low == 0.0:
        return soft_limit(np.maximum(values, 0.0), high)
    middle, half = (low + high) / 2, (high - low) / 2
    return middle + soft_limit(values - middle, half)


def coefficients_of(head: Head, name: str, width: int) -> np.ndarray | None:
    """Indices of the expressions of a region; None where the head's components have no names."""
    word, _, number = name.partition(" ")
    if word == "expression" and number.isdigit():
        if int(number) >= width:
            raise InputError(f"'{name}': the clip has the expressions 0 to {width - 1}")
        return np.array([int(number)])
    names = head.expression_names[:width]
    if name in names:
        return np.array([names.index(name)])
    if names and name in NAMED:
        if name in ("left", "right"):
            return np.array([k for k, own in enumerate(names) if own.endswith(f"_{name}")])
        return np.array([k for k, own in enumerate(names) if own.startswith(NAMED[name])])
    if names or name not in MASKED:
        known = [*NAMED, *names] if names else [*MASKED, f"expression 0 … {width - 1}"]
        raise UnknownNameError("region", name, [*known, *JOINTS])
    return None


def _gains(
    head: Head, name: str, width: int, gain: float, optional: bool
) -> Float64[np.ndarray, "e"] | Float64[np.ndarray, "e e"] | None:
    """A factor for each coefficient, or a matrix where regions are vertices."""
    if optional and not head.expression_names:
        return None
    chosen = coefficients_of(head, name, width)
    if chosen is not None:
        gains = np.ones(width)
        gains[chosen] = gain
        return gains
    return np.eye(width) + (gain - 1.0) * _projection(head, name, width)


@lru_cache(maxsize=16)
def _projection(head: Head, name: str, width: int) -> Float[np.ndarray, "e e"]:
    """The coefficients that come nearest to the motion of one region alone."""
    missing = [mask for mask in MASKED[name] if mask not in head.regions]
    if missing:
        raise InputError(
            f"the head '{head.name}' has no region {', '.join(missing)}: `flametalk assets add masks FILE`"
        )
    inside = np.unique(np.concatenate([head.regions[mask].numpy() for mask in MASKED[name]]))
    basis = head.expression_basis[..., :width].double().numpy()
    flat = basis.reshape(-1, width)
    gram = flat.T @ flat
    part = basis[inside].reshape(-1, width)
    return np.linalg.solve(gram + SMOOTH_FIT * gram.diagonal().max() * np.eye(width), part.T @ part)
