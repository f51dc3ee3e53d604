"""Draws frames in Blender. Runs in a process of its own, in Blender's Python; knows nothing of flametalk.

    blender --background --factory-startup --python blender_worker.py -- FOLDER
    python blender_worker.py FOLDER                      # a Python with bpy

Reads `look.json`, `surface.npz` and the pictures they name from FOLDER, then one line a frame from standard
input: the number of the frame. It finds `frame_N.json` (camera) and `frame_N.npz` (vertices, normals) and
leaves `colour_N.exr` and `numbers_N.exr`, as the json asks. Every answer is a line that starts with
"flametalk"; Blender's own chatter is to be ignored.
"""

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

SENSOR = 36.0  # mm; any width does
LAMP_DISTANCE = 1.2  # metres from the middle of the head
LAMP_SIZES = {"key": 0.55, "fill": 1.2, "back": 0.5}  # metres
FLESH = {"skin", "lips", "gums", "tongue", "mouth"}
SCATTER = (1.0, 0.36, 0.18)  # how far red, green and blue travel under the skin, times `SCATTER_SCALE`
SCATTER_SCALE = 0.0035  # metres


def main(folder: Path) -> None:
    look = json.loads((folder / "look.json").read_text())
    scene = new_scene(look)
    head = new_head(folder, look)
    lamps = new_lamps(look)
    say("ready " + bpy.app.version_string)
    for line in sys.stdin:
        number = int(line)
        frame = json.loads((folder / f"frame_{number}.json").read_text())
        with np.load(folder / f"frame_{number}.npz") as arrays:
            place(head, arrays["vertices"], arrays["normals"])
            middle = (arrays["vertices"].min(0) + arrays["vertices"].max(0)) / 2
        aim(scene, frame)
        for lamp, direction in lamps:
            hang(lamp, direction, np.array(frame["pose"]), middle)
        if frame["colour"]:
            draw(scene, folder / f"colour_{number}.exr", look["samples"], look["denoise"], 1.5)
        if frame["numbers"]:  # one ray through the middle of each pixel
            draw(scene, folder / f"numbers_{number}.exr", 1, False, 0.01)
        say(f"done {number}")


def say(text: str) -> None:
    print(f"\nflametalk {text}", flush=True)


def new_scene(look: dict):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    if look["gpu"]:
        use_gpu(scene)
    scene.cycles.seed = 0
    scene.cycles.max_bounces = 8
    scene.cycles.sample_clamp_indirect = 4.0
    scene.render.film_transparent = True
    scene.render.resolution_percentage = 100
    scene.render.use_persistent_data = True
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = True
    output = scene.render.image_settings
    if hasattr(output, "media_type"):  # Blender 5
        output.media_type = "MULTI_LAYER_IMAGE"
    output.file_format = "OPEN_EXR_MULTILAYER"
    output.color_depth, output.exr_codec = "32", "NONE"
    if hasattr(output, "use_exr_interleave"):
        output.use_exr_interleave = True
    world = bpy.data.worlds.new("studio")
    world.use_nodes = True
    around = world.node_tree.nodes["Background"]
    around.inputs["Color"].default_value = (*look["ambient"], 1.0)
    around.inputs["Strength"].default_value = 1.0
    scene.world = world
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    return scene


def use_gpu(scene) -> None:
    """The first kind of GPU that Cycles finds."""
    settings = bpy.context.preferences.addons["cycles"].preferences
    for kind in ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI"):
        try:
            settings.compute_device_type = kind
        except TypeError:  # not in this build
            continue
        settings.get_devices()
        found = [d for d in settings.devices if d.type == kind]
        if found:
            for device in settings.devices:
                device.use = device.type == kind
            scene.cycles.device = "GPU"
            return
    raise SystemExit("flametalk: Cycles finds no GPU here")


def new_head(folder: Path, look: dict):
    with np.load(folder / "surface.npz") as arrays:
        faces, kinds, uv, colour = (arrays[k] for k in ("faces", "kinds", "uv", "colour"))
        count = int(arrays["n_vertices"])
    mesh = bpy.data.meshes.new("head")
    mesh.vertices.add(count)
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    mesh.loops.foreach_set("vertex_index", faces.ravel().astype(np.int32))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    mesh.polygons.foreach_set("material_index", kinds.astype(np.int32))
    mesh.uv_layers.new(name="uv").data.foreach_set("uv", uv.ravel().astype(np.float32))
    paint = mesh.color_attributes.new("paint", "FLOAT_COLOR", "CORNER")
    paint.data.foreach_set("color", np.concatenate([colour, np.ones_like(colour[:, :1])], 1).ravel())
    for piece in look["pieces"]:
        mesh.materials.append(new_material(folder, piece))
    mesh.update(calc_edges=True)
    head = bpy.data.objects.new("head", mesh)
    bpy.context.scene.collection.objects.link(head)
    return head


