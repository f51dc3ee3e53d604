"""OpenGL draws what the reference renderer draws: every pass, every mode."""

import sys

import numpy as np
import pytest
from backend_scenes import a_head, cameras, renderer
from render_meshes import ball

from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import InputError, MissingExtraError
from flametalk.render import CpuRenderer, Settings, frame_head, from_faces, open_backend, render_frames
from flametalk.render.backend import PASSES
from flametalk.render.settings import MODES


@pytest.mark.parametrize("view", ["perspective", "weak"])
def test_every_pass(view: str) -> None:
    vertices, surface = a_head()
    camera = cameras()[view]
    gl = renderer("gl", Settings(look="skin"))
    a = CpuRenderer(Settings(look="skin")).render(vertices, surface, camera, PASSES)
    b = gl.render(vertices, surface, camera, PASSES)
    gl.close()
    same = a.face == b.face
    assert same.mean() > 0.998
    for name in ("depth", "normal", "uv", "barycentric"):
        error = np.abs(getattr(a, name) - getattr(b, name))[same]
        assert np.quantile(error, 0.999) < 2e-3, name
    for name in ("depth", "normal", "uv", "barycentric"):
        assert (getattr(b, name)[b.face < 0] == 0).all()
    difference = np.abs(a.colour.astype(int) - b.colour).max(-1)
    assert np.median(difference) == 0
    assert np.quantile(difference[(a.mask == 1) & (b.mask == 1)], 0.95) <= 5
    assert set(np.unique(b.mask)) <= {0, 0.25, 0.5, 0.75, 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("antialias", [1, 4])
def test_every_mode(mode: str, antialias: int) -> None:
    vertices, surface = a_head()
    camera = cameras(100, 130)["perspective"]
    settings = Settings(mode, "clay", antialias)
    gl = renderer("gl", settings)
    a = CpuRenderer(settings).render(vertices, surface, camera, ("colour", "mask"))
    b = gl.render(vertices, surface, camera, ("colour", "mask"))
    gl.close()
    difference = np.abs(a.colour.astype(int) - b.colour).max(-1)
    assert np.median(difference) == 0
    # with four samples OpenGL mixes the triangles of every pixel, the reference only those of edges: lines
    # and squares that are finer than a pixel differ
    share = 0.99 if antialias == 1 else 0.6 if mode in ("wire", "uv") else 0.9
    assert np.quantile(difference[(a.mask == 1) & (b.mask == 1)], share) <= 3


def test_backs_background_and_a_texture_of_odd_size() -> None:
    rng = np.random.default_rng(3)
    vertices, faces, _ = ball(12)
    faces = faces[: len(faces) // 3]  # open, so that the inside shows
    uv = (vertices[:, :2] / 0.25 + 0.5).astype(np.float32)
    texture = rng.integers(0, 255, (6, 8, 3)).astype(np.uint8).repeat(7, 0).repeat(7, 1)[:-1, :-1]
    surface = from_faces(faces, len(vertices), uv=uv, uv_faces=faces, texture=texture)
    camera = frame_head(vertices, "below", 70, 60)
    behind = rng.integers(0, 255, (60, 70, 3)).astype(np.uint8)
    for two_sided in (True, False):
        settings = Settings(look="skin", background=behind, two_sided=two_sided)
        gl = renderer("gl", settings)
        a = CpuRenderer(settings).render(vertices, surface, camera, ("colour", "mask", "face"))
        b = gl.render(vertices, surface, camera, ("colour", "mask", "face"))
        gl.close()
        assert (a.face == b.face).mean() > 0.998
        assert (b.colour[b.mask == 0] == behind[b.mask == 0]).all()
        plain = (a.mask == 1) & (b.mask == 1)
        assert np.median(np.abs(a.colour.astype(int) - b.colour)[plain]) <= 2


def test_two_renderers_take_turns() -> None:
    vertices, surface = a_head()
    camera = cameras(40, 40)["perspective"]
    one, two = renderer("gl"), renderer("gl", Settings("mask"))
    for _ in range(2):
        assert one.render(vertices, surface, camera).colour.max() < 255
        assert set(np.unique(two.render(vertices, surface, camera).colour[::7, ::7])) <= {
            0,
            64,
            128,
            191,
            255,
        }
    one.close()
    assert two.render(vertices, surface, camera).colour.max() == 255
    two.close()


def test_too_many_samples_are_refused() -> None:
    gl = renderer("gl")
    most = gl._context.max_samples
    gl.close()
    if most >= 8:
        pytest.skip("this driver draws 8 samples")
    with pytest.raises(InputError, match=f"at most {most}"):
        renderer("gl", Settings(antialias=8))


def test_films_and_the_command(tmp_path) -> None:
    renderer("gl").close()
    vertices, surface = a_head()
    camera = cameras(48, 48)["perspective"]
    frames = np.stack([vertices, vertices + np.float32([0.03, 0, 0])])
    fast = list(render_frames(frames, surface, camera, backend="gl"))
    slow = list(render_frames(frames, surface, camera))
    assert len(fast) == 2
    for a, b in zip(fast, slow, strict=True):
        assert np.mean(np.abs(a.astype(int) - b)) < 1.5
    Clip.neutral(2, made_for="builtin-1").save(tmp_path / "c.npz")
    command = ["render", str(tmp_path / "c.npz"), "--size", "64", "--backend", "gl", "-o"]
    assert main([*command, str(tmp_path / "a.png"), "--detail"]) == 0
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.skipif(sys.platform != "linux", reason="GPUs have numbers on Linux only")
def test_a_gpu_that_is_not_there() -> None:
    renderer("gl").close()
    with pytest.raises(MissingExtraError, match=r"no driver answers .* is there a GPU number 99"):
        open_backend("gl:99")
