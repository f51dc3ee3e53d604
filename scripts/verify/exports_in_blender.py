"""Runs inside Blender's Python (`bpy`), never inside ours: how does an exported file look there?

    python exports_in_blender.py FILE VIEW.json OUT_STEM FRAMES…

Imports FILE into an empty scene and draws it with Cycles, in the file's own materials and textures, through
the camera of VIEW.json (pose and focal length in Blender's axes). Writes OUT_STEM_0.png and on, and prints
the materials and pictures that it found.
"""

import json
import sys
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

sys.path.insert(0, str(Path(__file__).parents[1]))
from blender_vertices import first_frame, importers

LAMPS = (((-0.9, -1.0, 1.0), 16.0, 0.6), ((1.1, -0.9, 0.1), 5.0, 1.2), ((0.9, 0.9, 0.6), 8.0, 0.5))


def main(path: str, view: str, stem: str, *frames: str) -> None:
    look = json.loads(Path(view).read_text())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = 25
    importers()[Path(path).suffix.lower()](path)
    first = first_frame()
    for thing in [o for o in scene.objects if o.type in ("CAMERA", "LIGHT")]:
        bpy.data.objects.remove(thing)
    for thing in scene.objects:  # the shape in which Blender's importer shows bones
        thing.hide_render = thing.name.startswith("Icosphere")
    studio(scene, look)
    for k, frame in enumerate(map(int, frames)):
        scene.frame_set(first + frame)
        scene.render.filepath = str(Path(f"{stem}_{k}.png").resolve())
        bpy.ops.render.render(write_still=True)
    pictures = sorted(f"{i.name} {i.size[0]}x{i.size[1]}" for i in bpy.data.images if i.size[0])
    materials = sorted({s.material.name for o in scene.objects for s in o.material_slots if s.material})
    print("\nfound " + json.dumps({"materials": materials, "pictures": pictures}), flush=True)


def studio(scene, look: dict) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", look["samples"], 0
    scene.cycles.use_denoising = True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = look["size"]
    world = bpy.data.worlds.new("studio")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.6, 0.62, 0.65, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.5
    scene.world = world
    camera = bpy.data.objects.new("look", bpy.data.cameras.new("look"))
    camera.matrix_world = Matrix(look["pose"])
    camera.data.sensor_width = 36.0
    camera.data.lens = look["focal"] * 36.0 / look["size"]
    camera.data.clip_start = 0.01
    scene.collection.objects.link(camera)
    scene.camera = camera
    for place, power, size in LAMPS:
        lamp = bpy.data.lights.new("lamp", "AREA")
        lamp.energy, lamp.shape, lamp.size = power, "DISK", size
        thing = bpy.data.objects.new("lamp", lamp)
        thing.location = place
        thing.rotation_euler = Vector(place).to_track_quat("Z", "Y").to_euler()
        scene.collection.objects.link(thing)


if __name__ == "__main__":
    main(*sys.argv[1:])
