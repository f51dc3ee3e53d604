"""Training of encoders: gradients of the drawing, the truth of renders, both stages, recognisers."""

import numpy as np
import pytest
import torch
from torch import Tensor

from flametalk.errors import FormatError, InputError, UnsafeFileError
from flametalk.head import Head
from flametalk.lift.neural.camera import crop_camera, project
from flametalk.lift.neural.encoder import Sizes
from flametalk.lift.neural.light import harmonics, shading
from flametalk.lift.neural.picture import canvas, draw, look, tone_albedo
from flametalk.lift.neural.training.held_out import similarity
from flametalk.lift.neural.training.losses import MARKS, Weights, full_pose, photometric_loss
from flametalk.lift.neural.training.people import draw_people, mean_person, square_camera
from flametalk.lift.neural.training.pictures import batches
from flametalk.lift.neural.training.recipe import EncoderRecipe
from flametalk.lift.neural.training.recogniser import features, recogniser
from flametalk.lift.neural.training.stage_one import landmark_head, train_encoder
from flametalk.lift.neural.training.stage_two import (
    Agreement,
    Plugs,
    expression_encoder,
    mouths,
    train_expression,
)

pytestmark = pytest.mark.core
TINY = EncoderRecipe(
    sizes=Sizes((1, 1, 1, 1), 4, 16, 48),
    steps=3,
    batch=4,
    memory=40,
    photometric_every=2,
    photometric_batch=1,
)


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def test_the_bands_of_light_are_orthonormal_times_lambert() -> None:
    """The factors are those of real harmonics times π, 2π/3, π/4 over π … as DECA writes them."""
    chance = np.random.default_rng(0)
    normals = torch.from_numpy(chance.normal(size=(50_000, 3)))
    normals = normals / normals.norm(dim=-1, keepdim=True)
    bands = harmonics(normals)
    gram = 4 * np.pi * (bands.T @ bands / len(bands)).numpy()
    # the first band is the harmonic itself; the others carry Lambert's weights 2π/3 and π/4
    expected = [1.0] + [(2 * np.pi / 3) ** 2] * 3 + [(np.pi / 4) ** 2] * 5
    np.testing.assert_allclose(np.diag(gram), expected, rtol=0.04)
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 0.05
    even = torch.zeros(1, 9, 3, dtype=torch.float64)
    even[:, 0] = np.sqrt(4 * np.pi)
    torch.testing.assert_close(shading(normals[None, :5], even), torch.ones(1, 5, 3, dtype=torch.float64))


def test_the_camera_is_the_renderers_camera() -> None:
    points = torch.randn(1, 20, 3) * 0.1
    camera = torch.tensor([[9.0, 0.01, -0.02]])
    here = project(points, camera)[0]
    pixels, _ = crop_camera(camera[0].numpy(), 224).project(points[0].numpy())
    np.testing.assert_allclose((here[:, :2].numpy() + 1) / 2 * 224, pixels, atol=1e-3)
    # s (X + t), then y and z turned round
    x, y, z = points[0, 0].tolist()
    torch.testing.assert_close(here[0], torch.tensor([9 * (x + 0.01), -9 * (y - 0.02), -9 * z]))


def test_a_landmark_is_where_the_render_shows_it(head: Head) -> None:
    """The truth that is learnt from agrees with the pictures: the pixel of a landmark shows its triangle."""
    people = draw_people(head, 3, np.random.default_rng(1))
    vertices, camera = torch.from_numpy(people.vertices), torch.from_numpy(people.camera)
    seen = look(canvas(head, 128), vertices, camera)
    marks = head.landmark_points(vertices, MARKS)[:, 30]  # the tip of the nose, never hidden
    pixel = ((project(marks[:, None], camera)[:, 0, :2] + 1) / 2 * 128).long()
    for k, (x, y) in enumerate(pixel.tolist()):
        under = (vertices[k, seen.corners[k, y, x]] * seen.weights[k, y, x, :, None]).sum(0)
        assert float((under - marks[k]).norm()) < 0.003
    again = square_camera(head.landmark_points(vertices, MARKS).numpy()[..., :2])
    assert np.abs(np.log(again[:, 0] / people.camera[:, 0])).max() < 0.4


