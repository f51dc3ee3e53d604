"""The template as one value: all parts joined, in metres, with names, materials, texture coordinates and landmarks."""
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import landmarks, semantics, uv
from .eyes import build_eyes
from .grid import mirror_faces, mirror_map, mirror_points
from .occlusion import openness
from .shape import EYE_CENTRE, HEAD
from .skin import build_half_skin
from .surface import Surface, triangulate
from .teeth import build_gums, build_teeth
from .tongue import build_tongue

MATERIALS = ("skin", "lips", "sclera", "iris", "pupil", "teeth", "gums", "tongue", "mouth")
PARTS = ("skin", "eyes", "teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue")
JOINT_NAMES = ("root", "neck", "jaw", "left_eye", "right_eye")
JOINT_PARENTS = (-1, 0, 1, 1, 1)
JOINTS_MM = ((0, -160, -38), (0, -92, -26), (0, -22, 2), EYE_CENTRE, (-EYE_CENTRE[0], EYE_CENTRE[1], EYE_CENTRE[2]))
MILLIMETRE = 1e-3
# Where each part's unit square lies in the texture: left, bottom, width, height.
UV_BOXES = {"teeth_upper": (0.60, 0.115, 0.39, 0.085), "teeth_lower": (0.60, 0.015, 0.39, 0.085),
            "gums_upper": (0.215, 0.125, 0.17, 0.07), "gums_lower": (0.215, 0.045, 0.17, 0.07), "tongue": (0.215, 0.004, 0.17, 0.036),
            "eyes": (0.01, 0.05, 0.19, 0.10)}


@dataclass(frozen=True)
class Template:
    """+x is the subject's left, +y up, +z out of the face."""
    vertices: np.ndarray
    """(V, 3) metres."""
    quads: np.ndarray
    """(Q, 4) outward faces; -1 in the last column marks a triangle."""
    uv: np.ndarray
    """(M, 2) in 0..1, v up."""
    uv_quads: np.ndarray
    """(Q, 4) indices into uv, like quads."""
    material: np.ndarray
    """(Q,) index into MATERIALS."""
    part: np.ndarray
    """(V,) index into PARTS."""
    mirror: np.ndarray
    """(V,) the vertex on the other side (itself on the midline)."""
    names: dict
    """Named vertex index arrays; rings are (rings, points)."""
    landmarks: dict
    """Embeddings: name -> (triangle index, barycentric), and the ids that belong to them."""
    joints: np.ndarray
    """(5, 3) metres: root, neck, jaw, left eye, right eye."""
    openness: np.ndarray
    """(V,) 0..1: how much of the surroundings a vertex sees; a renderer may multiply its ambient light by it."""

    @property
    def triangles(self):
        """(T, 3): [0,1,2] of every face, then [0,2,3] of every quad."""
        return triangulate(self.quads)[0]


def _whole_skin():
    half, faces, points = build_half_skin()
    mirror = mirror_map(half.count, half.midline)
    quads = np.vstack([faces, mirror_faces(faces, mirror.right)])
    index = np.empty(mirror.count, int)
    index[mirror.left], index[mirror.right] = mirror.right, mirror.left
    material = semantics.skin_materials(np.concatenate(half.parts), np.concatenate(half.bands))
    coords, corners = uv.skin_uv(half, faces, points)
    whole = mirror_points(points, mirror)
    names = semantics.skin_names(half, points, mirror.right)
    return whole, quads, index, np.r_[material, material], coords, corners, names


def _light(points, quads, mirror, part, names):
    """Openness of every vertex; the mouth's inside, which the closed lips hide, only darkens toward the throat."""
    light = openness(points, quads, mirror)
    inside = np.union1d(names["mouth_sack"], np.flatnonzero(part >= PARTS.index("teeth_upper")))
    light[inside] = np.clip((points[inside, 2] - 40) / 55, 0.25, 0.95)
    return light


def build_template():
    """Builds the template from scratch."""
    points, quads, mirror, material, coords, corners, names = _whole_skin()
    chunks = [(points, quads, mirror, material, coords, corners)]
    pieces = {"eyes": build_eyes(), "teeth_upper": build_teeth(True), "teeth_lower": build_teeth(False),
              "gums_upper": build_gums(True), "gums_lower": build_gums(False), "tongue": build_tongue()}
    total, total_uv = len(points), len(coords)
    shift = lambda faces, by: np.where(faces < 0, -1, faces + by)
    names["skin"] = np.arange(total)
    for name, piece in pieces.items():
        left, bottom, width, height = UV_BOXES[name]
        chunks.append((piece.points, shift(piece.faces, total), piece.mirror + total, piece.material,
                       piece.uv * [width, height] + [left, bottom], shift(piece.uv_faces, total_uv)))
        names |= {key: ids + total for key, ids in piece.index.items()}
        total, total_uv = total + len(piece.points), total_uv + len(piece.uv)
    points, quads, mirror, material, coords, corners = (np.concatenate(c) for c in zip(*chunks))
    part = np.repeat(np.arange(len(PARTS)), [len(c[0]) for c in chunks])
    material = np.array([MATERIALS.index(m) for m in material])
    tris, face_of = triangulate(quads)
    outside = np.isin(material, [MATERIALS.index("skin"), MATERIALS.index("lips")])
    placer = landmarks.Placer(Surface(points, tris, outside[face_of]), points, names)
    marks = {"ibug68": landmarks.ibug68(placer), "mediapipe": landmarks.mediapipe(placer, HEAD),
             "contour": landmarks.moving_contour(placer, HEAD)}
    light = _light(points, quads, mirror, part, names)
    return Template(points * MILLIMETRE, quads, coords, corners, material, part, mirror, names, marks, np.array(JOINTS_MM, float) * MILLIMETRE, light)


ARRAYS = ("vertices", "quads", "uv", "uv_quads", "material", "part", "mirror", "joints", "openness")


def save(template, path):
    """Writes the template as one npz: arrays, `name:<name>` index arrays and `landmark:<name>:<field>` embeddings."""
    data = {k: getattr(template, k) for k in ARRAYS}
    data["triangles"] = template.triangles
    data["materials"], data["parts"] = np.array(MATERIALS), np.array(PARTS)
    data["joint_names"], data["joint_parents"] = np.array(JOINT_NAMES), np.array(JOINT_PARENTS)
    data |= {f"name:{k}": v for k, v in template.names.items()}
    for name, values in template.landmarks.items():
        data |= {f"landmark:{name}:{field}": value for field, value in zip(LANDMARK_FIELDS, values)}
    np.savez_compressed(path, **data)


LANDMARK_FIELDS = ("triangle", "barycentric", "ids")


def load(path):
    """Reads back what save wrote."""
    with np.load(path) as data:
        names = {k[5:]: data[k] for k in data.files if k.startswith("name:")}
        marks = {k.split(":")[1]: [] for k in data.files if k.startswith("landmark:")}
        for name in marks:
            keys = [f"landmark:{name}:{field}" for field in LANDMARK_FIELDS]
            marks[name] = tuple(data[k] for k in keys if k in data.files)
        arrays = {k: data[k] for k in ARRAYS}
    return Template(names=names, landmarks=marks, **arrays)


def cached_template(folder):
    """The template from `folder` if it was built from the present sources, else built anew and kept there."""
    sources = sorted(p for p in Path(__file__).parent.iterdir() if p.suffix in (".py", ".csv"))
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    path = Path(folder) / f"head_template_{digest}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        save(build_template(), path)
    return load(path)
