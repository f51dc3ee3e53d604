"""Light in torch is the reference's light; PyTorch3D's gradients are those of the picture."""

import numpy as np
import pytest
import torch
from backend_scenes import renderer
from render_meshes import ball

from flametalk.normals import vertex_normals
from flametalk.render import CpuRenderer, Settings, frame_head, from_faces, weak_perspective
from flametalk.render.backends.torch_shading import shade, torch_normals, torch_paint
from flametalk.render.colours import encode
from flametalk.render.looks import SCLERA


def scene(rings: int = 10):
    """A ball in many materials, with a texture."""
    rng = np.random.default_rng(4)
    vertices, faces, _ = ball(rings)
    materials = rng.integers(0, 9, len(faces))
    materials[np.isin(materials, (SCLERA, SCLERA + 1, SCLERA + 2))] = 0  # lids shade eyes: tested by eye
    uv = rng.random((len(vertices), 2)).astype(np.float32)
    surface = from_faces(
        faces,
        len(vertices),
        materials=materials,
        occlusion=rng.random(len(vertices)).astype(np.float32),
        uv=uv,
        uv_faces=faces,
        texture=np.full((8, 8, 3), (200, 150, 120), np.uint8),
    )
    return vertices, surface


@pytest.mark.core
def test_the_light_is_the_references() -> None:
    vertices, surface = scene()
    camera = frame_head(vertices, "front", 60, 60, orthographic=True)
    settings = Settings(look="skin", antialias=1)
    truth = CpuRenderer(settings).render(
        vertices, surface, camera, ("colour", "face", "barycentric", "normal")
    )
    coat = torch_paint(surface, settings.the_look, torch.device("cpu"))
    seen = truth.face >= 0
    face = torch.from_numpy(truth.face[seen].astype(np.int64))
    normal = torch.from_numpy(truth.normal[seen])
    light = shade(
        coat,
        face,
        torch.from_numpy(truth.barycentric[seen]),
        normal,
        torch.ones(len(face), dtype=torch.bool),
        torch.tensor([0.0, 0.0, 1.0]).expand(len(face), 3),
    )
    difference = np.abs(encode(light.clamp(0, 1).numpy()).astype(int) - truth.colour[seen])
    assert difference.max() <= 1


@pytest.mark.core
def test_normals_are_the_references() -> None:
    vertices, surface = scene()
    found = torch_normals(torch.from_numpy(vertices)[None], torch.from_numpy(surface.faces.astype(np.int64)))
    truth = vertex_normals(vertices, surface.faces)
    assert np.abs(found[0].numpy() - truth)[np.unique(surface.faces)].max() < 1e-4


@pytest.mark.core
def test_light_has_the_gradients_of_its_values() -> None:
    _, surface = scene(4)
    coat = torch_paint(surface, Settings(look="skin").the_look, torch.device("cpu"))
    rng = np.random.default_rng(6)
    face = torch.arange(8)
    weights = torch.from_numpy(rng.dirichlet((2, 2, 2), 8))
    start = torch.nn.functional.normalize(torch.from_numpy(rng.normal((0, 0, 3), 1, (8, 3))), dim=1)
    coat = type(coat)(**{
        k: v.double() if v.dtype == torch.float32 else v for k, v in vars(coat).items()
    })  # fmt: skip
    view = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64).expand(8, 3)

    def light(weights: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        return shade(coat, face, weights, normal, torch.ones(8, dtype=torch.bool), view)

    arguments = (weights.requires_grad_(), start.requires_grad_())
    assert torch.autograd.gradcheck(light, arguments, eps=1e-6, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["depth", "light", "cover"])
def test_gradients_to_vertices(what: str) -> None:
    """Central differences along random directions, away from the places where the picture jumps."""
    pytorch3d = renderer("pytorch3d:cpu", Settings(look="skin", antialias=1))
    vertices, faces, _ = ball(6)
    surface = from_faces(faces, len(vertices))
    camera = weak_perspective((0, 0, 1), (0, 0, 0), 24, 24, 0.3)
    rng = np.random.default_rng(5)
    blur = 0.7 if what == "cover" else 0.0
    base = torch.from_numpy(vertices)[None]
    still = pytorch3d.draw(base, surface, camera, blur)
    weight = torch.from_numpy(rng.random(still.depth.shape).astype(np.float32))

    def loss(places: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
        drawn = pytorch3d.draw(places, surface, camera, blur)
        value = getattr(drawn, what)
        value = value.sum(-1) if what == "light" else value
        return (value * weight * same).sum()

    for _ in range(2):  # a stretch, a shear and a shift: every vertex moves, together
        turn, shift = rng.normal(size=(3, 3)), 0.05 * rng.normal(size=3)
        way = (base.double() @ torch.from_numpy(turn) + torch.from_numpy(shift)).float()
        step = 2e-3
        ends = [pytorch3d.draw(base + s * way, surface, camera, blur).face for s in (step, -step)]
        same = torch.ones_like(still.depth)
        if what != "cover":  # where another triangle comes into view the picture jumps
            same = ((ends[0] == still.face) & (ends[1] == still.face) & (still.face >= 0)).float()
            assert same.sum() > 0.7 * (still.face >= 0).sum()
        places = base.clone().requires_grad_()
        loss(places, same).backward()
        assert places.grad is not None
        slope = float((places.grad * way).sum())
        with torch.no_grad():
            measured = float(loss(base + step * way, same) - loss(base - step * way, same)) / (2 * step)
        assert abs(measured) > 0.01
        assert slope == pytest.approx(measured, rel=0.03)
    pytorch3d.close()


@pytest.mark.slow
def test_an_outline_pulls_the_mesh_into_place() -> None:
    """Plain gradient descent on the silhouette alone finds a shift of 13 mm within a tenth of a millimetre,
    a hundredth of a pixel."""
    pytorch3d = renderer("pytorch3d:cpu", Settings(antialias=1))
    vertices, faces, _ = ball(6, 0.06)
    surface = from_faces(faces, len(vertices))
    camera = weak_perspective((0, 0, 1), (0, 0, 0), 24, 24, 0.24)
    base = torch.from_numpy(vertices)[None]
    wanted = torch.tensor([0.012, -0.005, 0])
    with torch.no_grad():
        target = pytorch3d.draw(base + wanted, surface, camera, 1.0, candidates=64).cover
    shift = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.SGD([shift], lr=2.5e-6)
    losses = []
    for _ in range(16):
        optimiser.zero_grad()
        cover = pytorch3d.draw(base + shift, surface, camera, 1.0, candidates=64).cover
        loss = ((cover - target) ** 2).sum()
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    assert losses[0] > 10 and losses[-1] < 1e-3 * losses[0]
    assert shift.detach().numpy() == pytest.approx(wanted.numpy(), abs=1e-4)
    pytorch3d.close()
