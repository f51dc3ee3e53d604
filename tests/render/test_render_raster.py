"""The rasteriser: which pixels, how deep, what is refused. Closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from render_meshes import ball, flat_camera, on_screen, triangle

from flametalk.errors import InputError, UnknownNameError
from flametalk.normals import vertex_normals, vertex_normals_reference
from flametalk.render import Camera, CpuRenderer, Settings, from_faces, perspective

PLAIN = Settings(antialias=1)


def covered(vertices, surface, camera=None, **options):
    return CpuRenderer(Settings(antialias=1, **options)).render(
        vertices, surface, camera or flat_camera(), ("mask",)
    ).mask.astype(bool)  # fmt: skip


def test_a_triangle_covers_the_pixels_whose_centres_it_holds():
    mask = covered(on_screen([(2, 2), (2, 10), (10, 2)]), triangle())
    y, x = np.mgrid[:16, :16] + 0.5
    expected = (x >= 2) & (y >= 2) & (x + y < 12)  # the slanted edge is neither top nor left
    assert (mask == expected).all()


def test_triangles_that_share_an_edge_leave_no_gap_and_no_double():
    square = on_screen([(1.5, 1.5), (1.5, 9.5), (9.5, 9.5), (9.5, 1.5)])
    halves = [covered(square, from_faces(np.array([f]), 4)) for f in ([0, 1, 2], [0, 2, 3])]
    assert not (halves[0] & halves[1]).any()
    assert (halves[0] | halves[1]).sum() == 64


@settings(max_examples=10, deadline=None)
@given(st.integers(3, 24), st.floats(0, 1), st.floats(0, 1))
def test_a_fan_tiles_its_polygon(n, dx, dy):
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = [(8 + dx + 6 * np.cos(a), 8 + dy + 6 * np.sin(a)) for a in turn]
    vertices = on_screen([(8 + dx, 8 + dy), *ring])
    count = np.zeros((16, 16), int)
    for i in range(n):
        face = np.array([[0, (i + 1) % n + 1, i + 1]])
        count += covered(vertices, from_faces(face, n + 1))
    assert count.max() <= 1
    assert count[8 + round(dy) - 1 : 8 + round(dy) + 1, 7:9].min() == 1 or n < 5


def test_mask_counts_samples():
    vertices = on_screen([(2, 2), (5, 39), (38, 9)])
    mask = (
        CpuRenderer(Settings(antialias=8)).render(vertices, triangle(), flat_camera(40, 40), ("mask",)).mask
    )
    assert np.isclose(mask.sum(), (36 * 37 - 3 * 7) / 2, rtol=0.003)
    assert set(np.unique(mask * 8)) <= set(range(9))


def test_attributes_are_perspective_correct():
    """A floor seen at a slant: uv in the picture is that of the ray's hit with the plane."""
    vertices = np.array([(-1, 0, -1), (1, 0, -1), (1, 0, -9), (-1, 0, -9)], np.float32)
    uv = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    surface = from_faces(faces, 4, uv=uv, uv_faces=faces)
    camera = perspective((0, 1, 0), (0, 0, -4), 120, 90, 1.2)
    found = CpuRenderer().render(vertices, surface, camera, ("uv", "depth", "normal", "mask", "face"))
    rows, columns = np.nonzero(found.face >= 0)
    cx, cy = camera.principal_point
    ray = np.stack([columns + 0.5 - cx, rows + 0.5 - cy, np.full(len(rows), camera.focal)], -1)
    ray = ray @ camera.rotation / camera.focal
    hit = camera.position + ray * (-camera.position[1] / ray[:, 1])[:, None]
    expected = np.stack([(hit[:, 0] + 1) / 2, (-hit[:, 2] - 1) / 8], -1)
    near = hit[:, 2] > -6  # corners are snapped to 1/256 pixel, which is much, far away
    assert near.sum() > 1000
    assert np.abs(found.uv[rows, columns] - expected)[near].max() < 2e-3
    depth = camera.to_camera(hit)[:, 2]
    assert np.abs(found.depth[rows, columns] / depth - 1)[near].max() < 1e-3
    up = camera.rotation @ (0, 1, 0) * (1, -1, -1)
    assert np.allclose(found.normal[rows, columns], up, atol=1e-5)


