"""`Surface`: all that stays the same from frame to frame: topology, materials, occlusion, eyes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float32, Int, Int32, UInt8

from ..errors import InputError
from ..files import PathLike
from .looks import AWAY, GUMS, LIPS, MATERIALS, MOUTH, SCLERA, SKIN, TEETH, TONGUE
from .skin import PaintedSkin, painted_skin
from .texture import read_texture

if TYPE_CHECKING:
    from ..head.model import Head


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles and what they are made of. `from_head` and `from_faces` fill in what is missing."""

    n_vertices: int
    faces: Int32[np.ndarray, "_ 3"]  # f; counter-clockwise seen from outside
    materials: Int32[np.ndarray, "_"]  # f; index in `looks.MATERIALS`
    occlusion: Float32[np.ndarray, "_"]  # v; 1 = open sky
    edges: Bool[np.ndarray, "_ 3"]  # f; drawn as wire? edge k runs from corner k to corner k + 1
    gaze: Float32[np.ndarray, "_ 2"]  # v; eyeballs: angle from their axis (right, up) / iris radius
    uv: Float32[np.ndarray, "_ 2"] | None = None  # v up
    uv_faces: Int32[np.ndarray, "_ 3"] | None = None
    albedo: Float32[np.ndarray, "_ 3"] | None = None  # v; sRGB 0…1 of skin and lips
    texture: UInt8[np.ndarray, "_ _ 4"] | PaintedSkin | None = None  # the same, finer; see `texture.py`

    def __post_init__(self) -> None:
        f, v = len(self.faces), self.n_vertices
        shapes = {"faces": (f, 3), "materials": (f,), "occlusion": (v,), "edges": (f, 3), "gaze": (v, 2)}
        shapes |= {"albedo": (v, 3)} if self.albedo is not None else {}
        shapes |= {"uv_faces": (f, 3)} if self.uv_faces is not None else {}
        for name, expected in shapes.items():
            if (got := getattr(self, name).shape) != expected:
                raise InputError(f"surface: {name} has shape {got}, expected {expected}")
        if self.uv is not None and self.uv_faces is None:
            raise InputError("surface: uv without uv_faces; give the uv corner of every triangle corner")
        if self.texture is not None and self.uv is None:
            raise InputError("surface: a texture needs uv and uv_faces")
        limits = {"faces": v, "materials": len(MATERIALS)}
        limits |= {"uv_faces": len(self.uv)} if self.uv is not None and self.uv_faces is not None else {}
        for name, limit in limits.items():
            index = getattr(self, name)
            if index.size and not (int(index.min()) >= 0 and int(index.max()) < limit):
                raise InputError(
                    f"surface: {name} has values {index.min()} to {index.max()}, expected 0 to {limit - 1}"
                )


def from_faces(
    faces: Int[np.ndarray, "f 3"],
    n_vertices: int | None = None,
    *,
    materials: Int[np.ndarray, "f"] | None = None,
    occlusion: Float32[np.ndarray, "v"] | None = None,
    quads: Int[np.ndarray, "q 4"] | None = None,
    gaze: Float32[np.ndarray, "v 2"] | None = None,
    uv: Float32[np.ndarray, "t 2"] | None = None,
    uv_faces: Int[np.ndarray, "f 3"] | None = None,
    albedo: Float32[np.ndarray, "v 3"] | None = None,
    texture: PathLike | UInt8[np.ndarray, "h w c"] | PaintedSkin | None = None,
) -> Surface:
    """A surface of any triangle mesh; without more it is all skin, unoccluded, every edge in the wire.

    `texture`: a picture file or (h, w, 3) uint8 sRGB for skin and lips, row 0 at v = 1.
    """
    if texture is not None and not isinstance(texture, PaintedSkin):
        texture = read_texture(texture)
    faces = np.ascontiguousarray(faces, np.int32)
    n = int(faces.max(initial=-1)) + 1 if n_vertices is None else n_vertices
    return Surface(
        n_vertices=n,
        faces=faces,
        materials=np.full(len(faces), SKIN, np.int32) if materials is None else _array(materials, np.int32),
        occlusion=np.ones(n, np.float32) if occlusion is None else _array(occlusion, np.float32),
        edges=wire_edges(faces, quads),
        gaze=np.full((n, 2), AWAY, np.float32) if gaze is None else _array(gaze, np.float32),
        uv=None if uv is None else _array(uv, np.float32),
        uv_faces=None if uv_faces is None else _array(uv_faces, np.int32),
        albedo=None if albedo is None else _array(albedo, np.float32),
        texture=texture,
    )


