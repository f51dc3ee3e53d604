"""The template as one value: all parts joined, with names, materials, texture coordinates and landmarks."""

from dataclasses import dataclass

import numpy as np

from flametalk.conventions import MILLIMETRES
from flametalk.render.looks import MATERIALS

from . import landmarks, semantics, uv
from .eyes import build_eyes
from .mirror import mirror_faces, mirror_map, mirror_points
from .shape import EYE_CENTRE, HEAD
from .skin import build_half_skin
from .surface import Surface, triangulate
from .teeth import build_gums, build_teeth
from .tongue import build_tongue

PARTS = ("skin", "eyes", "teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue")
JOINTS_MM = (  # root, neck, jaw, left eye, right eye
    (0, -160, -38),
    (0, -92, -26),
    (0, -22, 2),
    EYE_CENTRE,
    (-EYE_CENTRE[0], *EYE_CENTRE[1:]),
)
# Where each part's unit square lies in the texture: left, bottom, width, height.
UV_BOXES = {
    "teeth_upper": (0.60, 0.115, 0.39, 0.085),
    "teeth_lower": (0.60, 0.015, 0.39, 0.085),
    "gums_upper": (0.215, 0.125, 0.17, 0.07),
    "gums_lower": (0.215, 0.045, 0.17, 0.07),
    "tongue": (0.215, 0.004, 0.17, 0.036),
    "eyes": (0.01, 0.05, 0.19, 0.10),
}


@dataclass(frozen=True)
class Template:
    """+x is the subject's left, +y up, +z out of the face."""

    vertices: np.ndarray  # (V, 3) metres
    quads: np.ndarray  # (Q, 4) outward faces; −1 in the last column marks a triangle
    uv: np.ndarray  # (M, 2) in 0…1, v up
    uv_quads: np.ndarray  # (Q, 4) indices into uv, like quads
    material: np.ndarray  # (Q,) index into MATERIALS
    part: np.ndarray  # (V,) index into PARTS
    mirror: np.ndarray  # (V,) the vertex on the other side (itself on the midline)
    names: dict[str, np.ndarray]  # vertex index arrays; rings are (rings, points)
    landmarks: dict[str, tuple]  # embeddings: triangle index, barycentric, and ids where they have some
    joints: np.ndarray  # (5, 3) metres

    @property
    def triangles(self):
        """(T, 3): [0,1,2] of every face, then [0,2,3] of every quad."""
        return triangulate(self.quads)[0]


@dataclass(frozen=True)
class _Chunk:
    """A part's share of the template's arrays, its indices already those of the whole; millimetres."""

    points: np.ndarray
    quads: np.ndarray
    mirror: np.ndarray
    material: np.ndarray
    uv: np.ndarray
    uv_quads: np.ndarray


def _skin():
    """The whole skin, and the names on it."""
    half, faces, points = build_half_skin()
    mirror = mirror_map(half.count, half.midline)
    quads = np.vstack([faces, mirror_faces(faces, mirror.right)])
    index = np.empty(mirror.count, int)
    index[mirror.left], index[mirror.right] = mirror.right, mirror.left
    material = semantics.skin_materials(np.concatenate(half.parts), np.concatenate(half.bands))
    coords, corners = uv.skin_uv(half, faces, points)
    names = semantics.skin_names(half, points, mirror.right)
    whole = mirror_points(points, mirror)
    names["skin"] = np.arange(len(whole))
    return _Chunk(whole, quads, index, np.r_[material, material], coords, corners), names


def _shifted(faces, by):
    return np.where(faces < 0, -1, faces + by)


def _placed(piece, box, first, first_uv):
    """A piece whose vertices and texture coordinates come after so many others."""
    left, bottom, width, height = box
    return _Chunk(
        piece.points,
        _shifted(piece.faces, first),
        piece.mirror + first,
        piece.material,
        piece.uv * [width, height] + [left, bottom],
        _shifted(piece.uv_faces, first_uv),
    )


def build_template():
    """Builds the template from scratch."""
    skin, names = _skin()
    chunks = [skin]
    pieces = {
        "eyes": build_eyes(),
        "teeth_upper": build_teeth(True),
        "teeth_lower": build_teeth(False),
        "gums_upper": build_gums(True),
        "gums_lower": build_gums(False),
        "tongue": build_tongue(),
    }
    for name, piece in pieces.items():
        first, first_uv = sum(len(c.points) for c in chunks), sum(len(c.uv) for c in chunks)
        chunks.append(_placed(piece, UV_BOXES[name], first, first_uv))
        names |= {key: ids + first for key, ids in piece.index.items()}
    points, quads, mirror, material, coords, corners = (
        np.concatenate([getattr(c, key) for c in chunks]) for key in _Chunk.__dataclass_fields__
    )
    material = np.array([MATERIALS.index(m) for m in material])
    return Template(
        vertices=points / MILLIMETRES,
        quads=quads,
        uv=coords,
        uv_quads=corners,
        material=material,
        part=np.repeat(np.arange(len(PARTS)), [len(c.points) for c in chunks]),
        mirror=mirror,
        names=names,
        landmarks=_landmarks(points, quads, material, names),
        joints=np.array(JOINTS_MM, float) / MILLIMETRES,
    )


def _landmarks(points, quads, material, names):
    triangles, face_of = triangulate(quads)
    outside = np.isin(material, [MATERIALS.index("skin"), MATERIALS.index("lips")])
    placer = landmarks.Placer(Surface(points, triangles, outside[face_of]), points, names)
    return {
        "ibug68": landmarks.ibug68(placer),
        "mediapipe": landmarks.mediapipe(placer, HEAD),
        "contour": landmarks.moving_contour(placer, HEAD),
    }
