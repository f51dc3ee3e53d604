"""Baked occlusion: open shapes are light, hollows are dark, and it is the same every time."""

import numpy as np
import pytest
from render_meshes import ball

from flametalk.errors import InputError
from flametalk.render.occlusion import bake_occlusion, even_directions


def cup(depth: float = 2.0):
    """A tube closed at the bottom, with a thin wall: inside and outside have vertices of their own."""
    n, rows = 48, 16
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    parts, faces, start = [], [], 0
    for radius, inward in ((1.0, False), (0.96, True)):
        bottom = 0.04 if inward else 0.0
        height = np.linspace(bottom, depth, rows)
        wall = np.stack(
            [
                np.tile(radius * np.cos(turn), rows),
                np.repeat(height, n),
                np.tile(radius * np.sin(turn), rows),
            ],
            -1,
        )
        parts += [wall, np.array([[0, bottom, 0]])]
        for i in range(rows - 1):
            for j in range(n):
                a, b, c, d = (
                    start + r * n + k % n for r, k in ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))
                )
                faces += [(a, c, b), (a, d, c)] if not inward else [(a, b, c), (a, c, d)]
        middle = start + rows * n
        for j in range(n):
            a, b = start + j, start + (j + 1) % n
            faces.append((middle, a, b) if not inward else (middle, b, a))
        start = middle + 1
    return np.concatenate(parts).astype(np.float32), np.array(faces, np.int32), rows * n


def test_a_ball_sees_the_whole_sky():
    vertices, faces, _ = ball(20)
    occlusion = bake_occlusion(vertices, faces, 96)
    assert occlusion.min() > 0.97


def test_the_bottom_of_a_cup_sees_what_the_closed_form_says():
    vertices, faces, middle = cup(2.0)
    occlusion = bake_occlusion(vertices, faces, 192, smoothing=0)
    inner = occlusion[2 * middle + 1]
    # cosine-weighted sky inside a cone: sin² of its half angle = r² / (r² + h²)
    assert inner == pytest.approx(0.96**2 / (0.96**2 + 1.96**2), abs=0.06)
    outer_wall = occlusion[8 * 48 : 9 * 48]
    assert outer_wall.min() > 0.95


def test_deeper_is_darker():
    values = [bake_occlusion(*cup(d)[:2], 96)[-1] for d in (0.5, 1.0, 3.0)]
    assert values[0] > values[1] > values[2]


def test_it_is_deterministic_and_in_range():
    vertices, faces, _ = cup()
    first, second = (bake_occlusion(vertices, faces, 64) for _ in range(2))
    assert (first == second).all()
    assert 0 <= first.min() <= first.max() <= 1


def test_directions_are_even():
    directions = even_directions(256)
    assert np.allclose(np.linalg.norm(directions, axis=1), 1)
    assert np.abs(directions.mean(0)).max() < 1e-2
    assert np.allclose(directions.T @ directions / 256, np.eye(3) / 3, atol=1e-2)


def test_nan_is_refused_and_nothing_is_open():
    vertices, faces, _ = ball(4)
    assert (bake_occlusion(vertices, np.zeros((0, 3), np.int32)) == 1).all()
    vertices[3] = np.nan
    with pytest.raises(InputError, match="NaN"):
        bake_occlusion(vertices, faces)
