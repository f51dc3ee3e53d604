"""Surfaces from heads: materials, wires, eyes; looks and how they are packed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from render_meshes import ball

from flametalk.errors import InputError, UnknownNameError
from flametalk.head import Head
from flametalk.render import CLAY, CpuRenderer, Settings, from_faces, from_head, perspective
from flametalk.render.colours import encode_table, linear
from flametalk.render.eyes import head_gaze, sphere_centre
from flametalk.render.looks import IRIS, LIPS, LOOKS, PUPIL, SCLERA, SKIN
from flametalk.render.packing import paint
from flametalk.render.skin import TONES
from flametalk.render.surface import wire_edges


def two_balls(**fields) -> Head:
    """A "head" of two eyeballs 6 cm apart."""
    left, faces, _ = ball(20, 0.012, (0.03, 0, 0))
    right = left - np.array([0.06, 0, 0], np.float32)
    vertices, n = np.concatenate([left, right]), len(left)
    v = len(vertices)
    return Head(
        name="balls",
        template=torch.from_numpy(vertices),
        faces=torch.from_numpy(np.concatenate([faces, faces + n])),
        shape_basis=torch.zeros(v, 3, 1),
        expression_basis=torch.zeros(v, 3, 1),
        pose_basis=torch.zeros(v, 3, 36),
        joint_regressor=torch.zeros(5, v),
        skinning=torch.zeros(v, 5),
        **fields,
    )


def test_eyeballs_of_a_head_without_materials_come_from_its_regions():
    n = 21 * 40
    head = two_balls(regions={"left_eyeball": torch.arange(n), "lips": torch.arange(n, n + 300)})
    surface = from_head(head, bake=False)
    assert (surface.materials[: len(head.faces) // 2] == SCLERA).all()
    assert {*surface.materials[len(head.faces) // 2 :]} == {SKIN, LIPS}


def test_gaze_is_the_angle_from_the_axis():
    head = two_balls()
    template, faces = head.template.numpy(), head.faces.numpy()
    gaze = head_gaze(template, faces, np.full(len(faces), SCLERA))
    local = template - np.where(template[:, :1] > 0, (0.03, 0, 0), (-0.03, 0, 0))
    angle = np.arccos(np.clip(local[:, 2] / 0.012, -1, 1))
    assert np.allclose(np.linalg.norm(gaze, axis=1) * 0.5, angle, atol=1e-3)
    assert np.allclose(sphere_centre(template[: len(template) // 2]), (0.03, 0, 0), atol=1e-6)


def test_the_iris_of_the_mesh_sets_axis_and_size():
    vertices, faces, _ = ball(40)
    axis = np.array([0.3, 0.1, 0.95]) / np.linalg.norm([0.3, 0.1, 0.95])
    angle = np.arccos(np.clip(vertices @ axis / 0.1, -1, 1))
    materials = np.full(len(faces), SCLERA)
    materials[(angle < 0.6)[faces].all(1)] = IRIS
    materials[(angle < 0.2)[faces].all(1)] = PUPIL
    gaze = head_gaze(vertices, faces, materials)
    rim = np.abs(angle - 0.58) < 0.05
    assert np.linalg.norm(gaze[rim], axis=1) == pytest.approx(1, abs=0.16)


def test_the_pupil_is_where_the_eye_looks():
    vertices, faces, _ = ball(30)
    materials = np.full(len(faces), SCLERA)
    surface = from_faces(faces, materials=materials, gaze=head_gaze(vertices, faces, materials))
    renderer = CpuRenderer(Settings(look="skin"))
    camera = perspective((0, 0, 1), (0, 0, 0), 101, 101, 0.24)
    front = renderer.render(vertices, surface, camera).colour
    turn = np.array([[0.9, 0, 0.436], [0, 1, 0], [-0.436, 0, 0.9]], np.float32)
    turned = renderer.render(vertices @ turn.T, surface, camera).colour
    dark = [np.argwhere(p.sum(-1) < 90).mean(0) for p in (front, turned)]
    assert np.allclose(dark[0], (50, 50), atol=3)
    assert dark[1][1] > 60


def test_wires_are_the_quads_not_their_diagonals():
    faces = np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4]])
    drawn = wire_edges(faces, np.array([[0, 1, 2, 3], [3, 2, 4, -1]]))
    assert drawn.tolist() == [[True, True, False], [False, True, True], [True, True, True]]
    assert wire_edges(faces).all()


def test_materials_run_into_each_other_but_colours_stay_inside_them():
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    surface = from_faces(faces, materials=np.array([SKIN, LIPS]))
    corners = paint(surface, CLAY).corners
    shared = (linear(CLAY.skin.colour) + linear(CLAY.lips.colour)) / 2
    assert np.allclose(corners[0, 1, :3], linear(CLAY.skin.colour))
    assert np.allclose(corners[0, 0, :3], shared)
    assert np.allclose(corners[0, 0], corners[1, 0])


def test_srgb_goes_round():
    values = np.arange(256)
    table = encode_table()
    assert (table[np.rint(linear(values) * (len(table) - 1)).astype(int)] == values)[6:].all()


def test_a_surface_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"occlusion has shape \(3,\), expected \(4,\)"):
        from_faces(np.array([[0, 1, 3]]), occlusion=np.ones(3, np.float32))
    with pytest.raises(InputError, match="uv_faces"):
        from_faces(np.array([[0, 1, 3]]), uv=np.zeros((3, 2), np.float32))


def test_occlusion_darkens():
    vertices, faces, _ = ball(16)
    camera = perspective((0, 0, 1), (0, 0, 0), 64, 64, 0.25)
    light, dark = (
        CpuRenderer().render(
            vertices, from_faces(faces, occlusion=np.full(len(vertices), o, np.float32)), camera
        )
        for o in (1.0, 0.2)
    )
    assert light.colour[32, 32].min() > dark.colour[32, 32].max() + 20


def test_the_upper_lid_darkens_the_eye_below_it():
    vertices, faces, _ = ball(30)
    n = len(vertices)
    lid = np.array([[-0.2, 0.04, 0.12], [0.2, 0.04, 0.12], [0.2, 0.2, 0.12], [-0.2, 0.2, 0.12]], np.float32)
    both = np.concatenate([vertices, lid])
    corners = np.concatenate([faces, np.array([[0, 1, 2], [0, 2, 3]], np.int32) + n])
    materials = np.array([SCLERA] * len(faces) + [SKIN] * 2)
    gaze = head_gaze(vertices, faces, materials[: len(faces)])
    gaze = np.concatenate([gaze, np.zeros((4, 2), np.float32)])
    camera = perspective((0, 0, 1), (0, 0, 0), 101, 101, 0.24)
    looks = (replace(LOOKS["skin"], eye=replace(LOOKS["skin"].eye, lid_shade=k)) for k in (0.0, 0.7))
    light, dark = (
        linear(CpuRenderer(Settings(look=look)).render(both, surface, camera).colour[:, 30]).sum(-1)
        for surface in [from_faces(corners, materials=materials, gaze=gaze)]
        for look in looks
    )
    share = dark / light
    edge = int(np.flatnonzero(share < 1)[0])  # the first row under the lid
    assert (share[:edge] == 1).all()
    assert share[edge + 1] < 0.5
    assert share[edge + 1] < share[edge + 10] < share[edge + 19] < 1
    assert (share[-20:] == 1).all()


def test_skin_tones_are_looks():
    assert {*TONES} < {*LOOKS}
    with pytest.raises(UnknownNameError, match="porcelain"):
        Settings(look="purple")
