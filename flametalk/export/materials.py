"""What the exported head is made of: a few materials, and where the head has texture coordinates one
picture that holds the skin, the eyes, the teeth and the mouth.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from ..errors import UnknownNameError
from ..head import Head
from ..render.eyes import head_gaze
from ..render.looks import AWAY, IRIS, LIPS, LOOKS, MATERIALS, PUPIL, SCLERA, SKIN, Eye, Look
from ..render.skin import PaintedSkin, painted_skin
from ..render.surface import head_materials

Colour = tuple[float, float, float]

# slots of a textured head, with the render room's materials that each holds
SLOTS: Final = {
    "skin": ("skin", "lips"),
    "eyes": ("sclera", "iris", "pupil"),
    "teeth": ("teeth",),
    "mouth": ("gums", "tongue", "mouth"),
}
ROUGHNESS: Final = {"skin": 0.55, "lips": 0.42, "eyes": 0.08, "sclera": 0.08, "iris": 0.08, "pupil": 0.08,
                    "teeth": 0.25, "gums": 0.35, "tongue": 0.45, "mouth": 0.6}  # fmt: skip
BLEED: Final = 6  # texels that a plain colour reaches over its border
JPEG_QUALITY: Final = 90


@dataclass(frozen=True)
class Material:
    """One slot."""

    name: str
    colour: Colour  # sRGB 0…255; white where the texture has the colour
    roughness: float
    two_sided: bool  # the skin is open at the neck
    textured: bool


@dataclass(frozen=True, eq=False)
class Appearance:
    """Materials, which triangle has which, and the picture of the textured ones."""

    materials: tuple[Material, ...]
    of_faces: Int32[np.ndarray, "f"]
    texture: UInt8[np.ndarray, "n n 3"] | None  # sRGB, row 0 at v = 1

    def jpeg(self) -> bytes:
        """The texture as a file."""
        from PIL import Image

        assert self.texture is not None
        buffer = BytesIO()
        Image.fromarray(self.texture).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return buffer.getvalue()


@lru_cache(maxsize=2)
def appearance(head: Head, look_name: str, texture_size: int) -> Appearance:
    """Painted where the package has a skin for this head and the look shows it, else plain colours."""
    if look_name not in LOOKS:
        raise UnknownNameError("look", look_name, LOOKS)
    look = LOOKS[look_name]
    faces = head.faces.cpu().numpy().astype(np.int32)
    kinds = head_materials(head, faces)
    gaze = head_gaze(head.template.float().cpu().numpy(), faces, kinds)
    skin = painted_skin(head.name)
    if skin is None or look.tone is None or head.uv is None or head.uv_faces is None:
        return _plain(look, _with_irises(kinds, gaze[faces].mean(1), look.eye))
    slot_of = np.zeros(len(MATERIALS), np.int32)
    for slot, members in enumerate(SLOTS.values()):
        slot_of[[MATERIALS.index(name) for name in members]] = slot
    white = (255.0, 255.0, 255.0)
    materials = tuple(Material(n, white, ROUGHNESS[n], n in ("skin", "mouth"), True) for n in SLOTS)
    texture = _paint(head, look, skin, texture_size, faces, kinds, gaze)
    return Appearance(materials, slot_of[kinds], texture)


def _plain(look: Look, kinds: Int32[np.ndarray, "f"]) -> Appearance:
    used = np.unique(kinds)
    materials = tuple(
        Material(name, _colour(look, name), ROUGHNESS[name], name in ("skin", "mouth"), False)
        for name in (MATERIALS[k] for k in used)
    )
    return Appearance(materials, np.searchsorted(used, kinds).astype(np.int32), None)


def _colour(look: Look, name: str) -> Colour:
    own = {"sclera": look.eye.sclera, "iris": look.eye.outer, "pupil": look.eye.pupil}
    return own[name] if name in own else look.material(name).colour


def _with_irises(
    kinds: Int32[np.ndarray, "f"], gaze: Float32[np.ndarray, "f 2"], eye: Eye
) -> Int32[np.ndarray, "f"]:
    """Eyeballs without irises of their own get them triangle by triangle."""
    if not (kinds == SCLERA).any() or (kinds == IRIS).any():
        return kinds
    radius, kinds = np.hypot(*gaze.T), kinds.copy()
    eyes = kinds == SCLERA
    kinds[eyes & (radius < 1)] = IRIS
    kinds[eyes & (radius < eye.pupil_radius)] = PUPIL
    return kinds


def _paint(
    head: Head,
    look: Look,
    skin: PaintedSkin,
    size: int,
    faces: Int32[np.ndarray, "f 3"],
    kinds: Int32[np.ndarray, "f"],
    gaze: Float32[np.ndarray, "v 2"],
) -> UInt8[np.ndarray, "n n 3"]:
    """The painted skin, plain colours on the islands of teeth and mouth, and eyes."""
    from PIL import Image, ImageDraw

    assert head.uv is not None and head.uv_faces is not None and look.tone is not None
    picture = Image.fromarray(skin.texture(look.tone, size)[..., :3])
    draw = ImageDraw.Draw(picture)
    uv, uv_faces = head.uv.cpu().numpy(), head.uv_faces.cpu().numpy()
    texels = np.stack([uv[:, 0], 1 - uv[:, 1]], 1) * size
    for kind, name in enumerate(MATERIALS):
        if kind in (SKIN, LIPS):
            continue
        colour = tuple(round(c) for c in _colour(look, "sclera" if kind in (IRIS, PUPIL) else name))
        for corners in texels[uv_faces[kinds == kind]].tolist():
            outline = [tuple(corner) for corner in [*corners, corners[0]]]
            draw.polygon(outline[:3], fill=colour)
            draw.line(outline, fill=colour, width=BLEED)
    eyes = np.isin(kinds, (SCLERA, IRIS, PUPIL))
    return _paint_irises(np.array(picture), texels[uv_faces[eyes]], gaze[faces[eyes]], look.eye)


def _paint_irises(
    picture: UInt8[np.ndarray, "n n 3"], places: np.ndarray, gaze: np.ndarray, eye: Eye
) -> UInt8[np.ndarray, "n n 3"]:
    """Iris and pupil by the angle from the eye's axis, interpolated between the vertices."""
    from scipy.interpolate import LinearNDInterpolator

    frontal = (np.abs(gaze - np.array(AWAY)).max(2) > 1e-6).all(1) & (
        np.hypot(*gaze.transpose(2, 0, 1)) < 2
    ).all(1)
    places, gaze = places[frontal], gaze[frontal]
    middle = places[..., 0].mean() if len(places) else 0.0
    for side in (places[:, 0, 0] < middle, places[:, 0, 0] >= middle):
        points, first = np.unique(places[side].reshape(-1, 2), axis=0, return_index=True)
        if len(points) < 3:
            continue
        left, top = np.floor(points.min(0)).astype(int)
        right, bottom = np.ceil(points.max(0)).astype(int)
        x, y = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
        angle = LinearNDInterpolator(points, gaze[side].reshape(-1, 2)[first])(x + 0.5, y + 0.5)
        inside = np.isfinite(angle).all(-1)
        window = picture[top:bottom, left:right]
        window[inside] = _eye_colours(angle[inside], eye)
    return picture


def _eye_colours(angle: np.ndarray, eye: Eye) -> UInt8[np.ndarray, "n 3"]:
    """From the pupil outwards, with soft borders and the look's radial streaks."""
    radius = np.hypot(*angle.T)[:, None]
    around = np.arctan2(angle[:, 1], angle[:, 0])[:, None]
    streaks = 1 + eye.fibres * np.sin(17 * around + 2 * np.sin(5 * around)) * np.sin(np.pi * radius)

    def step(at: float, width: float) -> np.ndarray:
        x = np.clip((radius - at) / width + 0.5, 0, 1)
        return x * x * (3 - 2 * x)

    inner, outer, limbus, pupil, sclera = (
        np.array(c)[None] for c in (eye.inner, eye.outer, eye.limbus, eye.pupil, eye.sclera)
    )
    colour = inner + (outer - inner) * step(0.62, 0.5)
    colour = colour * streaks
    colour = colour + (limbus - colour) * step(0.9, 0.25)
    colour = pupil + (colour - pupil) * step(eye.pupil_radius, 0.1)
    colour = colour + (sclera - colour) * step(1.03, 0.14)
    return np.rint(np.clip(colour, 0, 255)).astype(np.uint8)
