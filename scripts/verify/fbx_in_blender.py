"""Runs inside Blender's Python (`bpy`), never inside ours: what does Blender see in an exported file?

    python fbx_in_blender.py FILE OUT.npz --frames 0 60 249 --importer native

Imports FILE into an empty scene and stores, for each frame of the clip (0 is the first), the vertices of the
mesh in the world in metres with our axes (+y up, +z out of the face), and the names that it found.
"""

import argparse
import time
from pathlib import Path

import bpy
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("out")
    parser.add_argument("--frames", type=int, nargs="+", required=True)
    parser.add_argument("--importer", choices=("python", "native", "alembic", "bvh", "pc2"), required=True)
    parser.add_argument("--fps", type=float, default=25.0)
    options = parser.parse_args()

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = round(options.fps)
    scene.render.fps_base = round(options.fps) / options.fps
    start = time.perf_counter()
    first = import_file(options.file, options.importer)
    seconds = time.perf_counter() - start

    if options.importer == "bvh":
        found = joints(scene, [first + k for k in options.frames])
        np.savez(options.out, **found, fps=scene.render.fps / scene.render.fps_base, seconds=seconds)
        return
    mesh = next(o for o in scene.objects if o.type == "MESH")
    frames = np.stack([world_vertices(scene, mesh, first + k) for k in options.frames])
    np.savez(
        options.out,
        vertices=frames,
        seconds=seconds,
        fps=scene.render.fps / scene.render.fps_base,
        shapes=[k.name for k in mesh.data.shape_keys.key_blocks] if mesh.data.shape_keys else [],
        bones=[b.name for o in scene.objects if o.type == "ARMATURE" for b in o.data.bones],
        materials=[slot.name for slot in mesh.material_slots],
        polygons=len(mesh.data.polygons),
        uv_layers=len(mesh.data.uv_layers),
        uv=uv_of(mesh),
        images=[f"{i.name} {i.size[0]}x{i.size[1]}" for i in bpy.data.images if i.size[0]],
        scale=np.array([o.scale[:] for o in scene.objects]),
        curves=sum(
            len(b.fcurves)
            for a in bpy.data.actions
            for s in a.layers
            for t in s.strips
            for b in t.channelbags
        ),
    )


def import_file(path: str, importer: str) -> int:
    """Gives the number that the clip's first frame has in Blender."""
    if importer == "python":
        bpy.ops.preferences.addon_enable(module="io_scene_fbx")
        bpy.ops.import_scene.fbx(filepath=path)
    elif importer == "native":
        bpy.ops.wm.fbx_import(filepath=path)
    elif importer == "alembic":
        bpy.ops.wm.alembic_import(filepath=path, as_background_job=False)
        return 0
    elif importer == "pc2":
        bpy.ops.wm.fbx_import(filepath=path)
        mesh = next(o for o in bpy.context.scene.objects if o.type == "MESH")
        cache = mesh.modifiers.new("cache", "MESH_CACHE")
        cache.cache_format, cache.filepath = "PC2", str(Path(path).with_suffix(".pc2").resolve())
        cache.frame_start = 1.0
    else:
        bpy.ops.preferences.addon_enable(module="io_anim_bvh")
        bpy.ops.import_anim.bvh(filepath=path, global_scale=0.01, update_scene_fps=True, frame_start=1)
    return 1


def world_vertices(scene: bpy.types.Scene, mesh: bpy.types.Object, frame: int) -> np.ndarray:
    """After all modifiers; Blender's z-up world turned to ours."""
    scene.frame_set(frame)
    evaluated = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    data = evaluated.to_mesh()
    points = np.empty(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", points)
    matrix = np.array(evaluated.matrix_world)
    evaluated.to_mesh_clear()
    x, y, z = (points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]).T
    return np.stack([x, z, -y], 1)


def joints(scene: bpy.types.Scene, frames: list[int]) -> dict[str, np.ndarray]:
    """World matrices of the bones, relative to their rest, with our axes; places of their heads."""
    armature = next(o for o in scene.objects if o.type == "ARMATURE")
    ours = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    turns, places = [], []
    for frame in frames:
        scene.frame_set(frame)
        world = np.array(armature.matrix_world)[:3, :3]
        bones = [
            (world @ np.array(b.matrix)[:3, :3], world @ np.array(b.bone.matrix_local)[:3, :3])
            for b in armature.pose.bones
        ]
        turns.append([ours @ (now @ np.linalg.inv(rest)) @ ours.T for now, rest in bones])
        places.append([ours @ world @ np.array(b.head) for b in armature.pose.bones])
    return {
        "names": np.array([b.name for b in armature.pose.bones]),
        "turns": np.array(turns),
        "places": np.array(places),
    }


def uv_of(mesh: bpy.types.Object) -> np.ndarray:
    """Corner after corner."""
    layer = mesh.data.uv_layers.active
    if layer is None:
        return np.zeros((0, 2))
    values = np.empty(2 * len(layer.uv), np.float32)
    layer.uv.foreach_get("vector", values)
    return values.reshape(-1, 2)


if __name__ == "__main__":
    main()
