"""Materials of an FBX file, and the picture that they show."""

import numpy as np

from ..render.colours import decode_table
from .fbx_binary import I32, node
from .fbx_document import Objects, p, p_text, properties
from .materials import Appearance


def add_materials(objects: Objects, model: int, look: Appearance) -> None:
    """Lambert-Phong, which every reader knows; roughness becomes the nearest shininess."""
    texture = _add_texture(objects, look) if look.texture is not None else None
    for each in look.materials:
        colour = [float(x) for x in decode_table()[np.rint(np.array(each.colour)).astype(np.uint8)]]
        shininess = 100.0 * (1.0 - each.roughness) ** 2  # the relation that Blender's importer inverts
        number = objects.add(
            "Material",
            each.name,
            "Material",
            "",
            node("Version", I32(102)),
            node("ShadingModel", "Phong"),
            node("MultiLayer", I32(0)),
            properties(
                p("DiffuseColor", "Color", "", "A", *colour),
                p("DiffuseFactor", "Number", "", "A", 1.0),
                p("SpecularColor", "Color", "", "A", 1.0, 1.0, 1.0),
                p("SpecularFactor", "Number", "", "A", 0.25),
                p("Shininess", "Number", "", "A", shininess),
                p("ShininessExponent", "Number", "", "A", shininess),
            ),
        )
        objects.link(number, model)
        if each.textured and texture is not None:
            objects.link(texture, number, "DiffuseColor")


def _add_texture(objects: Objects, look: Appearance) -> int:
    """The picture travels inside the file."""
    name = "head_colour.jpg"
    video = objects.add(
        "Video",
        name,
        "Video",
        "Clip",
        node("Type", "Clip"),
        properties(p("Path", "KString", "XRefUrl", "", name), p("RelPath", "KString", "XRefUrl", "", name)),
        node("UseMipMap", I32(0)),
        node("Filename", name),
        node("RelativeFilename", name),
        node("Content", look.jpeg()),
    )
    texture = objects.add(
        "Texture",
        name,
        "Texture",
        "",
        node("Type", "TextureVideoClip"),
        node("Version", I32(202)),
        node("TextureName", f"{name}\x00\x01Texture"),
        properties(p_text("UVSet", "UVMap"), p("UseMaterial", "bool", "", "", I32(1))),
        node("Media", f"{name}\x00\x01Video"),
        node("FileName", name),
        node("RelativeFilename", name),
        node("ModelUVTranslation", 0.0, 0.0),
        node("ModelUVScaling", 1.0, 1.0),
        node("Texture_Alpha_Source", "None"),
        node("Cropping", I32(0), I32(0), I32(0), I32(0)),
    )
    objects.link(video, texture)
    return texture
