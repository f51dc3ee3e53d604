"""Vertices as Blender sees them: runs inside Blender's own Python (`bpy`), knows nothing of flametalk.

    python scripts/blender_vertices.py head.glb 0,3,7 25 out.npz [picture.png]

Imports the file, and saves per frame the evaluated vertices of all meshes in metres, +y up, +z forward.
Called by `verify_exports.py`.
"""

import sys
from pathlib import Path

import bpy
import numpy as np


def main(path: str, frames: str, fps: str, out: str, picture: str | None = None) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(float(fps)), round(float(fps)) / float(fps)
    importers()[Path(path).suffix.lower()](path)
    first = first_frame()
    found = {}
    for frame in map(int, frames.split(",")):
        scene.frame_set(first + frame)
        found[f"frame_{frame}"] = vertices()
    meshes = [o for o in bpy.data.objects if o.type == "MESH" and o.data.shape_keys] or [None]
    found["bones"] = np.array([b.name for a in bpy.data.armatures for b in a.bones])
    found["keys"] = np.array([k.name for k in meshes[0].data.shape_keys.key_blocks] if meshes[0] else [])
    np.savez(out, **found)
    if picture:
        draw(picture)


def importers():
    """By ending. The older FBX importer is an add-on: name it with the ending .fbx_addon."""
    return {
        ".glb": lambda p: bpy.ops.import_scene.gltf(filepath=p, merge_vertices=False),
        ".gltf": lambda p: bpy.ops.import_scene.gltf(filepath=p, merge_vertices=False),
        ".fbx": lambda p: bpy.ops.wm.fbx_import(filepath=p),
        ".usd": usd,
        ".usda": usd,
        ".usdc": usd,
        ".usdz": usd,
        ".abc": lambda p: bpy.ops.wm.alembic_import(filepath=p),
        ".obj": lambda p: bpy.ops.wm.obj_import(filepath=p),
    }


def usd(path: str) -> None:
    bpy.ops.wm.usd_import(filepath=path, import_blendshapes=True, import_skeletons=True)


def first_frame() -> int:
    """Where the keys start; caches without keys start where the scene does."""
    starts = [action.frame_range[0] for action in bpy.data.actions]
    return round(min(starts)) if starts else bpy.context.scene.frame_start


def vertices() -> np.ndarray:
    graph = bpy.context.evaluated_depsgraph_get()
    rows = []
    for thing in sorted((o for o in bpy.data.objects if o.type == "MESH"), key=lambda o: o.name):
        if not thing.data.polygons or thing.name.startswith("Icosphere"):  # how the importer shows bones
            continue
        shown = thing.evaluated_get(graph)
        mesh = shown.to_mesh()
        points = np.empty((len(mesh.vertices), 3), np.float32)
        mesh.vertices.foreach_get("co", points.ravel())
        world = np.array(shown.matrix_world, np.float64)
        rows.append(points @ world[:3, :3].T + world[:3, 3])
        shown.to_mesh_clear()
    x, y, z = np.concatenate(rows).T
    return np.stack([x, z, -y], 1)  # Blender has z up


def draw(picture: str) -> None:
    """A quick look with the workbench engine."""
    scene = bpy.context.scene
    points = vertices()
    middle = (points.min(0) + points.max(0)) / 2
    camera = bpy.data.objects.new("look", bpy.data.cameras.new("look"))
    camera.location = (middle[0] + 0.25, -(middle[2] + 0.75), middle[1] + 0.03)
    camera.rotation_euler = (np.pi / 2 - 0.02, 0, 0.3)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.shading.light = "STUDIO"
    scene.display.shading.color_type = "TEXTURE"
    scene.render.resolution_x = scene.render.resolution_y = 512
    scene.render.filepath = str(Path(picture).resolve())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
