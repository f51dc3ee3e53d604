"""Binary FBX, written by ourselves: a skinned head with blend shapes, its joints and their animation.

Axes and units are baked into every number by the preset (`fbx_frames.FRAMES`), so that no program has to
turn or scale anything. Rotations are Euler angles, x first, then y, then z.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from ..clip import Clip
from ..files import atomic_path
from ..head import Head
from .fbx_animation import Track, add_animation, joint_tracks, weight_tracks
from .fbx_binary import Node, write_document
from .fbx_cache import add_cache
from .fbx_document import Objects, connections, definitions, head_nodes, takes, ticks
from .fbx_frames import FRAMES, Frame
from .fbx_mesh import NOTHING, add_mesh, add_targets
from .fbx_skeleton import add_bind_pose, add_joints, add_skin
from .materials import Appearance, appearance
from .pc2 import write_cache
from .scene import Scene, build_scene
from .sequence import mesh_sequence
from .settings import ExportSettings

VERSION: Final = 7400
LARGE_VERSION: Final = 7500  # for files that 32-bit offsets might not reach
LARGE: Final = 3 * 2**30  # bytes before compression
STACK: Final = "Take 001"
JOINT_SIZE: Final = 0.02  # metres, as drawn


def write_fbx(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """`clip` on `head` in the axes and units of `settings.preset`.

    With `settings.point_cache` the mesh has no skin and no blend shapes: it plays a .pc2 beside the file.
    """
    frame = FRAMES[settings.preset]
    scene = build_scene(clip, head, settings)
    look = appearance(head, settings.look, settings.texture_size)
    if not settings.point_cache:
        write_scene(scene, path, frame, look)
        return
    if settings.detail:
        from .detail import fine_scene

        scene, look = fine_scene(scene, head, look)
    cache = path.with_suffix(".pc2")
    version, nodes = scene_nodes(scene, frame, look, cache=cache.name)
    with atomic_path(path) as temporary:  # takes its place last, so that no file lacks its cache
        _write(temporary, version, nodes)
        write_cache(cache, mesh_sequence(clip, head, settings), frame)


def write_scene(
    scene: Scene,
    path: Path,
    frame: Frame,
    look: Appearance,
    version: int | None = None,
) -> None:
    """With skin, blend shapes and joints, as `write_fbx`."""
    version, nodes = scene_nodes(scene, frame, look, version)
    with atomic_path(path) as temporary:
        _write(temporary, version, nodes)


def _write(path: Path, version: int, nodes: list[Node]) -> None:
    with path.open("wb") as file:
        write_document(file, version, nodes)


def scene_nodes(
    scene: Scene, frame: Frame, look: Appearance, version: int | None = None, cache: str | None = None
) -> tuple[int, list[Node]]:
    """Version and content of the file: 7.4, or 7.5 where it may grow large. `cache` names a point cache that
    moves the mesh instead of skin and blend shapes."""
    if version is None:
        bulk = scene.targets.nbytes * 4 + scene.weights.nbytes * 2 + scene.rotations.nbytes
        version = VERSION if bulk < LARGE else LARGE_VERSION
    objects = Objects()
    vertices = _converted(scene.vertices, frame)
    geometry, model = add_mesh(objects, scene, vertices, look)
    tracks: list[Track] = []
    stretched: dict[str, int] = {}
    if cache is None:
        tracks, stretched = _add_rig(objects, scene, frame, geometry, model, vertices)
    else:
        add_cache(objects, geometry, cache)
    add_animation(objects, STACK, scene.fps, scene.n_frames, tracks)

    stop = int(ticks(scene.n_frames, scene.fps)[-1])
    story = json.dumps(scene.provenance | {"weight at 100 %": stretched}, default=str)
    nodes = [
        *head_nodes(version, frame, scene.fps, stop, story, STACK),
        definitions(objects.nodes),
        Node("Objects", (), objects.nodes, block=True),
        connections(objects.links),
        takes(STACK, stop),
    ]
    return version, nodes


def _add_rig(
    objects: Objects,
    scene: Scene,
    frame: Frame,
    geometry: int,
    model: int,
    vertices: Float64[np.ndarray, "v 3"],
) -> tuple[list[Track], dict[str, int]]:
    """Joints, skin and targets; gives what moves them, and by what targets were stretched."""
    turn, scale = frame.matrix, frame.scale
    places, local = _converted(scene.places, frame), _converted(scene.rest_translations, frame)
    joints = add_joints(objects, scene, local, JOINT_SIZE * scale)
    add_skin(objects, scene, geometry, joints, places)
    names, offsets, weights, stretched = one_sided(scene)
    moved = [_converted(offset, frame) for offset in offsets]
    channels = add_targets(objects, geometry, names, moved, scene.faces, vertices, NOTHING * scale)
    add_bind_pose(objects, model, joints, places)
    return [*joint_tracks(scene, joints, local, turn, scale), *weight_tracks(channels, weights)], stretched


def _converted(points: Float[np.ndarray, "n 3"], frame: Frame) -> Float64[np.ndarray, "n 3"]:
    return (frame.scale * points.astype(np.float64)) @ frame.matrix.T


def one_sided(
    scene: Scene,
) -> tuple[list[str], list[Float[np.ndarray, "v 3"]], Float[np.ndarray, "t k"], dict[str, int]]:
    """Names, offsets and weights of targets whose weights stay within 0 … 1, and by what they were stretched.

    Unity and Blender's newer importer cut weights off at 0 and 100 %. A target that is used below zero gets
    a twin `<name>_minus` that goes the other way; one that is used above 1 is stretched by a whole number.
    """
    below = np.flatnonzero(scene.weights.min(0, initial=0.0) < 0)
    names = [*scene.target_names, *(f"{scene.target_names[k]}_minus" for k in below)]
    offsets = [*scene.targets, *(-scene.targets[k] for k in below)]
    weights = np.concatenate([np.maximum(scene.weights, 0), np.maximum(-scene.weights[:, below], 0)], 1)
    stretch = np.maximum(np.ceil(weights.max(0, initial=0.0)), 1.0)
    offsets = [offset * np.float32(factor) for offset, factor in zip(offsets, stretch, strict=True)]
    stretched = {name: int(factor) for name, factor in zip(names, stretch, strict=True) if factor > 1}
    return names, offsets, weights / stretch.astype(np.float32), stretched