def test_depth_of_a_plane_facing_the_camera_is_exact():
    vertices = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.float32)
    surface = from_faces(np.array([[0, 1, 2], [0, 2, 3]]))
    found = CpuRenderer().render(vertices, surface, perspective((0, 0, 0.7), (0, 0, 0)), ("depth",))
    assert np.allclose(found.depth, 0.7, atol=1e-6)


def test_normals_of_a_sphere_point_away_from_its_middle():
    vertices, faces, _ = ball(60)
    found = CpuRenderer().render(
        vertices, from_faces(faces), flat_camera_on_ball(), ("normal", "face", "depth")
    )
    rows, columns = np.nonzero(found.face >= 0)
    x, y = (columns + 0.5 - 50) / 500, (50 - rows - 0.5) / 500
    z = np.sqrt(np.maximum(0.01 - x**2 - y**2, 0))
    inner = z > 0.03
    error = found.normal[rows, columns] - np.stack([x, y, z], -1) / 0.1
    assert np.abs(error[inner]).max() < 0.02
    assert np.allclose(np.linalg.norm(found.normal[rows, columns], axis=1), 1, atol=1e-5)
    assert np.allclose(found.depth[rows, columns][inner], 1 - z[inner], atol=5e-4)


def flat_camera_on_ball() -> Camera:
    turn = np.diag([1.0, -1.0, -1.0])
    return Camera(100, 100, 500.0, turn, np.array([0, 0, 1.0]), perspective=False)


def test_nearer_wins_in_any_order_and_the_first_of_equals():
    near, far = on_screen([(1, 1), (1, 12), (12, 1)], 1.0), on_screen([(1, 1), (1, 12), (12, 1)], 0.0)
    for faces in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        found = CpuRenderer().render(
            np.concatenate([near, far]), from_faces(np.array(faces)), flat_camera(), ("face", "depth")
        )
        assert set(np.unique(found.face)) == {-1, faces.index([0, 1, 2])}
        assert np.allclose(found.depth[found.face >= 0], 9.0)
    same = from_faces(np.array([[0, 1, 2], [3, 4, 5]]))
    found = CpuRenderer().render(np.concatenate([far, far]), same, flat_camera(), ("face",))
    assert set(np.unique(found.face)) == {-1, 0}


def test_surfaces_that_cut_through_each_other_meet_where_they_cross():
    a = np.array([(0, 0, -8), (0, -16, -8), (32, 0, 24)], np.float32)  # z = x − 8
    b = on_screen([(0, 0), (0, 16), (32, 0)], 0.0)
    found = CpuRenderer().render(
        np.concatenate([a, b]), from_faces(np.array([[0, 1, 2], [3, 4, 5]])), flat_camera(), ("face",)
    )
    inside = found.face[:4]
    assert (inside[:, :8] == 1).all()
    assert (inside[:, 8:14] == 0).all()


def test_backs_are_drawn_or_left_out():
    backwards = from_faces(np.array([[0, 2, 1]]))
    vertices = on_screen([(2, 2), (2, 10), (10, 2)])
    assert (covered(vertices, backwards) == covered(vertices, triangle())).all()
    assert not covered(vertices, backwards, two_sided=False).any()
    found = CpuRenderer().render(vertices, backwards, flat_camera(), ("normal", "mask"))
    assert found.normal[..., 2].max() > 0.99  # the normal of a back is turned to the viewer


