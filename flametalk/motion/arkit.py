"""ARKit: a clip as the 52 face shapes that phones and game engines speak, and back.

    to_arkit:    minimise  Σ_t |M (p_t − T w_t)|² + ε |w_t|² + steady · |w_t − w_{t−1}|²     0 ≤ w_t ≤ 1
    from_arkit:  p_t = T w_t

p_t are the clip's expression, jaw and eyes, T is the table of what each shape is on this head, and M says
how parameters move the face: its skin, lips and lids, eyeballs and tongue. Motion that ARKit's shapes can
say is said as it is; of the rest they say the nearest.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int

from ..audio.signal import Audio
from ..clip import Clip
from ..conventions import FPS, MILLIMETRES, N_SHAPE
from ..errors import InputError, UnknownNameError
from ..files import PathLike
from ..head import Head
from .arkit_names import ARKIT_NAMES, N_ARKIT
from .boxed import solve_boxed
from .patch import N_EYES, N_JAW, Patch, face_vertices, gap_vertices, gaps, parameters_of, vertex_areas

PREFIX = "arkit/"
# Against the effect of a usual shape on the face:
RIDGE = 1e-5  # ε: of several equal answers the smallest
STEADY = 5e-3  # slows a blink by less than a hundredth, and flicker where shapes resemble one another
GAP_WEIGHT = 0.1  # of the lip and lid gaps, where the surface of the face counts 1
TONGUE_WEIGHT = 0.02
MEASURED = 1000  # frames at most on which the error is measured, evenly spread


@dataclass(frozen=True, eq=False)
class ArkitTable:
    """What each of the 52 is on one head, at strength 1."""

    head: str
    values: Float64[np.ndarray, "52 p"]  # expression, jaw (3), eyes (6)
    origin: str  # "named actions of the head", or how they came to be

    def split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Expression (52, e), jaw (52, 3), eyes (52, 6)."""
        e = self.values.shape[1] - N_JAW - N_EYES
        return self.values[:, :e], self.values[:, e : e + N_JAW], self.values[:, e + N_JAW :]


@dataclass(frozen=True, eq=False)
class ArkitMotion:
    """52 weights a frame in the order of `ARKIT_NAMES`, and the turns of head and eyes (axis-angle)."""

    weights: Float32[np.ndarray, "t 52"]
    head: Float32[np.ndarray, "t 3"]
    eyes: Float32[np.ndarray, "t 6"]  # left then right; the eyeLook… weights say the same
    fps: float = FPS
    audio: Audio | None = None
    shape: Float32[np.ndarray, "*t s"] | None = None  # whose face it was
    translation: Float32[np.ndarray, "t 3"] | None = None
    error_mm: dict[str, float] = field(default_factory=dict)  # of face vertices: mean, p95, worst
    frames_per_second: float | None = None  # of the solver
    provenance: dict[str, Any] = field(default_factory=dict)

    __no_type_check__ = True  # what is given may be any real array; __post_init__ checks and converts

    def __post_init__(self) -> None:
        frames = len(self.weights)
        for name, width in (("weights", N_ARKIT), ("head", 3), ("eyes", 6)):
            value = np.array(getattr(self, name), np.float32)
            if value.shape != (frames, width):
                raise InputError(f"{name} has shape {value.shape}, expected ({frames}, {width})")
            if not np.isfinite(value).all():
                raise InputError(f"{name} has a NaN or infinite value")
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        return ARKIT_NAMES

    @property
    def n_frames(self) -> int:
        return len(self.weights)

    def __getitem__(self, name: str) -> Float32[np.ndarray, "t"]:
        """One curve, by Apple's name."""
        if name not in ARKIT_NAMES:
            raise UnknownNameError("ARKit shape", name, ARKIT_NAMES)
        return self.weights[:, ARKIT_NAMES.index(name)]

    def __repr__(self) -> str:
        said = [f"{self.n_frames} frames at {self.fps:g} fps"]
        if self.error_mm:
            said.append("error " + ", ".join(f"{mm:.2f} mm {name}" for name, mm in self.error_mm.items()))
        if self.frames_per_second:
            said.append(f"solved at {self.frames_per_second:,.0f} frames/s")
        return f"ArkitMotion({', '.join(said)})"


