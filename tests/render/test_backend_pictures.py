"""The same frame with every installed back end: same camera, same framing, same depth."""

import numpy as np
import pytest
from backend_scenes import a_head, cameras, overlap, renderer

from flametalk.render import CpuRenderer, Settings
from flametalk.render.backends import BACKENDS

OTHERS = [
    "gl",
    "pyrender",
    pytest.param("pytorch3d", marks=pytest.mark.slow),
    pytest.param("blender", marks=pytest.mark.slow),
]
# metres; pyrender takes depth from the first of four samples of a pixel, not from its middle
MEDIAN = {"gl": 2e-6, "pyrender": 3e-4, "pytorch3d": 2e-5, "blender": 2e-5}
LARGE = {"gl": 1e-4, "pyrender": 8e-3, "pytorch3d": 1e-3, "blender": 1e-3}


def test_no_back_end_is_forgotten() -> None:
    names = {o if isinstance(o, str) else o.values[0] for o in OTHERS}
    assert names | {"cpu"} == set(BACKENDS)


@pytest.mark.parametrize("name", OTHERS)
def test_silhouettes_and_depth_agree(name: str) -> None:
    vertices, surface = a_head()
    slow = name == "pytorch3d"  # on a CPU; with one sample a pixel
    settings = Settings(look="skin", antialias=1 if slow else 4)
    other = renderer(name, settings)
    try:
        for view, camera in cameras(*((90, 72) if slow else (240, 200))).items():
            truth = CpuRenderer(settings).render(vertices, surface, camera, ("colour", "mask", "depth"))
            found = other.render(vertices, surface, camera, ("colour", "mask", "depth"))
            assert overlap(truth.mask, found.mask) >= 0.98, view
            both = (truth.depth > 0) & (found.depth > 0)
            assert both.sum() > 0.97 * (truth.depth > 0).sum(), view
            error = np.abs(truth.depth - found.depth)[both]
            assert np.median(error) < MEDIAN[name], view
            assert np.quantile(error, 0.97) < LARGE[name], view
            assert (found.depth[found.mask == 0] == 0).all()
            assert (found.colour[found.mask == 0] == (238, 239, 241)).all()
            inside = (truth.mask == 1) & (found.mask == 1)
            distance = np.abs(truth.colour.astype(int) - found.colour)[inside].max(-1)
            assert np.median(distance) < 25, "another head, another light"
            assert found.colour.dtype == np.uint8 and found.mask.dtype == found.depth.dtype == np.float32
    finally:
        other.close()
        other.close()


@pytest.mark.parametrize("name", OTHERS)
def test_normals_and_passes_not_asked_for(name: str) -> None:
    vertices, surface = a_head()
    camera = cameras(90, 110)["perspective"]
    other = renderer(name)
    try:
        if "normal" not in other.abilities.passes:
            pytest.skip(f"{name} draws no normals")
        truth = CpuRenderer().render(vertices, surface, camera, ("normal", "mask"))
        found = other.render(vertices, surface, camera, ("normal",))
        assert found.colour is None and found.depth is None and found.mask is None
        cosine = (truth.normal * found.normal).sum(-1)[truth.mask == 1]
        assert np.median(cosine) > 0.9999 and np.quantile(cosine, 0.02) > 0.9
    finally:
        other.close()


@pytest.mark.parametrize("name", OTHERS)
def test_frames_do_not_stick(name: str) -> None:
    """Another place, another shape, another size, normals of its own, and back again."""
    vertices, surface = a_head()
    small, large = cameras(64, 48)["perspective"], cameras(80, 80)["perspective"]
    wanted = ("colour", "mask", "depth")
    slow = name == "pytorch3d"  # on a CPU; with one sample a pixel
    other = renderer(name, Settings(look="skin", antialias=1 if slow else 4))
    try:
        first = other.render(vertices, surface, small, wanted)
        moved = other.render(vertices + np.float32([0.02, 0, 0]), surface, small, ("mask",))
        assert overlap(first.mask, moved.mask) < 0.95
        thin = other.render(vertices * np.float32([0.8, 1, 1]), surface, small, wanted)
        assert thin.mask.sum() < 0.92 * first.mask.sum()
        assert other.render(vertices, surface, large, ("mask",)).mask.shape == (80, 80)
        normals = np.tile(np.float32([0, 0, 1]), (len(vertices), 1))
        flat = other.render(np.c_[vertices, normals], surface, small, wanted)
        assert np.allclose(flat.depth, first.depth, atol=1e-6)
        inside = first.mask == 1
        apart = np.abs(flat.colour.astype(int) - first.colour)[inside].mean()
        assert apart > 4, "its own normals light it otherwise"
        again = other.render(vertices, surface, small, wanted)
        assert np.allclose(again.depth, first.depth, atol=1e-6) and np.allclose(again.mask, first.mask)
        assert np.abs(again.colour.astype(int) - first.colour).max() <= 2
    finally:
        other.close()


def test_closing_one_leaves_the_other() -> None:
    """pyrender and OpenGL share one EGL display."""
    vertices, surface = a_head()
    camera = cameras(40, 40)["perspective"]
    one, two = renderer("gl", Settings("mask")), renderer("pyrender", Settings("mask"))
    first = one.render(vertices, surface, camera).colour
    two.render(vertices, surface, camera)
    two.close()
    assert np.array_equal(one.render(vertices, surface, camera).colour, first)
    one.close()
