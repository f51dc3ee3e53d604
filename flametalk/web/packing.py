"""A clip on a head for the player (`player.js`): the mesh, its targets, the motion, the sound.

Displacements are true to 2 µm, turns to 0.002°. The player poses the head as `head/model.py` does: pose
correctives follow from the joints, so that its sliders can open the jaw.
"""

from typing import Any, Final

import numpy as np
import torch

from ..clip import Clip
from ..conventions import JAW_JOINT, JOINT_PARENTS
from ..errors import InputError
from ..export.corners import parts_of
from ..export.materials import Appearance
from ..export.scene import Scene, build_scene
from ..export.settings import ExportSettings
from ..export.targets import Targets, expression_targets, pose_targets
from ..head import Head
from ..render.surface import wire_edges
from .block import Block
from .sound import flac
from .strip import add_strip

STEP: Final = 4e-6  # metres, of displacements
STEP_PLACES: Final = 1e-5  # metres, of vertices at rest
LEAST: Final = 1e-5  # metres: smaller displacements are left out
MAX_VERTICES: Final = 65535
PREFIX: Final = "emotion/"


def pack(clip: Clip, head: Head, wear: Appearance) -> tuple[dict[str, Any], str]:
    """The header, and the block of arrays as base64."""
    if head.n_vertices > MAX_VERTICES:
        raise InputError(f"{head.name} has {head.n_vertices:,} vertices, the player takes {MAX_VERTICES:,}")
    scene = build_scene(clip, head, ExportSettings(identity="mean"))
    expressions = expression_targets(clip, head)
    block = Block()
    parts = _surface(block, scene, head, wear)
    _targets(block, "shape", expressions.offsets)
    poses = pose_targets(head, _turning(clip))
    _targets(block, "pose", poses.offsets)
    block.add("pose_of", poses.weights.T.astype(np.float32))  # target × the 36 entries of R − I
    regressor = head.joint_regressor.double().numpy()
    drift = np.einsum("jv,kvc->kjc", regressor, expressions.offsets)
    block.add("drift", drift.astype(np.float32))
    block.add("places", scene.places.astype(np.float32))
    _motion(block, clip, expressions)
    strip = add_strip(block, clip, head)
    if clip.audio is not None:
        block.add("sound", np.frombuffer(flac(clip.audio.cut(0, clip.duration)), np.uint8))
    header = {
        "fps": clip.fps,
        "frames": clip.n_frames,
        "vertices": head.n_vertices,
        "slots": scene.skin_joints.shape[1],
        "parents": list(JOINT_PARENTS),
        "expressions": list(expressions.names),
        "emotions": _emotions(head, len(expressions.names)),
        "parts": parts,
        "strip": strip,
        "story": scene.provenance,
        "arrays": block.header,
    }
    return header, block.packed()


def _turning(clip: Clip) -> list[int]:
    """Joints whose correctives may be needed: those that move, and the jaw, which sliders open."""
    moves = np.abs(clip.pose()).max((0, 2)) > 0
    moves[JAW_JOINT] = True
    return np.flatnonzero(moves).tolist()


def _surface(block: Block, scene: Scene, head: Head, wear: Appearance) -> list[dict[str, Any]]:
    """Vertices, triangles, skinning; the list says which triangles look how."""
    block.add_steps("points", scene.vertices, STEP_PLACES)
    block.add("faces", scene.faces.astype(np.uint16))
    edges = wire_edges(scene.faces, None if head.quads is None else scene.polygons)
    block.add("edges", np.packbits(edges.ravel()))
    block.add("skin_joints", scene.skin_joints.astype(np.uint8))
    block.add("skin_weights", np.rint(scene.skin_weights * 65535).astype(np.uint16))
    occlusion = np.ones(head.n_vertices) if head.occlusion is None else head.occlusion.cpu().numpy()
    block.add("occlusion", np.rint(255 * np.clip(occlusion, 0, 1)).astype(np.uint8))
    parts = parts_of(scene, wear.of_faces)
    block.add("rows", np.concatenate([part.rows for part in parts]).astype(np.uint16))
    uv = [np.zeros((len(p.rows), 2)) if p.uv is None else p.uv for p in parts]
    block.add("uv", np.rint(np.clip(np.concatenate(uv), 0, 1) * 65535).astype(np.uint16))
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    if starts[-1] > MAX_VERTICES:
        raise InputError(f"{head.name} has too many texture seams for the player")
    corners = [part.faces + start for part, start in zip(parts, starts[:-1], strict=True)]
    block.add("corners", np.concatenate(corners).astype(np.uint16))
    return [
        {
            "faces": len(part.faces),
            "name": slot.name,
            "colour": [c / 255 for c in slot.colour],
            "textured": slot.textured,
        }
        for part in parts
        for slot in [wear.materials[part.material]]
    ]


def _targets(block: Block, name: str, offsets: np.ndarray) -> None:
    """Only the vertices that a target moves, as steps from one to the next; x of all, then y, then z."""
    rows = [np.flatnonzero(np.abs(target).max(1) >= LEAST) for target in offsets]
    gaps = [np.diff(moved, prepend=0) for moved in rows]
    values = [target[moved].T.ravel() for target, moved in zip(offsets, rows, strict=True)]
    block.add(f"{name}_counts", np.array([len(moved) for moved in rows], np.uint16))
    block.add(f"{name}_gaps", np.concatenate([[], *gaps]).astype(np.uint16))
    block.add_steps(f"{name}_values", np.concatenate([[], *values]), STEP)


def _motion(block: Block, clip: Clip, expressions: Targets) -> None:
    """Curves lie one after the other, each over all frames."""
    from scipy.spatial.transform import Rotation

    from ..timeline import continuous

    block.add_steps("weights", expressions.weights.T)
    poses = clip.pose().transpose(1, 0, 2).astype(np.float64)
    turns = np.stack([continuous(Rotation.from_rotvec(pose).as_quat()) for pose in poses])
    block.add_steps("turns", turns.transpose(0, 2, 1))  # joint, x y z w, frame
    if clip.translation is not None:
        block.add_steps("translation", clip.translation.T.astype(np.float64))


def _emotions(head: Head, n: int) -> dict[str, dict[str, list[float]]]:
    """What sliders offer beside the single expressions: all of a feeling, and the turn of the jaw in it."""

    def numbers(values: torch.Tensor) -> list[float]:
        return [round(float(value), 5) for value in values]

    return {
        name.removeprefix(PREFIX): {"expression": numbers(action.expression[:n]), "jaw": numbers(action.jaw)}
        for name, action in head.actions.items()
        if name.startswith(PREFIX)
    }