def from_head(
    head: "Head", bake: bool = True, texture: PathLike | UInt8[np.ndarray, "h w c"] | None = None
) -> Surface:
    """The surface of a parametric head. Occlusion that the head does not bring is baked on its template
    (`bake=False` leaves it open). Without a `texture` the built-in head wears its painted skin, others the
    plain colours of the look."""
    from .eyes import head_gaze

    def array(name: str) -> np.ndarray | None:
        value = getattr(head, name)
        return None if value is None else value.detach().cpu().numpy()

    template = head.template.detach().cpu().numpy().astype(np.float32)
    faces = head.faces.detach().cpu().numpy().astype(np.int32)
    materials = head_materials(head, faces)
    occlusion = array("occlusion")
    if occlusion is None and bake:
        from .occlusion import bake_occlusion

        occlusion = bake_occlusion(template, faces)
    if occlusion is not None:
        occlusion = open_mouth_light(occlusion, template, faces, materials)
    return from_faces(
        faces,
        head.n_vertices,
        materials=materials,
        occlusion=occlusion,
        quads=array("quads"),
        gaze=head_gaze(template, faces, materials),
        uv=array("uv"),
        uv_faces=array("uv_faces"),
        texture=painted_skin(head.name) if texture is None else texture,
    )


MOUTH_LIGHT, MOUTH_REACH = 0.42, 0.013  # at the front teeth; metres behind them where 1/e of it is left
SHARE_OF_LIGHT = {TEETH: 1.0, GUMS: 0.8, TONGUE: 1.0, MOUTH: 0.6}


def open_mouth_light(
    occlusion: Float32[np.ndarray, "v"],
    template: Float32[np.ndarray, "v 3"],
    faces: Int32[np.ndarray, "f 3"],
    materials: Int32[np.ndarray, "f"],
) -> Float32[np.ndarray, "v"]:
    """Occlusion is baked with lips closed, which leaves the mouth black; an open one lets light in that
    fades behind the front teeth. Heads without teeth stay as they are, and those with light on them."""
    teeth = faces[materials == TEETH]
    if not len(teeth) or occlusion[teeth].max() >= MOUTH_LIGHT:
        return occlusion
    lit, front = occlusion.astype(np.float32), float(template[teeth, 2].max())
    light = MOUTH_LIGHT * np.exp(-((np.maximum(front - template[:, 2], 0) / MOUTH_REACH) ** 2))
    for material, share in SHARE_OF_LIGHT.items():
        inside = np.unique(faces[materials == material])
        lit[inside] = np.maximum(lit[inside], share * light[inside])
    return lit


REGION_MATERIALS = {"lips": LIPS, "left_eyeball": SCLERA, "right_eyeball": SCLERA}


def head_materials(head: "Head", faces: Int[np.ndarray, "f 3"]) -> Int32[np.ndarray, "f"]:
    """The head's own materials by name (names not known here count as skin), else from its regions."""
    if head.materials is not None and head.material_names:
        known = [MATERIALS.index(n) if n in MATERIALS else SKIN for n in head.material_names]
        return np.array(known, np.int32)[head.materials.detach().cpu().numpy()]
    materials = np.full(len(faces), SKIN, np.int32)
    for name, material in REGION_MATERIALS.items():
        if name in head.regions:
            inside = np.zeros(head.n_vertices, bool)
            inside[head.regions[name].detach().cpu().numpy()] = True
            materials[inside[faces].all(1)] = material
    return materials


def wire_edges(
    faces: Int[np.ndarray, "f 3"], quads: Int[np.ndarray, "q 4"] | None = None
) -> Bool[np.ndarray, "f 3"]:
    """Which triangle edges are drawn: all, or those of the quads (−1 in the last column: a triangle)."""
    if quads is None:
        return np.ones((len(faces), 3), bool)
    quads = np.asarray(quads, np.int64)
    last = np.where(quads[:, 3] < 0, quads[:, 0], quads[:, 3])
    rings = np.stack([quads[:, 0], quads[:, 1], quads[:, 2], last], 1)
    wanted = np.stack([rings, np.roll(rings, -1, 1)], -1).reshape(-1, 2)
    edges = np.stack([faces, np.roll(faces, -1, 1)], -1).astype(np.int64)
    size = int(max(faces.max(initial=0), quads.max(initial=0))) + 1

    def key(pairs: np.ndarray) -> np.ndarray:
        return pairs.min(-1) * size + pairs.max(-1)

    return np.isin(key(edges), key(wanted))


def _array(values: np.ndarray, dtype: type) -> np.ndarray:
    return np.ascontiguousarray(values, dtype)