def test_gradients_of_the_drawing_are_those_of_finite_steps(head: Head) -> None:
    """Moving, turning and lighting the head changes the picture as the gradient says."""
    on, albedo = canvas(head, 128), tone_albedo(head)
    rest = mean_person(head)
    colours = albedo.colours(rest["texture"])
    light = rest["light"].clone()
    light[:, 1], light[:, 3] = 0.4, 0.5
    here = (torch.arange(128) + 0.5) / 128 * 2 - 1
    window = torch.exp(-(here[None] ** 2 + (here[:, None] - 0.1) ** 2) / 0.08)  # well inside the face

    def seen(camera: Tensor, strength: Tensor) -> Tensor:
        vertices = head.vertices(rest["shape"], rest["expression"], full_pose(rest))
        picture, _ = draw(on, vertices, camera, colours, strength * light, torch.zeros(1, 3, 128, 128))
        return torch.nn.functional.avg_pool2d(picture * window, 8)  # pixels jump at edges, areas do not

    for name, step in (("x", 0.0015), ("y", 0.0015), ("scale", 0.5), ("light", 0.01)):
        direction, brighter = torch.zeros(1, 3), 1.0 if name == "light" else 0.0
        if name != "light":
            direction[0, {"scale": 0, "x": 1, "y": 2}[name]] = 1.0

        def moved(amount: Tensor | float, way: Tensor = direction, more: float = brighter) -> Tensor:
            return seen(rest["camera"] + amount * way, torch.ones(()) + amount * more)

        with torch.no_grad():
            change = (moved(step) - moved(-step)) / (2 * step)
        amount = torch.zeros((), requires_grad=True)
        (slope,) = torch.autograd.grad((moved(amount) * change).sum(), amount)
        assert float(slope) == pytest.approx(float(change.square().sum()), rel=0.15), name


def test_light_and_tone_can_be_found_by_the_colours_alone(head: Head) -> None:
    """The photometric loss needs no truth: from a drawn picture it finds back light."""
    on, albedo = canvas(head, 48), tone_albedo(head)
    rest = mean_person(head)
    vertices = head.vertices(rest["shape"], rest["expression"], full_pose(rest))
    light = rest["light"].clone()
    light[:, 1], light[:, 0] = 0.5, 2.5
    with torch.no_grad():
        picture, _ = draw(
            on, vertices, rest["camera"], albedo.colours(rest["texture"]), light, torch.zeros(1, 3, 48, 48)
        )
    guess = rest["light"].clone().requires_grad_(True)
    optimiser = torch.optim.Adam([guess], 0.15)
    losses = []
    for _ in range(25):
        loss = photometric_loss(on, albedo, vertices, rest | {"light": guess}, picture)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert min(losses[-5:]) < 0.2 * losses[0]
    assert float(guess[0, 1].detach().mean()) > 0.25


def test_the_head_of_landmarks_is_the_head(head: Head) -> None:
    people = draw_people(head, 2, np.random.default_rng(2))
    shape, expression, pose = (torch.from_numpy(x) for x in (people.shape, people.expression, people.pose))
    small = landmark_head(head)
    assert small.n_vertices < 300
    mine = small.landmark_points(small.vertices(shape, expression, pose), MARKS)
    whole = head.landmark_points(head.vertices(shape, expression, pose), MARKS)
    torch.testing.assert_close(mine, whole, atol=2e-6, rtol=0)


def test_pictures_depend_on_the_seed_alone(head: Head) -> None:
    first, again, other = (next(batches(head, 2, 48, seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.pictures, again.pictures) and np.array_equal(
        first.people.camera, again.people.camera
    )
    assert not np.array_equal(first.pictures, other.pictures)


def test_both_stages_run_and_leave_alone_what_they_should(head: Head) -> None:
    trained = train_encoder(TINY, head)
    assert trained.steps == 3 and trained.model.made_for == head.name
    assert {"face", "landmark", "photometric", "head", "camera"} <= set(trained.losses)
    assert all(np.isfinite(v) for v in trained.losses.values())
    model = trained.model
    again = train_encoder(TINY, head).model
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.E_flame.state_dict().values(), again.E_flame.state_dict().values(), strict=True)
    )
    before = {k: v.clone() for k, v in model.E_flame.state_dict().items()}
    pictures = next(batches(head, 2, 48, 9)).pictures
    copied = expression_encoder(model).eval().requires_grad_(False)
    np.testing.assert_allclose(
        copied(model.prepare(pictures)), model.encode(pictures).expression, rtol=1e-4, atol=1e-6
    )
    calls = []

    def emotion(x: Tensor) -> Tensor:
        calls.append(tuple(x.shape))
        return x.mean((2, 3))

    done = train_expression(model, TINY, head, Plugs(emotion=emotion, lips=lambda x: x.flatten(1)))
    assert done.model.E_expression is not None and {"emotion", "lips"} <= set(done.losses)
    assert calls and set(calls) == {(1, 3, 48, 48)}
    assert all(torch.equal(v, done.model.E_flame.state_dict()[k]) for k, v in before.items())
    two = done.model.encode(pictures)
    np.testing.assert_array_equal(two.shape, model.encode(pictures).shape)
    assert not np.allclose(two.expression, model.encode(pictures).expression)


