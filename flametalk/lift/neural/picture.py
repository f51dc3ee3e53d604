"""Pictures of a head that carry gradients.

The renderer says once which triangle lies under each pixel, and where in it. Colours of these places follow
albedo, light and normals; where the places move, the picture is carried along with them, as by optical flow.
Value and gradient are exact inside the face; at its outline, where the background comes to light, the
gradient misses what appears and disappears.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from ...head import Head
from ...render import CpuRenderer, Settings, Surface, from_faces
from ...render.looks import LIPS, MATERIALS, SKIN, SKIN_LOOK
from ...render.skin import TONES, compose, load_masks, painted_skin
from ...render.surface import head_materials
from .camera import crop_camera, project
from .light import shading

N_TONES = 5  # texture coefficients that the built-in head's albedo answers to
TEXELS = 256


@dataclass(frozen=True, eq=False)
class Albedo:
    """sRGB 0 … 1 of every vertex: a mean, and what each texture coefficient adds."""

    mean: Float[Tensor, "v 3"]
    basis: Float[Tensor, "v 3 k"]

    def colours(self, texture: Float[Tensor, "b t"]) -> Float[Tensor, "b v 3"]:
        k = self.basis.shape[-1]
        return self.mean + torch.einsum("vck,bk->bvc", self.basis, texture[:, :k])


@lru_cache(maxsize=2)
def tone_albedo(head: Head) -> Albedo:
    """From the painted skin in all tones, its principal components; other parts in plain colours."""
    faces = head.faces.numpy()
    materials = head_materials(head, faces.astype(np.int32))
    plain = np.array([SKIN_LOOK.material(name).colour for name in MATERIALS]) / 255
    colours = np.zeros((head.n_vertices, 3))
    colours[faces] = plain[materials][:, None]
    skin = painted_skin(head.name)
    if skin is None or head.uv is None or head.uv_faces is None:
        return Albedo(torch.from_numpy(colours).float(), torch.zeros(head.n_vertices, 3, 0))
    masks = load_masks(skin.path, TEXELS)
    place = np.zeros((head.n_vertices, 2))
    place[faces] = head.uv.numpy()[head.uv_faces.numpy()]
    column, row = ((np.clip(x, 0, 1 - 1e-6) * TEXELS).astype(int) for x in (place[:, 0], 1 - place[:, 1]))
    painted = np.zeros(head.n_vertices, bool)
    painted[faces[np.isin(materials, (SKIN, LIPS))]] = True
    all_tones = np.stack([compose(masks, tone)[row, column] / 255 for tone in TONES.values()])
    rows = np.where(painted[:, None], all_tones, colours)
    mean = rows.mean(0)
    _, spread, directions = np.linalg.svd((rows - mean).reshape(len(rows), -1), full_matrices=False)
    basis = (directions[:N_TONES].T * spread[:N_TONES] / np.sqrt(len(rows))).reshape(*mean.shape, -1)
    return Albedo(torch.from_numpy(mean).float(), torch.from_numpy(basis).float())


@dataclass(frozen=True, eq=False)
class Canvas:
    """What stays the same from picture to picture."""

    head: Head
    surface: Surface
    skin: Bool[Tensor, "f"]  # triangles that the albedo is meant for
    pixels: int


def canvas(head: Head, pixels: int) -> Canvas:
    faces = head.faces.numpy().astype(np.int32)
    materials = head_materials(head, faces)
    return Canvas(
        head,
        from_faces(faces, head.n_vertices),
        torch.from_numpy(np.isin(materials, (SKIN, LIPS))),
        pixels,
    )


@dataclass(frozen=True, eq=False)
class Sight:
    """What is seen at each pixel; where `seen` is False, the background."""

    seen: Bool[Tensor, "b h w"]
    skin: Bool[Tensor, "b h w"]
    corners: Int[Tensor, "b h w 3"]
    weights: Float[Tensor, "b h w 3"]


def look(on: Canvas, vertices: Float[Tensor, "b v 3"], camera: Float[Tensor, "b 3"]) -> Sight:
    """The triangles under the pixels; no gradient goes through here."""
    renderer = CpuRenderer(Settings(antialias=1))
    faces, weights = [], []
    for frame, lens in zip(vertices.detach().float().numpy(), camera.detach().double().numpy(), strict=True):
        drawn = renderer.render(frame, on.surface, crop_camera(lens, on.pixels), ("face", "barycentric"))
        assert drawn.face is not None and drawn.barycentric is not None
        faces.append(torch.from_numpy(drawn.face).long())
        weights.append(torch.from_numpy(drawn.barycentric))
    face = torch.stack(faces)
    known = face.clamp_min(0)
    seen = face >= 0
    return Sight(seen, seen & on.skin[known], on.head.faces.long()[known], torch.stack(weights))


def draw(
    on: Canvas,
    vertices: Float[Tensor, "b v 3"],
    camera: Float[Tensor, "b 3"],
    albedo: Float[Tensor, "b v 3"],
    light: Float[Tensor, "b 9 3"],
    background: Float[Tensor, "b 3 h w"],
    sight: Sight | None = None,
) -> tuple[Float[Tensor, "b 3 h w"], Sight]:
    """The head over a background, and what is seen where; all but the background get gradients."""
    sight = sight or look(on, vertices, camera)
    normals = smooth_normals(vertices, on.head.faces.long())
    at = _mix(torch.cat([project(vertices, camera)[..., :2], normals, albedo], -1), sight)
    place, normal, colour = at.split([2, 3, 3], -1)
    normal = F.normalize(normal, dim=-1, eps=1e-6)
    flat = shading(normal.flatten(1, 2), light).unflatten(1, normal.shape[1:3])
    seen = sight.seen[:, None].to(vertices)
    picture = (colour * flat).permute(0, 3, 1, 2) * seen + background * (1 - seen)
    moved = torch.where(sight.seen[..., None], place - place.detach(), 0.0) * (on.pixels / 2)
    across, down = _slopes(picture.detach())
    carried = picture - moved[..., 0].unsqueeze(1) * across - moved[..., 1].unsqueeze(1) * down
    return carried, sight


def _slopes(picture: Float[Tensor, "b 3 h w"]) -> tuple[Tensor, Tensor]:
    """How colours change from pixel to pixel, to the right and downward."""
    wide = F.pad(picture, (1, 1, 1, 1), mode="replicate")
    across = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2
    return across, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2


def _mix(values: Float[Tensor, "b v c"], sight: Sight) -> Float[Tensor, "b h w c"]:
    """Values of vertices at the places under the pixels."""
    b, h, w, _ = sight.corners.shape
    flat = sight.corners.reshape(b, -1)
    picked = torch.gather(values, 1, flat[..., None].expand(-1, -1, values.shape[-1]))
    return (picked.reshape(b, h, w, 3, -1) * sight.weights[..., None]).sum(3)


def smooth_normals(vertices: Float[Tensor, "b v 3"], faces: Int[Tensor, "f 3"]) -> Float[Tensor, "b v 3"]:
    """Unit normals, triangles by their area."""
    a, b, c = (vertices[:, faces[:, k]] for k in range(3))
    flat = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for k in range(3):
        total = total.index_add(1, faces[:, k], flat)
    return F.normalize(total, dim=-1, eps=1e-12)