def new_material(folder: Path, piece: dict):
    material = bpy.data.materials.new(piece["name"])
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    if piece["picture"]:
        colour = nodes.new("ShaderNodeTexImage")
        colour.image = bpy.data.images.load(str(folder / piece["picture"]))
        colour.extension = "EXTEND"
    else:
        colour = nodes.new("ShaderNodeVertexColor")
        colour.layer_name = "paint"
    links.new(colour.outputs["Color"], surface.inputs["Base Color"])
    inputs = surface.inputs
    inputs["Roughness"].default_value = piece["roughness"]
    if piece["name"] in FLESH:
        inputs["Subsurface Weight"].default_value = 1.0
        inputs["Subsurface Radius"].default_value = SCATTER
        inputs["Subsurface Scale"].default_value = SCATTER_SCALE
        inputs["Specular IOR Level"].default_value = 0.42
        if "RANDOM_WALK_SKIN" in surface.bl_rna.properties["subsurface_method"].enum_items:
            surface.subsurface_method = "RANDOM_WALK_SKIN"
    elif piece["name"] == "eyes":  # a white that glows a little, under a clear wet coat
        inputs["Subsurface Weight"].default_value = 0.15
        inputs["Subsurface Radius"].default_value = (1.0, 0.7, 0.6)
        inputs["Subsurface Scale"].default_value = 0.002
        inputs["Coat Weight"].default_value = 1.0
        inputs["Coat Roughness"].default_value = 0.02
        inputs["Coat IOR"].default_value = 1.38
    elif piece["name"] == "teeth":
        inputs["Subsurface Weight"].default_value = 0.5
        inputs["Subsurface Radius"].default_value = (1.0, 0.8, 0.6)
        inputs["Subsurface Scale"].default_value = 0.001
    return material


def new_lamps(look: dict):
    """Soft lights that turn with the camera, as bright as those of the look."""
    lamps = []
    for name, lamp in look["lamps"].items():
        light = bpy.data.lights.new(name, "AREA")
        light.shape, light.size = "DISK", LAMP_SIZES[name]
        strength = max(lamp["colour"])
        light.color = [c / strength for c in lamp["colour"]]
        light.energy = look["exposure"] * strength * (math.pi * LAMP_DISTANCE) ** 2
        thing = bpy.data.objects.new(name, light)
        bpy.context.scene.collection.objects.link(thing)
        lamps.append((thing, np.array(lamp["direction"])))
    return lamps


def place(head, vertices: np.ndarray, normals: np.ndarray) -> None:
    """Blender's world takes our axes as they are: nothing in the scene asks which way is up."""
    mesh = head.data
    mesh.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    mesh.update()
    mesh.normals_split_custom_set_from_vertices(normals.astype(np.float64).tolist())
    mesh.update()


def aim(scene, frame: dict) -> None:
    width, height = frame["size"]
    cx, cy = frame["centre"]
    scene.render.resolution_x, scene.render.resolution_y = width, height
    camera = scene.camera
    camera.matrix_world = Matrix(frame["pose"])
    lens = camera.data
    lens.sensor_fit, lens.sensor_width = "HORIZONTAL", SENSOR
    lens.shift_x, lens.shift_y = (width / 2 - cx) / width, (cy - height / 2) / width
    lens.clip_start, lens.clip_end = frame["near"], frame["far"]
    if frame["perspective"]:
        lens.type, lens.lens = "PERSP", frame["focal"] * SENSOR / width
    else:
        lens.type, lens.ortho_scale = "ORTHO", width / frame["focal"]


def hang(lamp, direction: np.ndarray, pose: np.ndarray, middle: np.ndarray) -> None:
    back = pose[:3, :3] @ (direction / np.linalg.norm(direction))
    right = np.cross(pose[:3, 1], back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(back, right), back], -1)
    matrix[:3, 3] = middle + LAMP_DISTANCE * back
    lamp.matrix_world = Matrix(matrix.tolist())


def draw(scene, path: Path, samples: int, denoise: bool, filter_width: float) -> None:
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = samples > 1
    scene.cycles.use_denoising = denoise
    scene.cycles.pixel_filter_type = "BLACKMAN_HARRIS" if filter_width > 1 else "BOX"
    scene.cycles.filter_width = filter_width
    scene.render.filepath = str(path)
    scene.render.use_file_extension = False
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    main(Path(arguments[0]))
