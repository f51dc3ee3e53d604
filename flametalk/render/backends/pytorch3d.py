"""PyTorch3D: a differentiable rasteriser on the CPU or a CUDA GPU.

    renderer = Pytorch3dRenderer(Settings(look="skin"), "cuda")
    drawn = renderer.draw(head.vertices(...), surface, camera, blur=1.0)
    loss = (drawn.light - target).abs().mean() + ((drawn.cover - silhouette) ** 2).mean()

PyTorch3D finds which triangle is seen where; the light is ours (`torch_shading.py`).
"""

import math
from collections.abc import Collection
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from ...errors import InputError, MissingExtraError
from ..backend import Abilities, Passes, checked_frame
from ..camera import Camera
from ..colours import encode, linear
from ..settings import Settings, background_picture, depth_span, uv_of
from ..surface import Surface
from .torch_shading import TorchPaint, shade, torch_normals, torch_paint

CANDIDATES: Final = 32  # triangles a pixel that a blurred cover is made of
EDGE: Final = 1e-4  # part of a triangle that is still seen where the blur ends
DATA: Final = ("depth", "normal", "uv", "face", "barycentric")


class Drawn(NamedTuple):
    """One row a frame. Light outside the silhouette is 0."""

    light: Float[Tensor, "b h w 3"]  # linear, 0…1, of what is seen
    cover: Float[Tensor, "b h w"]
    depth: Float[Tensor, "b h w"]  # metres; 0 where nothing is
    normal: Float[Tensor, "b h w 3"]  # x right, y up, z toward the viewer
    face: Int[Tensor, "b h w"]  # −1 where nothing is
    weights: Float[Tensor, "b h w 3"]