def to_arkit(clip: Clip, head: Head | None = None, steady: float = STEADY) -> ArkitMotion:
    """The 52 weights of every frame, with the error they leave on the face and the solver's speed.

    All frames are solved together. `steady` weighs changes from frame to frame against the fit.
    """
    head = head or Head.load(clip.made_for)
    clip.check_made_for(head.name)
    table = arkit_table(head)
    shape = clip.shapes().mean(0) if clip.shape.ndim == 2 else clip.shape
    face = _metric(head, shape)
    given = parameters_of(clip, head.n_expression)
    begun = time.perf_counter()
    weights = _solve(face, table.values, given.astype(np.float64), steady)
    seconds = time.perf_counter() - begun
    return ArkitMotion(
        weights,
        head=turned(clip),
        eyes=np.zeros((clip.n_frames, 6)) if clip.eyes is None else clip.eyes,
        fps=clip.fps,
        audio=clip.audio,
        shape=clip.shape,
        translation=clip.translation,
        error_mm=_error(face, given, weights @ table.values),
        frames_per_second=clip.n_frames / max(seconds, 1e-9),
        provenance={**clip.provenance, "arkit": {"head": head.name, "table": table.origin}},
    )


def from_arkit(
    source: PathLike | ArkitMotion | Float[np.ndarray, "t n"],
    head: Head | None = None,
    fps: float = FPS,
) -> Clip:
    """The clip that 52 weights a frame mean on `head` (by default the built-in one).

    `source` is a Live Link Face table (.csv, which brings its own rate), what `to_arkit` gave, or weights
    in the order of `ARKIT_NAMES` at `fps`. Gaze comes from the eyeLook… weights; where they are all zero,
    from the rotations of the eyes.
    """
    if isinstance(source, str | os.PathLike):
        from .live_link import read_live_link

        motion = read_live_link(Path(source))
    elif isinstance(source, ArkitMotion):
        motion = source
    else:
        frames = len(np.asarray(source))
        motion = ArkitMotion(source, np.zeros((frames, 3)), np.zeros((frames, 6)), fps)
    head = head or Head.load()
    table = arkit_table(head)
    expression, jaw, eyes = (motion.weights.astype(np.float64) @ part for part in table.split())
    return Clip(
        shape=np.zeros(N_SHAPE) if motion.shape is None else motion.shape,
        expression=expression,
        head=motion.head,
        jaw=jaw,
        eyes=eyes if eyes.any() else motion.eyes,
        translation=motion.translation,
        fps=motion.fps,
        audio=motion.audio,
        made_for=head.name,
        provenance={**motion.provenance, "from_arkit": {"head": head.name, "table": table.origin}},
    )


@lru_cache(maxsize=4)
def arkit_table(head: Head) -> ArkitTable:
    """The head's own actions, or those of the built-in head retargeted to it."""
    if all(PREFIX + name in head.actions for name in ARKIT_NAMES):
        actions = [head.actions[PREFIX + name] for name in ARKIT_NAMES]
        rows = [torch.cat([a.expression, a.jaw, a.eyes]).double().cpu().numpy() for a in actions]
        return ArkitTable(head.name, np.stack(rows), "named actions of the head")
    from .retarget import retarget

    own = Head.load()
    expression, jaw, eyes = arkit_table(own).split()
    still = np.zeros((N_ARKIT, 3))
    poses = Clip.neutral(N_ARKIT, expression=expression, jaw=jaw, eyes=eyes, head=still, made_for=own.name)
    moved = retarget(poses, to=head)
    values = parameters_of(moved, head.n_expression).astype(np.float64)
    return ArkitTable(head.name, values, f"retargeted from {own.name}")


@dataclass(frozen=True, eq=False)
class _Metric:
    """A face and the matrix that says how much two sets of parameters differ on it, in square metres."""

    patch: Patch
    skin: Int[np.ndarray, "n"]  # which of the patch's points are the face
    gram: Float64[np.ndarray, "p p"]


