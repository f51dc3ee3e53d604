"""`Clip`: identity and motion of one head over time. The one value that travels through the house.

Arrays are float32 and read-only; every method returns a new clip. Frame k stands for the time k / fps.
Reading and writing files lives in `formats/`, pictures in `render/`; the last methods here lead there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

from .audio.signal import Audio
from .clip_parts import (
    MAX_FPS,
    OPTIONAL,
    REQUIRED,
    ROTATIONS,
    TIMED,
    WIDTHS,
    check_head,
    check_rate,
    checked_part,
    first_and_last,
    pack,
    parts_at_rest,
    pose_of,
    resampled,
    same,
    smoothed,
    unpack,
)
from .conventions import FPS
from .errors import InputError

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

    from .files import PathLike
    from .head import Head
    from .motion.arkit import ArkitMotion

__all__ = ["MAX_FPS", "OPTIONAL", "REQUIRED", "ROTATIONS", "TIMED", "WIDTHS", "Clip"]


@dataclass(frozen=True, eq=False)
class Clip:
    """Coefficients per frame, with the sound and the story of where they come from.

    `shape` is constant, (s,), or per frame, (t, s). A head with fewer coefficients than the clip has
    refuses it; one with more counts the missing ones as zeros. `made_for` names the head whose
    coefficients these are ("flame" when only the family is known, None when nothing is).
    """

    shape: Float32[np.ndarray, "*t s"]
    expression: Float32[np.ndarray, "t e"]
    head: Float32[np.ndarray, "t 3"]  # rotation of the root joint
    jaw: Float32[np.ndarray, "t 3"]
    neck: Float32[np.ndarray, "t 3"] | None = None
    eyes: Float32[np.ndarray, "t 6"] | None = None
    translation: Float32[np.ndarray, "t 3"] | None = None  # metres, added last
    detail: Float32[np.ndarray, "t d"] | None = None
    fps: float = FPS
    audio: Audio | None = None
    made_for: str | None = None
    provenance: dict[str, Any] = field(default_factory=dict)  # weights, seed, versions; JSON values only

    __no_type_check__ = True  # what is given may be any real array; __post_init__ checks and converts

    def __post_init__(self) -> None:
        object.__setattr__(self, "fps", check_rate(self.fps))
        frames = len(self.expression)
        if frames == 0:
            raise InputError("a clip needs at least one frame, got none")
        for name in ("shape", *TIMED):
            value = getattr(self, name)
            if value is not None or name not in OPTIONAL:
                object.__setattr__(self, name, checked_part(name, value, frames))

    # --- making ------------------------------------------------------------------------------

    @staticmethod
    def neutral(frames: int, **parts: Any) -> Clip:
        """A clip at rest; `parts` are any of Clip's fields that should not be zero."""
        return Clip(**(parts_at_rest(frames) | parts))

    @staticmethod
    def from_vector(vector: Float32[np.ndarray, "t 284"], **parts: Any) -> Clip:
        """From the packed parameter vector of `conventions.py`; `parts` are further fields."""
        return Clip(**(unpack(vector) | parts))

    @staticmethod
    def concatenate(clips: Sequence[Clip], fade: float = 0.2) -> Clip:
        """One after the other; neighbours overlap for `fade` seconds, and so does their sound."""
        from .joining import concatenate

        return concatenate(clips, fade)

    @staticmethod
    def load(path: PathLike, layout: str | None = None) -> Clip:
        """Any layout of docs/usage.md; `layout` names it where the file does not tell."""
        from .formats import read_clip

        return read_clip(path, layout)

    @staticmethod
    def from_arkit(source: Any, head: Head | None = None, fps: float = FPS) -> Clip:
        """From a Live Link Face .csv, what `to_arkit` gave, or 52 weights a frame; see `motion.arkit`."""
        from .motion.arkit import from_arkit

        return from_arkit(source, head, fps)

    # --- asking ------------------------------------------------------------------------------

    @property
    def n_frames(self) -> int:
        return len(self.expression)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_frames / self.fps

    @property
    def times(self) -> np.ndarray:
        """Seconds of every frame, (t,)."""
        return np.arange(self.n_frames) / self.fps

    def shapes(self) -> Float32[np.ndarray, "t s"]:
        """Shape per frame, whichever way it is stored."""
        return np.broadcast_to(self.shape, (self.n_frames, self.shape.shape[-1]))

    def vector(self) -> Float32[np.ndarray, "t 284"]:
        """The packed parameter vector; coefficients beyond its slices must be zero."""
        parts = {"shape": self.shapes(), "expression": self.expression, "head": self.head, "jaw": self.jaw}
        return pack(parts if self.detail is None else parts | {"detail": self.detail}, self.n_frames)

    def pose(self) -> Float32[np.ndarray, "t 5 3"]:
        """Axis-angle of the five joints."""
        return pose_of(self.head, self.jaw, self.neck, self.eyes)

    def __eq__(self, other: object) -> bool:
        """Same numbers, sound, rate and story."""
        if not isinstance(other, Clip):
            return NotImplemented
        return all(same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # arrays inside

    def __repr__(self) -> str:
        sound = f", sound {self.audio.rate} Hz" if self.audio else ""
        extra = "".join(f", {name}" for name in OPTIONAL if getattr(self, name) is not None)
        return (
            f"Clip({self.n_frames} frames, {self.duration:.2f} s at {self.fps:g} fps, "
            f"shape {self.shape.shape}, expression {self.expression.shape[1]}{extra}{sound}, "
            f"made for {self.made_for or 'any head'})"
        )

    # --- changing ----------------------------------------------------------------------------

    def replace(self, **changes: Any) -> Clip:
        """The same clip with other fields."""
        return replace(self, **changes)

    def __getitem__(self, seconds: slice) -> Clip:
        """`clip[0.5:2]` is the part from 0.5 to 2 seconds."""
        if not isinstance(seconds, slice) or seconds.step is not None:
            raise InputError("index a clip with a span of seconds, such as clip[0.5:2]")
        return self.cut(
            0.0 if seconds.start is None else float(seconds.start),
            self.duration if seconds.stop is None else float(seconds.stop),
        )

    def cut(self, start: float, end: float) -> Clip:
        """The frames from `start` to `end` seconds (negative counts from the end), with their sound."""
        first, last = first_and_last(start, end, self.n_frames, self.fps)
        parts: dict[str, Any] = {name: value[first:last] for name, value in self._timed().items()}
        audio = self.audio.cut(first / self.fps, last / self.fps) if self.audio else None
        return replace(self, **parts, audio=audio)

    def resample(self, fps: float) -> Clip:
        """The same motion at another frame rate: rotations along arcs, the rest by monotone cubics."""
        if fps == self.fps:
            return self
        parts: dict[str, Any] = resampled(self._timed(), self.n_frames, self.fps, check_rate(fps))
        return replace(self, **parts, fps=fps)

    def smooth(self, seconds: float = 0.2, names: Sequence[str] = REQUIRED) -> Clip:
        """Savitzky–Golay (cubic) over a window of `seconds`; rotations as quaternions."""
        parts: dict[str, Any] = smoothed(self._timed(), seconds * self.fps, names)
        return replace(self, **parts)

    def _timed(self) -> dict[str, np.ndarray]:
        """The arrays that have a time axis."""
        timed = {name: value for name in TIMED if (value := getattr(self, name)) is not None}
        return timed | ({"shape": self.shape} if self.shape.ndim == 2 else {})

    # --- leading on --------------------------------------------------------------------------

    def check_made_for(self, head_name: str) -> None:
        """Coefficients mean nothing with another head: refuse, never misread."""
        check_head(self.made_for, head_name)

    def vertices(self, head: Head | None = None, start: int = 0, stop: int | None = None) -> torch.Tensor:
        """Posed vertices (t, v, 3) in metres of frames `start` to `stop`; by default with its own head."""
        import torch

        from .head import Head

        head = head or Head.load(None if self.made_for is None else self.made_for)
        self.check_made_for(head.name)
        span = slice(start, stop)

        def tensor(value: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.array(value)).to(head.template)

        shape = self.shape[None] if self.shape.ndim == 1 else self.shape[span]
        return head.vertices(
            tensor(shape),
            tensor(self.expression[span]),
            tensor(self.pose()[span]),
            None if self.translation is None else tensor(self.translation[span]),
        )

    def vertex_chunks(self, head: Head | None = None, frames: int = 64) -> Iterator[torch.Tensor]:
        """`vertices`, a few frames at a time, so that memory does not grow with length."""
        for start in range(0, self.n_frames, frames):
            yield self.vertices(head, start, start + frames)

    def save(self, path: PathLike, layout: str | None = None, lossy: bool = False) -> None:
        """`.npz` or `.safetensors` keep everything; `layout` writes another project's format.

        What that format cannot hold is an error, or with `lossy=True` is left out.
        """
        from .formats import write_clip

        write_clip(self, path, layout, lossy)

    def to_arkit(self, head: Head | None = None) -> ArkitMotion:
        """ARKit's 52 weights of every frame, with the error they leave in mm; see `motion.arkit`."""
        from .motion.arkit import to_arkit

        return to_arkit(self, head)

    def render(self, path: PathLike, **options: Any) -> None:
        """x.mp4 with sound, x.png, or frames/*.png; options as of `film.render_clip`: view, mode, size …"""
        from .film import render_clip

        render_clip(self, path, **options)

    def export(self, path: PathLike, head: Head | None = None, **options: Any) -> None:
        """x.glb and other programs' formats, by the ending; options as of `flametalk.export.export`."""
        from .export import export

        export(self, path, head, **options)

    def show(self, video: bool = False, **options: Any) -> Any:
        """Plays in a notebook, with sound: a head to turn (head, look, height), or with `video=True` a
        film (options as of `render`)."""
        from .show import ClipView, VideoView

        return VideoView(self, options) if video else ClipView(self, **options)

    def to_moviepy(self, **options: Any) -> Any:
        """A finished picture-and-sound clip for people who cut films (extra `moviepy`)."""
        from .film import to_moviepy

        return to_moviepy(self, **options)

    def plot(self) -> Figure:
        """Jaw, head and strongest expressions over the waveform."""
        from .plot import plot_clip

        return plot_clip(self)
