"""`Scene`: a clip on a head as every animated-mesh format wants it. One rest mesh, one skeleton, morph
targets, and their curves.

    v = Σ_j w_j · A_j · (rest + Σ_k weight_k · target_k)        A_j = world_j · (place_j)⁻¹

This equals the head's own vertices in every frame: pose correctives are targets, a varying identity is
targets around its mean, and joints that move with the expression are translated.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int32

from ..clip import Clip
from ..conventions import JAW_JOINT, JOINT_NAMES, JOINT_PARENTS, MILLIMETRES, ROOT
from ..errors import InputError
from ..head import Head
from ..rotations import matrix_from_axis_angle
from ..version import __version__
from .settings import ExportSettings
from .targets import Targets, corrective_targets, expression_targets, identity_targets, joined

LOOKED_AT: Final = 9  # frames
LEAST_WEIGHT: Final = 1e-7  # of a joint on a vertex


@dataclass(frozen=True, eq=False)
class Scene:
    """t frames, v vertices, k targets, j = 5 joints. Metres, +y up, +z out of the face."""

    head: str
    fps: float
    vertices: Float32[np.ndarray, "v 3"]  # the clip's identity at rest
    faces: Int32[np.ndarray, "f 3"]
    polygons: Int32[np.ndarray, "q 4"]  # −1 in the last column marks a triangle
    polygon_of_face: Int32[np.ndarray, "f"]
    uv: Float32[np.ndarray, "c 2"] | None  # v up
    uv_faces: Int32[np.ndarray, "f 3"] | None
    uv_polygons: Int32[np.ndarray, "q 4"] | None
    places: Float64[np.ndarray, "j 3"]  # joints at rest, in the world; inverse bind = minus this
    skin_joints: Int32[np.ndarray, "v i"]  # i is 4, or 8 where four would lose something
    skin_weights: Float32[np.ndarray, "v i"]  # strongest first, rows sum to 1
    target_names: tuple[str, ...]
    n_main: int  # the first of the targets are expressions or ARKit's; then come correctives and identity
    targets: Float32[np.ndarray, "k v 3"]
    weights: Float32[np.ndarray, "t k"]
    rotations: Float64[np.ndarray, "t j 3 3"]  # in the parent's space
    translations: Float64[np.ndarray, "t j 3"]  # in the parent's space; of the root: in the world
    provenance: dict[str, Any]

    joint_names: tuple[str, ...] = JOINT_NAMES
    joint_parents: tuple[int, ...] = JOINT_PARENTS

    @property
    def n_frames(self) -> int:
        return len(self.weights)

    @property
    def times(self) -> Float64[np.ndarray, "t"]:
        """Seconds."""
        return np.arange(self.n_frames) / self.fps

    @property
    def rest_translations(self) -> Float64[np.ndarray, "j 3"]:
        """Joints at rest, in their parents' space."""
        parents = np.array(self.joint_parents)
        return self.places - np.where(parents[:, None] < 0, 0.0, self.places[parents])


