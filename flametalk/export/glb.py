"""glTF 2.0: a skinned head with morph targets, its animation, materials and texture, in one file.

glTF is metres, +y up, +z forward, as we are: nothing is turned. The sound of a clip has no place in it.
"""

import base64
import json
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, Float64

from ..clip import Clip
from ..files import atomic_path
from ..head import Head
from ..render.colours import linear
from ..timeline import continuous
from .corners import Part, parts_of, shading_normals
from .gltf_buffer import INDICES, VERTICES, BufferBuilder
from .materials import Appearance, appearance
from .ranges import within_unit
from .scene import Scene, build_scene
from .settings import ExportSettings

LEAST_OFFSET: Final = 2e-7  # metres: smaller steps of a target are left out
LEAST_TURN: Final = 4e-3  # of a normal: a quarter of a degree
STILL: Final = 1e-9
LINEAR, LINEAR_MIPMAP_LINEAR = 9729, 9987


def write_glb(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """One binary file."""
    document, chunks = gltf(clip, head, settings)
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    binary = document["buffers"][0]["byteLength"]
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + binary))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", binary, b"BIN\0"))
        file.writelines(chunks)


def write_gltf(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """Readable JSON, the buffer inside it as base64."""
    document, chunks = gltf(clip, head, settings)
    content = base64.b64encode(b"".join(chunks)).decode()
    document["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{content}"
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")


def gltf(clip: Clip, head: Head, settings: ExportSettings) -> tuple[dict[str, Any], list[bytes]]:
    """The document, and the bytes of its one buffer."""
    scene = build_scene(clip, head, settings)
    if settings.preset == "blender":
        scene = within_unit(scene)
    wear = appearance(head, settings.look, settings.texture_size)
    buffer = BufferBuilder()
    primitives = _primitives(buffer, scene, wear)
    joints = len(scene.joint_names)
    inverse = np.tile(np.eye(4, dtype=np.float32), (joints, 1, 1))
    inverse[:, 3, :3] = -scene.places  # column-major: the last row of the array is the translation
    document: dict[str, Any] = {
        "asset": {
            "version": "2.0",
            "generator": scene.provenance["made by"],
            "extras": {"flametalk": scene.provenance},
        },
        "scene": 0,
        "scenes": [{"name": "head", "nodes": [0, joints]}],
        "nodes": [*_joint_nodes(scene), {"name": "head", "mesh": 0, "skin": 0}],
        "meshes": [
            {
                "name": "head",
                "primitives": primitives,
                **_when("weights", [0.0] * len(scene.target_names)),
                "extras": {"targetNames": list(scene.target_names)},
            }
        ],
        "skins": [
            {
                "name": "head",
                "joints": list(range(joints)),
                "skeleton": 0,
                "inverseBindMatrices": buffer.dense(inverse.reshape(joints, 16)),
            }
        ],
        "materials": _materials(wear),
        **_textures(buffer, wear),
        **_when("animations", _animations(buffer, scene, joints)),
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.length}],
    }
    return document, buffer.chunks


# --- the mesh -------------------------------------------------------------------------------------


def _primitives(buffer: BufferBuilder, scene: Scene, wear: Appearance) -> list[dict[str, Any]]:
    rest, turns = shading_normals(scene)
    return [
        {
            "attributes": _attributes(buffer, scene, part, rest),
            "indices": buffer.dense(part.faces.ravel().astype(_index_type(len(part.rows))), INDICES),
            "material": part.material,
            **_when(
                "targets",
                [
                    {
                        "POSITION": buffer.sparse(offsets[part.rows], LEAST_OFFSET),
                        "NORMAL": buffer.sparse(turn[part.rows], LEAST_TURN),
                    }
                    for offsets, turn in zip(scene.targets, turns, strict=True)
                ],
            ),
        }
        for part in parts_of(scene, wear.of_faces)
    ]