def test_what_is_behind_the_camera_or_off_the_picture_is_not_drawn():
    camera = perspective((0, 0, 1), (0, 0, 0), 32, 32)
    surface = triangle()
    behind = np.array([(-1, -1, 2), (1, -1, 2), (0, 1, 2)], np.float32)
    through = np.array([(-1, -1, 2), (1, -1, 0), (0, 1, 0)], np.float32)
    beside = np.array([(50, 0, 0), (51, 0, 0), (50, 1, 0)], np.float32)
    for vertices in (behind, through, beside):
        found = CpuRenderer().render(vertices, surface, camera, ("mask", "depth", "colour"))
        assert not found.mask.any()
        assert not found.depth.any()
        assert len(np.unique(found.colour.reshape(-1, 3), axis=0)) == 1


def test_a_triangle_larger_than_the_picture_fills_it():
    vertices = on_screen([(-3000, -3000), (-3000, 9000), (9000, -3000)])
    assert covered(vertices, triangle()).all()


def test_degenerate_triangles_draw_nothing():
    for points in ([(3, 3)] * 3, [(1, 1), (5, 5), (9, 9)], [(1, 1), (1, 1), (9, 4)]):
        assert not covered(on_screen(points), triangle()).any()
    empty = from_faces(np.zeros((0, 3), np.int32), 3)
    assert not covered(on_screen([(0, 0)] * 3), empty).any()


def test_one_renderer_serves_changing_sizes():
    renderer = CpuRenderer(PLAIN)
    vertices, faces, _ = ball(8)
    for n in (20, 60, 33):
        camera = perspective((0, 0, 1), (0, 0, 0), n, n)
        fresh = CpuRenderer(PLAIN).render(vertices, from_faces(faces), camera)
        assert (renderer.render(vertices, from_faces(faces), camera).colour == fresh.colour).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vertices_that_are_no_numbers_are_refused(bad):
    vertices = on_screen([(1, 1), (1, 5), (5, 1)])
    vertices[1, 2] = bad
    with pytest.raises(InputError, match="vertex 1 is NaN or infinite"):
        CpuRenderer().render(vertices, triangle(), flat_camera())
    with pytest.raises(InputError, match="the normal of vertex 1 is NaN or infinite"):
        CpuRenderer().render(np.c_[np.zeros((3, 3)), vertices], triangle(), flat_camera())


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"\(4, 3\), the surface expects \(3, 3\)"):
        CpuRenderer().render(np.zeros((4, 3), np.float32), triangle(), flat_camera())
    with pytest.raises(InputError, match="faces has values 0 to 7"):
        from_faces(np.array([[0, 1, 7]]), 3)
    with pytest.raises(UnknownNameError, match="depth"):
        CpuRenderer().render(on_screen([(0, 0)] * 3), triangle(), flat_camera(), ("dept",))
    with pytest.raises(UnknownNameError, match="shaded"):
        Settings(mode="shadowed")
    with pytest.raises(InputError, match="antialias is 3"):
        Settings(antialias=3)
    with pytest.raises(InputError, match="no uv"):
        CpuRenderer().render(on_screen([(0, 0)] * 3), triangle(), flat_camera(), ("uv",))
    with pytest.raises(InputError, match="background"):
        CpuRenderer(Settings(background=(0, 0, 300))).render(
            on_screen([(0, 0)] * 3), triangle(), flat_camera()
        )


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.float32, (12, 3), elements=st.floats(-1, 1, width=32)),
    hnp.arrays(np.int32, (20, 3), elements=st.integers(0, 11)),
)
def test_vertex_normals_have_a_twin(vertices, faces):
    fast, plain = vertex_normals(vertices, faces), vertex_normals_reference(vertices, faces)
    a, b, c = (vertices[faces[:, k]].astype(float) for k in range(3))
    total = np.zeros((12, 3))
    for k in range(3):
        np.add.at(total, faces[:, k], np.cross(b - a, c - a))
    clear = np.linalg.norm(total, axis=1) > 1e-4  # elsewhere areas cancel and no direction is right
    assert np.allclose(fast[clear], plain[clear], atol=2e-3)
    assert np.allclose(np.linalg.norm(fast, axis=1), 1, atol=1e-4)