def build_scene(clip: Clip, head: Head, settings: ExportSettings) -> Scene:
    """The clip's identity at rest, and all that moves it."""
    if head.template.device.type != "cpu":
        head = head.to("cpu")
    shapes = clip.shapes()[:, : head.n_shape].astype(np.float64)
    if np.any(clip.shapes()[:, head.n_shape :]) or np.any(clip.expression[:, head.n_expression :]):
        raise InputError(f"the clip has more coefficients than {head.name}: this is another head's clip")
    mean = shapes.mean(0) if clip.shape.ndim == 2 else shapes[0]
    rest = head.template.double().numpy() + head.shape_basis[..., : len(mean)].double().numpy() @ mean
    regressor = head.joint_regressor.double().numpy()
    rotations = matrix_from_axis_angle(torch.from_numpy(clip.pose()).double()).numpy()

    varies = clip.shape.ndim == 2 and bool((shapes != shapes[0]).any())
    story = {"identity": "constant"}
    moving: list[Targets]
    if settings.blendshapes == "arkit":
        from .arkit_targets import arkit_targets

        moving = [arkit_targets(clip, head, mean)]
        rotations = rotations.copy()
        rotations[:, JAW_JOINT] = np.eye(3)  # the jaw is in the targets
    else:
        moving = [expression_targets(clip, head)]
    n_main = len(moving[0].names)
    if varies and settings.identity == "exact":
        moving.append(identity_targets(head, shapes, mean))
        story["identity"] = f"varies: mean at rest, {len(moving[-1].names)} targets follow it"
    elif varies:
        story["identity"] = "varies in the clip: its mean was used"
    if settings.blendshapes == "arkit":  # correctives are in the shapes, and the joints stay
        lifted, targets = joined([_none(clip, head), *moving[1:]]), joined(moving)
    else:
        lifted, targets = joined(moving), joined([*moving, corrective_targets(head, rotations)])

    places = regressor @ rest
    drift = np.einsum("jv,kvc->kjc", regressor, lifted.offsets)
    joints = places + np.tensordot(lifted.weights, drift, 1)
    translations = _translations(rotations, joints, places)
    if clip.translation is not None:
        translations[:, ROOT] += clip.translation
    skin_joints, skin_weights = strongest(head.skinning.double().numpy())
    scene = Scene(
        head=head.name,
        fps=clip.fps,
        vertices=rest.astype(np.float32),
        **topology(head),
        places=places,
        skin_joints=skin_joints,
        skin_weights=skin_weights,
        target_names=targets.names,
        n_main=n_main,
        targets=targets.offsets.astype(np.float32),
        weights=targets.weights.astype(np.float32),
        rotations=rotations,
        translations=translations,
        provenance=_provenance(clip, head, settings, story),
    )
    if settings.blendshapes == "arkit":
        scene.provenance["difference in mm"] = _difference(scene, clip, head)
    return scene


def evaluate(scene: Scene, frame: int) -> Float64[np.ndarray, "v 3"]:
    """Vertices of one frame, as any program that opens the file computes them."""
    shaped = scene.vertices + np.tensordot(scene.weights[frame].astype(np.float64), scene.targets, 1)
    world: list[np.ndarray] = []
    for joint, parent in enumerate(scene.joint_parents):
        local = np.eye(4)
        local[:3, :3] = scene.rotations[frame, joint]
        local[:3, 3] = scene.translations[frame, joint]
        world.append(local if parent < 0 else world[parent] @ local)
    vertices = np.zeros_like(shaped)
    for slot in range(scene.skin_joints.shape[1]):
        matrices = np.stack(world)[scene.skin_joints[:, slot]]
        local = shaped - scene.places[scene.skin_joints[:, slot]]
        moved = np.einsum("vij,vj->vi", matrices[:, :3, :3], local) + matrices[:, :3, 3]
        vertices += scene.skin_weights[:, slot, None] * moved
    return vertices


def strongest(
    weights: Float64[np.ndarray, "v j"],
) -> tuple[Int32[np.ndarray, "v i"], Float32[np.ndarray, "v i"]]:
    """The joints that move each vertex, strongest first: 4 of them, or 8 where a fifth one counts."""
    weights = np.where(weights > LEAST_WEIGHT, weights, 0.0)
    weights = weights / weights.sum(1, keepdims=True)
    slots = 4 if (weights > 0).sum(1).max() <= 4 else 8
    order = np.argsort(-weights, axis=1, kind="stable")[:, :slots]
    kept = np.take_along_axis(weights, order, 1)
    order = np.where(kept > 0, order, 0)  # formats want joint 0 where there is no weight
    missing = ((0, 0), (0, slots - order.shape[1]))
    return np.pad(order, missing).astype(np.int32), np.pad(kept, missing).astype(np.float32)


def four_influences(scene: Scene) -> tuple[Scene, float]:
    """For formats that hold four joints a vertex: the scene, and the largest weight that was lost."""
    lost = float(scene.skin_weights[:, 4:].sum(1).max(initial=0.0))
    kept = scene.skin_weights[:, :4] / scene.skin_weights[:, :4].sum(1, keepdims=True)
    return replace(scene, skin_joints=scene.skin_joints[:, :4], skin_weights=kept), lost


