"""Regions, landmarks and texture coordinates from files in the official layouts."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from synthetic import (
    Python2Pickle,
    barycentric,
    tiny_head,
    write_deca_landmarks,
    write_mediapipe,
    write_ringnet_dynamic,
    write_ringnet_static,
    write_template_obj,
)

from flametalk.errors import FormatError, UnknownNameError
from flametalk.head import Head
from flametalk.head.embeddings import contour_points, contour_row, with_landmarks, with_masks
from flametalk.head.texture import with_uv
from flametalk.rotations import matrix_from_axis_angle

pytestmark = pytest.mark.core


@pytest.fixture
def head() -> Head:
    return tiny_head(v=30)  # 60 triangles


# --- regions ------------------------------------------------------------------------------------------


def test_masks(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "FLAME_masks.pkl"
    masks = {"lips": np.array([3, 1, 29]), "left_eyeball": np.arange(5)}
    path.write_bytes(Python2Pickle(0).dumps(masks))
    got = with_masks(head, path)
    assert {name: ids.tolist() for name, ids in got.regions.items()} == {
        name: ids.tolist() for name, ids in masks.items()
    }
    assert head.regions == {}
    for bad, message in (
        ({"lips": np.array([30])}, "outside the 30 vertices.*mask of triangles"),
        ({"lips": np.array([-1])}, "outside"),
        ({"lips": np.array([0.5])}, "not a row of vertex numbers"),
        ({"lips": "text"}, "not a row"),
        ({}, "no regions"),
    ):
        path.write_bytes(Python2Pickle(0).dumps(bad))
        with pytest.raises(FormatError, match=message):
            with_masks(head, path)


# --- landmarks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inner", "full"), [(51, 68), (53, 70)])
def test_decas_embedding_and_the_one_with_eye_centres(
    head: Head, tmp_path: Path, inner: int, full: int
) -> None:
    path = tmp_path / "landmark_embedding.npy"
    entries = write_deca_landmarks(path, 60, inner, full)
    marks = with_landmarks(head, path).landmarks
    np.testing.assert_array_equal(marks["ibug51"].faces, entries["static_lmk_faces_idx"][:51])
    np.testing.assert_array_equal(marks["ibug51"].weights, entries["static_lmk_bary_coords"][:51])
    np.testing.assert_array_equal(marks["ibug68"].faces, entries["full_lmk_faces_idx"][0, :68])
    assert marks["contour"].faces.shape == (79, 17) and marks["contour"].weights.shape == (79, 17, 3)
    np.testing.assert_array_equal(marks["contour"].faces, entries["dynamic_lmk_faces_idx"])
    assert marks["ibug68"].weights.dtype == head.template.dtype


def test_ringnets_two_files_make_68_points(head: Head, tmp_path: Path) -> None:
    static, dynamic = tmp_path / "flame_static_embedding.pkl", tmp_path / "flame_dynamic_embedding.npy"
    faces, weights = write_ringnet_static(static, 60)
    rows, row_weights = write_ringnet_dynamic(dynamic, 60)
    del head.landmarks["ibug68"]
    got = with_landmarks(head, static)
    assert list(got.landmarks) == ["ibug51"]
    got = with_landmarks(got, dynamic)
    np.testing.assert_array_equal(got.landmarks["ibug68"].faces, np.concatenate([rows[0], faces]))
    np.testing.assert_array_equal(got.landmarks["ibug68"].weights, np.concatenate([row_weights[0], weights]))


def test_mediapipes_numbers(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "mediapipe_landmark_embedding.npz"
    faces, weights, ids = write_mediapipe(path, 60)
    marks = with_landmarks(head, path).landmarks["mediapipe"]
    np.testing.assert_array_equal(marks.faces, faces)
    np.testing.assert_array_equal(marks.weights, weights)
    assert marks.ids == tuple(ids)


def test_damaged_landmarks(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    faces, weights = barycentric((51,), 60)
    for entries, message in (
        ({"lmk_face_idx": faces + 60, "lmk_b_coords": weights}, "outside the 60 triangles"),
        ({"lmk_face_idx": faces, "lmk_b_coords": weights * 1.1}, "do not sum to 1"),
        ({"lmk_face_idx": faces, "lmk_b_coords": weights[:50]}, "three weights each"),
        ({"lmk_face_idx": faces.astype(float), "lmk_b_coords": weights}, "triangle numbers"),
        ({"static_lmk_faces_idx": faces[:50], "static_lmk_bary_coords": weights[:50]}, r"expected \(51,\)"),
        ({"other": faces}, "none of the known landmark entries, only: other"),
    ):
        path.write_bytes(Python2Pickle(2).dumps(entries))
        with pytest.raises(FormatError, match=message):
            with_landmarks(head, path)


@pytest.mark.parametrize(
    ("degrees", "row"),
    [
        (0, 0),
        (0.4, 0),
        (0.6, 1),
        (20, 20),
        (39, 39),
        (80, 39),
        (-0.6, 40),
        (-1, 40),
        (-20, 59),
        (-39, 78),
        (-75, 78),
    ],
)
def test_contour_rows(degrees: float, row: int) -> None:
    """Positive yaw turns the face to the subject's left (+x)."""
    rotation = matrix_from_axis_angle(torch.tensor([[0.0, math.radians(degrees), 0.0]], dtype=torch.float64))
    assert float(rotation[0, 0, 2]) * degrees >= 0  # +z, out of the face, goes to +x
    assert int(contour_row(rotation)) == row
    mirrored = matrix_from_axis_angle(torch.tensor([[0.0, -math.radians(degrees), 0.0]], dtype=torch.float64))
    assert int(contour_row(mirrored, flip_yaw=True)) == row


