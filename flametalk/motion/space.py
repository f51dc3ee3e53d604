"""A motion space: which parts of a clip a generator moves, in which order, as one row of numbers a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from ..clip import TIMED, WIDTHS, Clip
from ..conventions import N_DETAIL, N_EXPRESSION, N_ROTATION, N_SHAPE
from ..errors import InputError, UnknownNameError

PARTS = ("shape", *TIMED)


@dataclass(frozen=True)
class Group:
    """One field of a clip and how many of its numbers are used."""

    name: str
    width: int

    def __post_init__(self) -> None:
        if self.name not in PARTS:
            raise UnknownNameError("part of a clip", self.name, PARTS)
        fixed = WIDTHS.get(self.name, self.width)
        if self.width < 1 or self.width != fixed:
            raise InputError(f"group '{self.name}' is {self.width} wide, expected {max(fixed, 1)}")


@dataclass(frozen=True)
class MotionSpace:
    """Named groups of dimensions, one after the other."""

    name: str
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        names = self.names
        if not names or len(set(names)) != len(names):
            raise InputError(f"motion space '{self.name}' has the groups {names}: give each once")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)

    @property
    def width(self) -> int:
        """Numbers a frame."""
        return sum(group.width for group in self.groups)

    @property
    def slices(self) -> dict[str, slice]:
        """Where each group lies in a row."""
        stops = np.cumsum([group.width for group in self.groups]).tolist()
        return {g.name: slice(stop - g.width, stop) for g, stop in zip(self.groups, stops, strict=True)}

    def __getitem__(self, name: str) -> slice:
        if name not in self.names:
            raise UnknownNameError(f"group of motion space '{self.name}'", name, self.names)
        return self.slices[name]

    def pack(self, clip: Clip) -> Float32[np.ndarray, "t width"]:
        """The rows of a clip. Missing parts count as zeros; non-zero numbers beyond a group are an error."""
        rows = np.zeros((clip.n_frames, self.width), np.float32)
        for group in self.groups:
            value = clip.shapes() if group.name == "shape" else getattr(clip, group.name)
            if value is None:
                continue
            if value[:, group.width :].any():
                raise InputError(
                    f"{group.name} has {value.shape[1]} numbers that are not zero, "
                    f"motion space '{self.name}' holds {group.width}"
                )
            part = rows[:, self[group.name]]
            part[:, : value.shape[1]] = value[:, : group.width]
        return rows

    def unpack(self, rows: Float[np.ndarray, "t width"], like: Clip | None = None, **parts: Any) -> Clip:
        """The clip of `rows`. Fields outside this space come from `parts`, else from frame 0 of `like`."""
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise InputError(
                f"rows have shape {rows.shape}, motion space '{self.name}' has {self.width} numbers"
            )
        still: dict[str, Any] = {} if like is None else _still(like, len(rows))
        moving: dict[str, Any] = {name: rows[:, where] for name, where in self.slices.items()}
        return Clip.neutral(len(rows), **(still | moving | parts))

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "groups": [[group.name, group.width] for group in self.groups]}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "MotionSpace":
        groups = tuple(Group(str(name), int(width)) for name, width in value["groups"])
        return MotionSpace(str(value["name"]), groups)


def _still(clip: Clip, frames: int) -> dict[str, Any]:
    """Everything of a clip held at its first frame."""
    timed = {name: value for name in PARTS if (value := getattr(clip, name)) is not None and value.ndim == 2}
    held: dict[str, Any] = {name: np.repeat(value[:1], frames, axis=0) for name, value in timed.items()}
    if clip.shape.ndim == 1:
        held["shape"] = clip.shape
    return held | {"fps": clip.fps, "made_for": clip.made_for}


FLAME_284 = MotionSpace(  # 3DXTalker's order, the packed vector of conventions.py
    "flame-284",
    (
        Group("shape", N_SHAPE),
        Group("expression", N_EXPRESSION),
        Group("head", N_ROTATION),
        Group("jaw", N_ROTATION),
        Group("detail", N_DETAIL),
    ),
)

# The built-in head has no detail. It has eyes, since gaze is part of what its performer does; lids are
# expressions. Its neck stays at rest: one rotation of the head is all that a listener sees of it.
BUILTIN_162 = MotionSpace(
    "builtin-162",
    (
        Group("shape", N_SHAPE),
        Group("expression", N_EXPRESSION),
        Group("head", N_ROTATION),
        Group("jaw", N_ROTATION),
        Group("eyes", 2 * N_ROTATION),
    ),
)

SPACES = {space.name: space for space in (FLAME_284, BUILTIN_162)}


def motion_space(name: str) -> MotionSpace:
    """A space by its name."""
    if name not in SPACES:
        raise UnknownNameError("motion space", name, SPACES)
    return SPACES[name]