def _metric(head: Head, shape: Float[np.ndarray, "s"]) -> _Metric:
    weights = head.skinning.cpu().numpy()
    balls = np.flatnonzero(weights[:, 3:].sum(1) > 0.5)
    face = np.setdiff1d(face_vertices(head), balls)
    tongue = head.regions["tongue"].cpu().numpy() if "tongue" in head.regions else np.zeros(0, np.int64)
    ids = np.unique(np.concatenate([face, balls, tongue, gap_vertices(head)]))
    patch = Patch(
        head, torch.from_numpy(np.array(shape, np.float32))[None].to(head.template), torch.from_numpy(ids)
    )
    area = vertex_areas(head.template.cpu().numpy(), head.faces.cpu().numpy())[ids]
    weight = np.zeros(len(ids))
    for part, share in ((face, 1.0), (balls, 1.0), (tongue, TONGUE_WEIGHT)):
        inside = np.isin(ids, part)
        weight[inside] = share * area[inside] / max(area[inside].sum(), 1e-12)
    motion = patch.jacobian()
    rows = gaps(head, ids).rows
    apart = np.einsum("gn,ncp->gcp", rows, motion).reshape(-1, patch.n_parameters)
    flat = (motion * np.sqrt(weight)[:, None, None]).reshape(-1, patch.n_parameters)
    gram = flat.T @ flat + GAP_WEIGHT * apart.T @ apart / max(len(rows), 1)
    return _Metric(patch, np.flatnonzero(np.isin(ids, face)), gram)


def _solve(
    face: _Metric, table: Float64[np.ndarray, "52 p"], given: Float64[np.ndarray, "t p"], steady: float
) -> Float64[np.ndarray, "t 52"]:
    """Weights of all frames; of two opposite shapes at most one acts."""
    matrix = table @ face.gram @ table.T
    effect = np.diag(matrix)
    shown = effect > 1e-8 * effect.max()  # a head without a tongue cannot put it out
    usual = float(np.median(effect[shown]))
    right = given @ face.gram @ table.T / usual
    weights = solve_boxed(
        matrix / usual + RIDGE * np.eye(N_ARKIT), right, np.zeros(N_ARKIT), shown.astype(float), steady
    )
    for i, j in opposites(table):
        both = np.minimum(weights[:, i], weights[:, j])
        weights[:, i] -= both
        weights[:, j] -= both
    return weights


def opposites(table: Float64[np.ndarray, "52 p"]) -> list[tuple[int, int]]:
    """Pairs of shapes that undo one another, such as a jaw to the left and to the right."""
    size = np.linalg.norm(table, axis=1)
    cosine = table @ table.T / np.maximum(np.outer(size, size), 1e-30)
    alike = np.abs(size[:, None] - size) < 1e-6 * size.max()
    rows, columns = np.nonzero((cosine < -1 + 1e-6) & alike)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if i < j]


def _error(
    face: _Metric, given: Float[np.ndarray, "t p"], said: Float[np.ndarray, "t p"]
) -> dict[str, float]:
    """Millimetres between the face and the face that the weights say."""
    chosen = np.unique(np.linspace(0, len(given) - 1, MEASURED).astype(int))
    apart = [
        np.linalg.norm(face.patch.points(given[part]) - face.patch.points(said[part]), axis=-1)[:, face.skin]
        for part in np.array_split(chosen, -(-len(chosen) // 64))
    ]
    all_mm = np.concatenate(apart) * MILLIMETRES
    return {
        "mean": float(all_mm.mean()),
        "p95": float(np.percentile(all_mm, 95)),
        "worst": float(all_mm.max()),
    }


def turned(clip: Clip) -> Float32[np.ndarray, "t 3"]:
    """Neck and head as one turn."""
    from scipy.spatial.transform import Rotation

    if clip.neck is None:
        return clip.head
    both = Rotation.from_rotvec(clip.head) * Rotation.from_rotvec(clip.neck)
    return both.as_rotvec().astype(np.float32)
