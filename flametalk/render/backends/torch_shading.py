"""The light of `render/shading.py` in torch, differentiable: for back ends that take only visibility from
others.

Left out is the shade under the upper lid, which is searched for in the finished picture.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from ..colours import linear
from ..looks import IRIS, PUPIL, SCLERA, Look
from ..packing import paint
from ..surface import Surface
from .pieces import EYE_REACH, eye_picture


@dataclass(frozen=True, eq=False)
class TorchPaint:
    """`packing.Paint` and what it belongs to, as tensors of one device."""

    faces: Int[Tensor, "f 3"]
    corners: Float[Tensor, "f 3 7"]  # see packing.N_CORNER
    lamps: Float[Tensor, "4 7"]
    studio: Float[Tensor, "11"]
    inside: Float[Tensor, "7"]
    uv: Float[Tensor, "f 3 2"]
    gaze: Float[Tensor, "f 3 2"]
    wearing: Bool[Tensor, "f"]  # the skin's texture
    eyes: Bool[Tensor, "f"]
    skin: Float[Tensor, "1 4 _ _"]  # linear light, share of the highlight
    eye: Float[Tensor, "1 3 _ _"]


def torch_paint(surface: Surface, look: Look, device: torch.device) -> TorchPaint:
    coat = paint(surface, look)
    textured = len(coat.pyramid.levels) > 0
    skin = coat.pyramid.level(0) if textured else np.ones((1, 1, 4), np.float32)
    has_uv = surface.uv is not None and surface.uv_faces is not None
    uv = surface.uv[surface.uv_faces] if has_uv else np.zeros((len(surface.faces), 3, 2), np.float32)  # type: ignore[index]

    def tensor(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values)).to(device)

    wearing = coat.areas > 0
    return TorchPaint(
        faces=tensor(surface.faces.astype(np.int64)),
        corners=tensor(coat.corners),
        lamps=tensor(coat.lamps),
        studio=tensor(coat.studio),
        inside=tensor(coat.inside),
        uv=tensor(uv),
        gaze=tensor(surface.gaze[surface.faces]),
        wearing=tensor(wearing),
        eyes=tensor(np.isin(surface.materials, (SCLERA, IRIS, PUPIL)) & ~wearing),
        skin=tensor(skin.transpose(2, 0, 1)[None]),
        eye=tensor(linear(eye_picture(coat)).transpose(2, 0, 1)[None]),
    )


def torch_normals(vertices: Float[Tensor, "b v 3"], faces: Int[Tensor, "f 3"]) -> Float[Tensor, "b v 3"]:
    """Area-weighted vertex normals: `normals.py`."""
    a, b, c = (vertices[:, faces[:, k]] for k in range(3))
    across = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for k in range(3):
        total = total.index_add(1, faces[:, k], across)
    return normalize(total, dim=-1, eps=1e-18)


def shade(
    coat: TorchPaint,
    face: Int[Tensor, "n"],
    weights: Float[Tensor, "n 3"],
    normal: Float[Tensor, "n 3"],
    front: Bool[Tensor, "n"],
    view: Float[Tensor, "n 3"],
) -> Float[Tensor, "n 3"]:
    """Reflected linear light. `normal` (unit, toward the viewer) and `view` in the picture's axes."""
    values = (weights[..., None] * coat.corners[face]).sum(1)
    colour, answer = values[:, :3], values[:, 3:]
    eye = _look_up(coat.eye, (weights[..., None] * coat.gaze[face]).sum(1) / (2 * EYE_REACH) + 0.5)
    colour = torch.where(coat.eyes[face][:, None], eye, colour)
    skin = _look_up(coat.skin, (weights[..., None] * coat.uv[face]).sum(1))
    wearing = coat.wearing[face][:, None]
    colour = torch.where(wearing, skin[:, :3], colour)
    answer = torch.where(wearing, torch.cat([answer[:, :1] * skin[:, 3:], answer[:, 1:]], 1), answer)
    colour = torch.where(front[:, None], colour, coat.inside[:3])
    answer = torch.where(front[:, None], answer, coat.inside[3:])
    return _reflected(coat, colour, answer, normal, view)


def _reflected(coat: TorchPaint, colour: Tensor, answer: Tensor, normal: Tensor, view: Tensor) -> Tensor:
    specular, width, ambient, opened = (answer[:, k : k + 1] for k in range(4))
    sky, ground, wrap = coat.studio[:3], coat.studio[3:6], coat.studio[8:]
    up = 0.5 + 0.5 * normal[:, 1:2]
    shut = colour * (1 - ambient)
    light = (ground + (sky - ground) * up) * ambient * (1 + shut + shut**2)
    shine = torch.zeros_like(specular)
    for row in range(4):
        direction, lamp = coat.lamps[row, :3], coat.lamps[row, 3:6]
        facing = (normal * direction).sum(1, keepdim=True)
        light = light + opened * lamp * (1 + (facing - 1) * wrap).clamp(min=0) ** 2
        if row in (0, 3):  # key and catch
            half = direction + view
            cosine = (normal * half).sum(1, keepdim=True).clamp(min=0) ** 2
            cosine = cosine / ((half**2).sum(1, keepdim=True) + 1e-12)
            lobe = width / (cosine * (width - 1) + 1)
            shine = shine + coat.lamps[row, 6] * lobe**2 * (4 * facing).clamp(0, 1)
    graze = 1 - (normal * view).sum(1, keepdim=True).clamp(0, 1)
    shine = specular * opened * shine + coat.studio[6] * graze**3 * ambient * up
    value = coat.studio[7] * (colour * light + shine)
    return value.clamp(max=0.7) + 0.3 - 0.09 / ((value - 0.7).clamp(min=0) + 0.3)


def _look_up(picture: Tensor, place: Tensor) -> Tensor:
    """Bilinear, v up; the border goes on for ever."""
    grid = torch.stack([2 * place[:, 0] - 1, 1 - 2 * place[:, 1]], -1)[None, None]
    found = grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return found[0, :, 0].T
