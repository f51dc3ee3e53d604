"""The compiled renderer and its NumPy twin draw the same pictures."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_meshes import ball

from flametalk.render import CpuRenderer, Settings, frame_head, from_faces, perspective, weak_perspective
from flametalk.render.backend import PASSES
from flametalk.render.looks import MATERIALS
from flametalk.render.reference import ReferenceRenderer
from flametalk.render.settings import MODES


def check(vertices, surface, camera, options):
    fast = CpuRenderer(options).render(vertices, surface, camera, PASSES)
    slow = ReferenceRenderer(options).render(vertices, surface, camera, PASSES)
    assert (fast.face == slow.face).all()
    assert (fast.mask == slow.mask).all()
    assert np.abs(fast.depth - slow.depth).max() < 1e-5
    assert np.abs(fast.barycentric - slow.barycentric).max() < 1e-4
    assert np.abs(fast.uv - slow.uv).max() < 1e-3
    difference = np.abs(fast.colour.astype(int) - slow.colour).max(-1)
    assert np.quantile(difference, 0.999) <= 1
    return difference


def painted(rng, vertices, faces, quads=None):
    """A surface that uses everything."""
    uv = rng.random((len(faces) * 3, 2)).astype(np.float32)
    return from_faces(
        faces,
        len(vertices),
        materials=rng.integers(0, len(MATERIALS), len(faces)),
        occlusion=rng.random(len(vertices)).astype(np.float32),
        gaze=rng.uniform(-1.5, 1.5, (len(vertices), 2)).astype(np.float32),
        quads=quads,
        uv=uv,
        uv_faces=np.arange(len(faces) * 3).reshape(-1, 3),
        albedo=rng.random((len(vertices), 3)).astype(np.float32),
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("look", "antialias"), [("clay", 1), ("skin", 4)])
def test_a_ball_in_every_mode(mode, look, antialias):
    vertices, faces, quads = ball(16)
    surface = painted(np.random.default_rng(1), vertices, faces, quads)
    camera = frame_head(vertices, "three-quarter", 90, 70)
    difference = check(vertices, surface, camera, Settings(mode, look, antialias))
    assert difference.max() <= 2


def test_weak_perspective_with_a_picture_behind():
    vertices, faces, _ = ball(12)
    behind = np.random.default_rng(2).integers(0, 256, (50, 61, 3)).astype(np.uint8)
    camera = frame_head(vertices, "above", 61, 50, orthographic=True)
    options = Settings("shaded", "skin", 8, background=behind)
    surface = painted(np.random.default_rng(2), vertices, faces)
    check(vertices, surface, camera, options)
    found = CpuRenderer(options).render(vertices, surface, camera, ("colour", "mask"))
    assert (found.colour[found.mask == 0] == behind[found.mask == 0]).all()


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.01, 0.2, 3.0, 60.0]),
    st.sampled_from([1, 2, 4]),
    st.booleans(),
    st.booleans(),
)
def test_random_triangles(seed, size, antialias, two_sided, weak):
    """Slivers, giants, crossings, corners behind the eye and far off the picture."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(25, 1, 3)) * (1, 1, 2)
    vertices = (middle + rng.normal(size=(25, 3, 3)) * size).reshape(-1, 3).astype(np.float32)
    vertices[rng.integers(0, 75, 6)] = vertices[rng.integers(0, 75, 6)]  # some corners coincide
    surface = painted(rng, vertices, np.arange(75).reshape(-1, 3))
    if weak:
        camera = weak_perspective((0.5, 0.2, 3.0), (0, 0, 0), 40, 31, 3.0)
    else:
        camera = perspective((0.5, 0.2, 3.0), (0, 0, 0), 40, 31, math.radians(60))
    fast = CpuRenderer(Settings(antialias=antialias, two_sided=two_sided))
    slow = ReferenceRenderer(fast.settings)
    a, b = (r.render(vertices, surface, camera, ("colour", "mask", "face", "depth")) for r in (fast, slow))
    assert (a.mask == b.mask).all()
    assert (a.face == b.face).all()
    assert np.allclose(a.depth, b.depth, rtol=1e-4, atol=1e-4)
    difference = np.abs(a.colour.astype(int) - b.colour).max(-1)
    assert (difference > 2).mean() < 0.01


def test_snapped_corners_on_pixel_centres_and_edges():
    """The hardest places for a fill rule: corners exactly on samples, edges through rows of them."""
    rng = np.random.default_rng(7)
    camera = weak_perspective((0, 0, 5), (0, 0, 0), 32, 32, 32.0)
    for step in (1.0, 0.5, 1 / 256):
        vertices = np.round(rng.uniform(-20, 20, (60, 3)) / step) * step
        surface = from_faces(np.arange(60).reshape(-1, 3))
        options = replace(Settings(), antialias=1)
        a, b = (
            r(options).render(vertices.astype(np.float32), surface, camera, ("mask", "face"))
            for r in (CpuRenderer, ReferenceRenderer)
        )
        assert (a.face == b.face).all()