def test_contour_rows_against_the_published_formula() -> None:
    """Euler y of the rotation as DECA computes it, on arbitrary rotations."""
    vectors = torch.randn(300, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rotations = matrix_from_axis_angle(vectors)
    for rotation, row in zip(rotations.numpy(), contour_row(rotations).tolist(), strict=True):
        sy = math.sqrt(rotation[0, 0] ** 2 + rotation[1, 0] ** 2)
        angle = round(min(math.degrees(math.atan2(-rotation[2, 0], sy)), 39))
        assert row == (angle if angle >= 0 else 78 if angle < -39 else 39 - angle)


def test_contour_points_follow_each_frame(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    rows, weights = write_ringnet_dynamic(path, 60)
    head = with_landmarks(head, path)
    turns = torch.tensor([[0.0, 0.0, 0.0], [0.0, math.radians(10), 0.0], [0.0, math.radians(-5), 0.0]])
    rotations = matrix_from_axis_angle(turns.double())
    vertices = torch.randn(3, 30, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = contour_points(head, vertices, rotations)
    for frame, row in enumerate((0, 10, 44)):
        for k in range(17):
            corners = vertices[frame, head.faces[int(rows[row, k])].long()]
            expected = (corners * torch.from_numpy(weights[row, k])[:, None]).sum(0)
            torch.testing.assert_close(points[frame, k], expected)
    with pytest.raises(UnknownNameError, match="contour"):
        contour_points(tiny_head(), vertices, rotations)


# --- texture coordinates -----------------------------------------------------------------------------------


def test_texture_coordinates_of_the_template(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "head_template.obj"
    faces = torch.cat([head.faces, torch.tensor([[0, 1, 29]], dtype=torch.int32)])
    from dataclasses import replace

    head = replace(head, faces=faces)
    uv, uv_faces = write_template_obj(path, faces.numpy())
    got = with_uv(head, path)
    np.testing.assert_allclose(got.uv, uv, atol=1e-6)
    np.testing.assert_array_equal(got.uv_faces, uv_faces)
    other = replace(head, faces=faces.flip(0))
    with pytest.raises(FormatError, match="its triangles are not those of tiny"):
        with_uv(other, path)
    path.write_text("vt 0 0\nf 1 2 3\n")
    with pytest.raises(FormatError, match="line 2"):
        with_uv(head, path)
    path.write_text("v 0 0 0\n")
    with pytest.raises(FormatError, match="no texture coordinates"):
        with_uv(head, path)


def test_texture_coordinates_from_an_npz(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "uv_coords.npz"
    uv, uv_faces = np.random.default_rng(0).random((9, 2)), np.zeros((60, 3), dtype=np.uint32)
    np.savez(path, vt=uv, ft=uv_faces)
    np.testing.assert_array_equal(with_uv(head, path).uv, uv)
    np.savez(path, vt=uv, ft=uv_faces + 9)
    with pytest.raises(FormatError, match="outside the 9 texture coordinates"):
        with_uv(head, path)
    np.savez(path, vt=uv)
    with pytest.raises(FormatError, match="'ft'"):
        with_uv(head, path)