class Pytorch3dRenderer:
    """`Renderer` through PyTorch3D; `draw` is the same with gradients and batches."""

    abilities: ClassVar[Abilities] = Abilities(
        "pytorch3d", modes=("shaded", "normals", "depth", "mask"), antialias=(1, 4)
    )

    def __init__(self, settings: Settings | None = None, device: str | None = None):
        self.settings = settings or Settings()
        self.abilities.check(self.settings.mode, (), self.settings.antialias)
        self._pytorch3d = load_pytorch3d()
        self.device = torch_device(device)
        self._paint: tuple[Surface, TorchPaint] | None = None

    def draw(
        self,
        vertices: Float[Tensor, "b v c"],
        surface: Surface,
        camera: Camera,
        blur: float = 0.0,
        candidates: int = CANDIDATES,
    ) -> Drawn:
        """Pictures with gradients to the vertices, one sample a pixel. `blur` (pixels) makes the cover soft:
        with 0 it is 0 or 1 and teaches nothing about the outline. The blur reaches three times as far; where
        more than `candidates` triangles lie within, the cover jumps and its gradients are wrong."""
        coat, faces = self._coat(surface), self._coat(surface).faces
        places = vertices[..., :3].to(self.device)
        normals = (
            vertices[..., 3:].to(self.device) if vertices.shape[-1] == 6 else torch_normals(places, faces)
        )
        turn = torch.as_tensor(np.array(camera.rotation), dtype=places.dtype, device=self.device)
        local = places @ turn.T + torch.as_tensor(np.array(camera.translation), dtype=places.dtype).to(turn)
        depth = local[..., 2:]
        scale = camera.focal / depth if camera.perspective else camera.focal
        pixel = local[..., :2] * scale + torch.tensor(camera.principal_point).to(local)
        size = torch.tensor([camera.width, camera.height]).to(local)
        square = torch.cat([(size - 2 * pixel) / size.min(), depth], -1)  # x left, y up, as PyTorch3D has it
        face, zbuf, weights, distance = self._rasterise(square, faces, camera, blur, candidates)

        seen = face[..., 0] >= 0
        cover = seen.to(places.dtype) if blur <= 0 else self._soft(distance, face, camera, blur)
        batch, row, column = torch.nonzero(seen, as_tuple=True)
        which, share = face[..., 0][seen], weights[..., 0, :][seen]
        corners = pixel.detach()[:, faces]
        along, across = corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
        fronts = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0] < 0
        front = fronts[batch, which]
        axes = torch.tensor([1.0, -1.0, -1.0]).to(turn)
        normal = (share[..., None] * normals[batch[:, None], faces[which]]).sum(1) @ turn.T * axes
        normal = normalize(normal, dim=-1) * torch.where(front, 1.0, -1.0)[:, None]
        light = shade(coat, which, share, normal, front, _view(camera, row, column, normal)).clamp(0, 1)

        def spread(values: Tensor) -> Tensor:
            whole = torch.zeros((*seen.shape, *values.shape[1:]), dtype=values.dtype, device=self.device)
            return whole.index_put((batch, row, column), values)

        return Drawn(
            spread(light),
            cover,
            spread(zbuf[..., 0][seen]),
            spread(normal),
            face[..., 0],
            spread(share),
        )

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame without gradients. Four samples a pixel are a picture of twice the size."""
        places, own = checked_frame(vertices, surface, passes, self.abilities)
        frame = torch.from_numpy(places if own is None else np.concatenate([places, own], 1))[None]
        result: dict[str, np.ndarray] = {}
        with torch.no_grad():
            if set(passes) & {"colour", "mask"}:
                fine = 2 if self.settings.antialias == 4 else 1
                lens = camera.resized(fine * camera.width, fine * camera.height)
                result |= self._colour(self.draw(frame, surface, lens), fine, camera)
            if set(passes) & set(DATA):
                result |= self._numbers(self.draw(frame, surface, camera), surface, "uv" in passes)
        return Passes(**{name: value for name, value in result.items() if name in passes})

    def close(self) -> None:
        self._paint = None

    def _coat(self, surface: Surface) -> TorchPaint:
        if self._paint is None or self._paint[0] is not surface:
            self._paint = (surface, torch_paint(surface, self.settings.the_look, self.device))
        return self._paint[1]

    def _rasterise(
        self, square: Tensor, faces: Tensor, camera: Camera, blur: float, candidates: int
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Triangle, depth, weights and squared distance to the edge of each candidate of each pixel."""
        meshes = self._pytorch3d.structures.Meshes(list(square), [faces] * len(square))
        face, zbuf, weights, distance = self._pytorch3d.renderer.mesh.rasterize_meshes(
            meshes,
            image_size=(camera.height, camera.width),
            blur_radius=math.log(1 / EDGE - 1) * _sigma(camera, blur),
            faces_per_pixel=1 if blur <= 0 else candidates,
            perspective_correct=camera.perspective,
            clip_barycentric_coords=blur > 0,
            cull_backfaces=not self.settings.two_sided,
            z_clip_value=camera.near if camera.perspective else None,
        )
        offset = torch.arange(len(square), device=face.device)[:, None, None, None] * len(faces)
        return torch.where(face >= 0, face - offset, face), zbuf, weights, distance

    def _soft(self, distance: Tensor, face: Tensor, camera: Camera, blur: float) -> Tensor:
        """The cover as the chance that any candidate is there: each fades over `blur` pixels at its edge."""
        there = torch.sigmoid(-distance / _sigma(camera, blur)) * (face >= 0)
        return 1 - (1 - there).prod(-1)

    def _colour(self, drawn: Drawn, fine: int, camera: Camera) -> dict[str, np.ndarray]:
        value = self._shown(drawn)
        layers = torch.cat([value * drawn.cover[..., None], drawn.cover[..., None]], -1)[0].permute(2, 0, 1)
        front = avg_pool2d(layers[None], fine)[0].permute(1, 2, 0).cpu().numpy()
        mask = np.ascontiguousarray(front[..., 3])
        behind = background_picture(self.settings, camera)
        data = self.settings.is_data
        mixed = front[..., :3] + (1 - mask[..., None]) * (behind / 255 if data else linear(behind))
        colour = np.rint(255 * np.clip(mixed, 0, 1)).astype(np.uint8) if data else encode(mixed)
        return {"colour": np.where(mask[..., None] > 0, colour, behind), "mask": mask}

    def _shown(self, drawn: Drawn) -> Tensor:
        if self.settings.mode == "normals":
            return 0.5 + 0.5 * drawn.normal
        if self.settings.mode == "depth":
            seen = drawn.depth[drawn.face >= 0].cpu().numpy().astype(np.float32)
            low, high = self.settings.depth_range or depth_span(seen).tolist()
            return ((high - drawn.depth) / (high - low)).clamp(0, 1)[..., None].expand(-1, -1, -1, 3)
        return drawn.light if self.settings.mode == "shaded" else torch.ones_like(drawn.light)

    def _numbers(self, drawn: Drawn, surface: Surface, with_uv: bool) -> dict[str, np.ndarray]:
        found = {
            "depth": drawn.depth, "normal": drawn.normal, "barycentric": drawn.weights,
            "face": drawn.face.to(torch.int32),
        }  # fmt: skip
        if with_uv:
            uv_of(surface, True)
            uv = (drawn.weights[..., None] * self._coat(surface).uv[drawn.face.clamp(min=0)]).sum(-2)
            found["uv"] = uv * (drawn.face >= 0)[..., None]
        return {name: value[0].cpu().numpy() for name, value in found.items()}


def _sigma(camera: Camera, blur: float) -> float:
    """`blur` pixels as PyTorch3D's squared distance: the shorter side of the picture is 2 long."""
    return (2 * max(blur, 0.0) / min(camera.width, camera.height)) ** 2


def _view(camera: Camera, row: Tensor, column: Tensor, like: Tensor) -> Tensor:
    """Unit vectors to the viewer."""
    ahead = torch.ones_like(like[:, 0])
    if not camera.perspective:
        return torch.stack([0 * ahead, 0 * ahead, ahead], -1)
    cx, cy = camera.principal_point
    right = (cx - (column.to(like) + 0.5)) / camera.focal
    return normalize(torch.stack([right, ((row.to(like) + 0.5) - cy) / camera.focal, ahead], -1), dim=-1)


def torch_device(name: str | None) -> torch.device:
    """CUDA where there is one, unless a device is named."""
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"pytorch3d:{name}: expected a torch device such as cpu, cuda or cuda:1") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"pytorch3d:{name}: torch finds no CUDA GPU here; say pytorch3d:cpu")
    return device


def load_pytorch3d() -> Any:
    try:
        import pytorch3d
        import pytorch3d.renderer.mesh
        import pytorch3d.structures
    except ImportError as error:
        raise MissingExtraError(
            extra="",
            package="pytorch3d",
            purpose="drawing with gradients",
            how=f"it cannot be imported ({error}). It is not on PyPI: build it against your torch with "
            "pip install iopath && pip install --no-build-isolation "
            "'git+https://github.com/facebookresearch/pytorch3d' (FORCE_CUDA=1 for a GPU)",
        ) from error
    return pytorch3d