def _attributes(
    buffer: BufferBuilder, scene: Scene, part: Part, normals: Float32[np.ndarray, "v 3"]
) -> dict[str, int]:
    found = {
        "POSITION": buffer.dense(scene.vertices[part.rows], VERTICES, bounds=True),
        "NORMAL": buffer.dense(normals[part.rows], VERTICES),
    }
    if part.uv is not None:
        flipped = np.stack([part.uv[:, 0], 1 - part.uv[:, 1]], 1)  # glTF counts v downwards
        found["TEXCOORD_0"] = buffer.dense(flipped, VERTICES)
    for group in range(scene.skin_joints.shape[1] // 4):
        slots = slice(4 * group, 4 * group + 4)
        joints, weights = scene.skin_joints[part.rows, slots], scene.skin_weights[part.rows, slots]
        found[f"JOINTS_{group}"] = buffer.dense(joints.astype(np.uint8), VERTICES)
        found[f"WEIGHTS_{group}"] = buffer.dense(weights, VERTICES)
    return found


def _index_type(count: int) -> type:
    return np.uint16 if count <= 65535 else np.uint32


def _joint_nodes(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "translation": scene.rest_translations[joint].tolist(),
            **_when("children", [k for k, parent in enumerate(scene.joint_parents) if parent == joint]),
        }
        for joint, name in enumerate(scene.joint_names)
    ]


# --- looks ----------------------------------------------------------------------------------------


def _materials(wear: Appearance) -> list[dict[str, Any]]:
    found = []
    for material in wear.materials:
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": material.roughness}
        if material.textured:
            surface["baseColorTexture"] = {"index": 0}
        else:
            surface["baseColorFactor"] = [*linear(material.colour).astype(float).tolist(), 1.0]
        entry: dict[str, Any] = {"name": material.name, "pbrMetallicRoughness": surface}
        found.append(entry | ({"doubleSided": True} if material.two_sided else {}))
    return found


def _textures(buffer: BufferBuilder, wear: Appearance) -> dict[str, Any]:
    if wear.texture is None:
        return {}
    return {
        "textures": [{"sampler": 0, "source": 0}],
        "samplers": [{"magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR}],
        "images": [{"name": "head", "mimeType": "image/jpeg", "bufferView": buffer.view(wear.jpeg())}],
    }


# --- motion ---------------------------------------------------------------------------------------


def _animations(buffer: BufferBuilder, scene: Scene, mesh_node: int) -> list[dict[str, Any]]:
    """One animation; channels only for what moves."""
    curves: list[tuple[int, str, np.ndarray]] = []
    if scene.target_names:
        curves.append((mesh_node, "weights", scene.weights.ravel()))
    shift = np.abs(scene.translations - scene.rest_translations).max((0, 2))
    turn = np.abs(scene.rotations - np.eye(3)).max((0, 2, 3))
    for joint in range(len(scene.joint_names)):
        if turn[joint] > STILL:
            curves.append((joint, "rotation", quaternions(scene.rotations[:, joint])))
        if shift[joint] > STILL:
            curves.append((joint, "translation", scene.translations[:, joint].astype(np.float32)))
    if not curves:
        return []
    times = buffer.dense(scene.times.astype(np.float32), bounds=True)
    samplers = [{"input": times, "output": buffer.dense(v), "interpolation": "LINEAR"} for _, _, v in curves]
    channels = [
        {"sampler": k, "target": {"node": node, "path": path}} for k, (node, path, _) in enumerate(curves)
    ]
    return [{"name": "clip", "samplers": samplers, "channels": channels}]


def quaternions(rotations: Float64[np.ndarray, "t 3 3"]) -> Float32[np.ndarray, "t 4"]:
    """(x, y, z, w), neighbours on the same side."""
    from scipy.spatial.transform import Rotation

    return continuous(Rotation.from_matrix(rotations).as_quat()).astype(np.float32)


def _when(name: str, value: list[Any]) -> dict[str, Any]:
    """glTF allows no empty lists."""
    return {name: value} if value else {}
