"""Back ends by name: what they say they can do, what is refused, what an absent one says."""

import sys
from pathlib import Path

import numpy as np
import pytest
from backend_scenes import a_head, cameras

from flametalk.errors import InputError, MissingExtraError, UnknownNameError
from flametalk.render import CpuRenderer, Renderer, Settings, open_backend, render_frames
from flametalk.render.backend import MODES, PASSES
from flametalk.render.backends import BACKENDS, abilities_of
from flametalk.render.backends.blender import find_program
from flametalk.render.backends.pieces import pieces

pytestmark = pytest.mark.core


@pytest.mark.parametrize("name", BACKENDS)
def test_what_it_says_of_itself(name: str) -> None:
    able = abilities_of(name)
    assert able.name == name
    assert {"colour", "mask", "depth"} <= set(able.passes) <= set(PASSES)
    assert "shaded" in able.modes and set(able.modes) <= set(MODES)
    assert 4 in able.antialias, "the default"
    page = (Path(__file__).parents[2] / "docs/rendering.md").read_text().split("\n## ")[1]
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    for kind, known in ((able.passes, PASSES), (able.modes, MODES)):
        cell = "all" if kind == known else ", ".join(kind)
        assert f"| {cell} |" in row


def test_the_cpu_is_a_renderer() -> None:
    assert isinstance(open_backend("cpu"), CpuRenderer)
    assert isinstance(CpuRenderer(), Renderer)


@pytest.mark.parametrize("name", BACKENDS)
def test_what_it_cannot_is_refused_before_it_starts(name: str) -> None:
    able = abilities_of(name)
    vertices, surface = a_head()
    camera = cameras()["weak"]
    for mode in set(MODES) - set(able.modes):
        with pytest.raises(InputError, match=f"back end '{name}' does not draw mode {mode}, only shaded"):
            render_frames(vertices[None], surface, camera, mode=mode, backend=name)
    for samples in {1, 2, 4, 8} - set(able.antialias):
        with pytest.raises(InputError, match=f"does not draw antialias {samples}"):
            open_backend(name, Settings(antialias=samples))
    for wanted in set(PASSES) - set(able.passes):
        with pytest.raises(InputError, match=f"does not draw pass {wanted}, .*'cpu' draws all"):
            able.check(passes=[wanted])


def test_names_and_places() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown back end 'pyrendr'\. Did you mean 'pyrender'"):
        open_backend("pyrendr")
    for text in ("cpu:0", "gl:"):
        with pytest.raises(InputError, match="say"):
            open_backend(text)
    with pytest.raises(InputError, match="the number of a GPU"):
        open_backend("gl:first")
    with pytest.raises(InputError, match="expected egl or osmesa"):
        open_backend("pyrender:glx")


@pytest.mark.parametrize(
    ("name", "module", "advice"),
    [
        ("gl", "moderngl", r"pip install 'flametalk\[gl\]'"),
        ("pyrender", "pyrender", r"pip install 'flametalk\[pyrender\]'"),
        ("pytorch3d", "pytorch3d", "It is not on PyPI: build it"),
    ],
)
def test_an_absent_package(name: str, module: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=advice):
        open_backend(name)


def test_an_absent_blender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAMETALK_BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="--backend blender:PROGRAM, or FLAMETALK_BLENDER=PROGRAM"):
        open_backend("blender")
    with pytest.raises(MissingExtraError, match=r"'/no/such/program' is not a program here"):
        open_backend("blender:/no/such/program")
    monkeypatch.setenv("FLAMETALK_BLENDER", sys.executable)
    assert find_program() == [sys.executable, "-I"]


def test_a_python_without_bpy_tells_what_it_said(tmp_path: Path) -> None:
    vertices, surface = a_head()
    there = tmp_path / "python-bare"
    there.write_text("#!/bin/sh\necho 'ModuleNotFoundError: no bpy' >&2\nexit 1\n")
    there.chmod(0o755)
    blender = open_backend(f"blender:{there}")
    with pytest.raises(MissingExtraError, match="stopped; it said: ModuleNotFoundError: no bpy"):
        blender.render(vertices, surface, cameras()["weak"])
    blender.close()


def test_pieces_hold_every_triangle_once() -> None:
    _, surface = a_head()
    for look in ("clay", "skin"):
        found = pieces(surface, Settings(look=look).the_look)
        rows = np.concatenate([piece.faces for piece in found])
        assert np.array_equal(np.sort(rows), np.arange(len(surface.faces)))
        eyes = next(piece for piece in found if piece.name == "eyes")
        assert eyes.picture is not None and eyes.uv is not None
        middle = eyes.picture.shape[0] // 2
        assert eyes.picture[middle, middle].mean() < 60 < eyes.picture[5, 5].mean(), "pupil and white"