def test_what_the_recognisers_see_pulls_the_expression(head: Head) -> None:
    """The gradient of both plugs reaches the expression, through the drawing."""
    people = next(batches(head, 1, 64, 5))
    rest = {k: v.clone() for k, v in mean_person(head).items()}
    rest["camera"] = torch.from_numpy(people.people.camera)
    rest["head"] = torch.from_numpy(people.people.pose[:, 0])
    rest["expression"].requires_grad_(True)
    recipe = EncoderRecipe(sizes=Sizes((1, 1, 1, 1), 4, 16, 64))
    plugs = Plugs(
        emotion=lambda x: torch.nn.functional.avg_pool2d(x, 8).flatten(1),
        lips=lambda x: torch.nn.functional.avg_pool2d(x, 8).flatten(1),
    )
    pictures = torch.from_numpy(people.pictures).permute(0, 3, 1, 2).float() / 255
    found = Agreement(head, recipe, plugs).recognised(rest, pictures)
    for name in ("emotion", "lips"):
        (slope,) = torch.autograd.grad(found[name], rest["expression"], retain_graph=True)
        assert float(slope.abs().max()) > 0 and bool(slope.isfinite().all()), name


def test_mouths_are_cut_around_their_landmarks() -> None:
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, :, 40:48, 24:40] = 1.0  # a mouth
    marks = torch.tensor([[[24, 40], [40, 40], [24, 48], [40, 48]]]) / 64.0 * 2 - 1
    cut = mouths(picture, marks, 32)
    assert cut.shape == (1, 3, 32, 32)
    assert float(cut[0, 0, 16, 16]) == 1.0 and float(cut[0, 0, 0].max()) == 0.0
    assert float(cut.mean()) == pytest.approx(0.5 / 1.6**2, rel=0.1)  # 16 × 8 of a square of 1.6 · 16


class Plain(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class Reader(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.from_file("/etc/hostname", False, 4) + x.mean()


class Loading(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.training = False

    @torch.jit.export
    def __getstate__(self) -> tuple[int, bool]:
        return 1, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]) -> None:
        self.training = state[1]

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_recognisers_from_files(tmp_path) -> None:
    torch.jit.script(Plain()).save(str(tmp_path / "good.pt"))
    network = recogniser(tmp_path / "good.pt")
    pictures = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(features(network, pictures, "emotion"), pictures.mean((2, 3)))
    torch.jit.script(Reader()).save(str(tmp_path / "reader.pt"))
    with pytest.raises(UnsafeFileError, match="from_file"):
        recogniser(tmp_path / "reader.pt")
    torch.jit.script(Loading()).save(str(tmp_path / "loading.pt"))
    with pytest.raises(UnsafeFileError, match="while it is loaded"):
        recogniser(tmp_path / "loading.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(FormatError, match="not a TorchScript file"):
        recogniser(tmp_path / "text.pt")
    torch.save({"a": torch.zeros(1)}, tmp_path / "weights.pt")
    with pytest.raises(FormatError, match="holds no program"):
        recogniser(tmp_path / "weights.pt")
    with pytest.raises(InputError, match="a row for each of 2"):
        features(lambda x: x.mean(), pictures, "lip")


def test_alignment_undoes_scale_turn_and_shift() -> None:
    chance = np.random.default_rng(7)
    points = chance.normal(size=(40, 3))
    turn = np.linalg.qr(chance.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    np.testing.assert_allclose(similarity(points, 1.7 * points @ turn.T + (1, 2, 3)),
                               1.7 * points @ turn.T + (1, 2, 3), atol=1e-12)  # fmt: skip


def test_recipes_that_cannot_be() -> None:
    with pytest.raises(InputError, match="steps is 0"):
        EncoderRecipe(steps=0)
    assert EncoderRecipe().weights == Weights()