def _translations(
    rotations: Float64[np.ndarray, "t j 3 3"],
    joints: Float64[np.ndarray, "t j 3"],
    places: Float64[np.ndarray, "j 3"],
) -> Float64[np.ndarray, "t j 3"]:
    """Local translations with which joints bound at `places` turn about `joints`."""
    turns: list[np.ndarray] = []
    pivots: list[np.ndarray] = []  # where the turning joint is, in the world
    bound: list[np.ndarray] = []  # where the point bound at `places` is
    local = np.empty_like(joints)
    for j, parent in enumerate(JOINT_PARENTS):
        if parent < 0:
            turns.append(rotations[:, j])
            pivots.append(joints[:, j])
        else:
            turns.append(turns[parent] @ rotations[:, j])
            step = joints[:, j] - joints[:, parent]
            pivots.append(pivots[parent] + np.einsum("tij,tj->ti", turns[parent], step))
        bound.append(pivots[j] + np.einsum("tij,tj->ti", turns[j], places[j] - joints[:, j]))
        local[:, j] = (
            bound[j] if parent < 0 else np.einsum("tji,tj->ti", turns[parent], bound[j] - bound[parent])
        )
    return local


def topology(head: Head) -> dict[str, Any]:
    """Triangles and polygons, which triangle belongs to which polygon, and texture coordinates."""

    def array(value: torch.Tensor | None, dtype: type) -> np.ndarray | None:
        return None if value is None else value.numpy().astype(dtype)

    faces = head.faces.numpy().astype(np.int32)
    uv_faces = array(head.uv_faces, np.int32)
    uv_quads = array(head.uv_quads, np.int32)
    if head.quads is None or (uv_faces is not None and uv_quads is None):
        polygons, uv_quads = as_polygons(faces), None if uv_faces is None else as_polygons(uv_faces)
        owner = np.arange(len(faces), dtype=np.int32)
    else:
        polygons = head.quads.numpy().astype(np.int32)
        owner = _owners(faces, polygons)
    return {
        "faces": faces,
        "polygons": polygons,
        "polygon_of_face": owner,
        "uv": array(head.uv, np.float32),
        "uv_faces": uv_faces,
        "uv_polygons": uv_quads,
    }


def as_polygons(triangles: Int32[np.ndarray, "f 3"]) -> Int32[np.ndarray, "f 4"]:
    """As rows of four, −1 at the end."""
    return np.pad(triangles, ((0, 0), (0, 1)), constant_values=-1)


def _owners(faces: Int32[np.ndarray, "f 3"], polygons: Int32[np.ndarray, "q 4"]) -> Int32[np.ndarray, "f"]:
    """The polygon of each triangle, whichever way it was cut."""
    owners: dict[tuple[int, ...], int] = {}
    for number, (a, b, c, d) in enumerate(polygons.tolist()):
        corners = [(a, b, c)] if d < 0 else [(a, b, c), (a, b, d), (a, c, d), (b, c, d)]
        owners |= {tuple(sorted(triple)): number for triple in corners}
    try:
        return np.array([owners[tuple(sorted(face))] for face in faces.tolist()], np.int32)
    except KeyError as error:
        raise InputError(f"the head's triangle {error} is in none of its quads") from None


def _difference(scene: Scene, clip: Clip, head: Head) -> dict[str, float]:
    """Between the scene and the head itself, over a few frames."""
    frames = np.unique(np.linspace(0, clip.n_frames - 1, LOOKED_AT).astype(int)).tolist()
    apart = [
        np.linalg.norm(evaluate(scene, k) - clip.vertices(head, k, k + 1)[0].numpy(), axis=1) for k in frames
    ]
    millimetres = np.stack(apart) * MILLIMETRES
    return {"mean": round(float(millimetres.mean()), 4), "worst": round(float(millimetres.max()), 4)}


def _none(clip: Clip, head: Head) -> Targets:
    return Targets((), np.zeros((0, head.n_vertices, 3)), np.zeros((clip.n_frames, 0)))


def _provenance(clip: Clip, head: Head, settings: ExportSettings, story: dict[str, str]) -> dict[str, Any]:
    return {
        "made by": f"flametalk {__version__}",
        "head": head.name,
        "head licence": str(head.info.get("licence", "")),
        "blendshapes": settings.blendshapes,
        **story,
        "clip": clip.provenance,
    }
