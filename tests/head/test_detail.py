"""The detail basis and the fine mesh: what they hold, closed forms, what drives them, and hostile files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from flametalk.conventions import MILLIMETRES, N_DETAIL, N_EXPRESSION, N_SHAPE
from flametalk.errors import AssetError, FormatError, InputError
from flametalk.head import Head
from flametalk.head.dense import DenseMesh, dense_mesh
from flametalk.head.detail import FILES, DetailBasis, Tile, load_detail, read_detail
from flametalk.head.store import builtin_file

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def basis(head: Head) -> DetailBasis:
    return load_detail(head.name)


@pytest.fixture(scope="module")
def mesh(head: Head) -> DenseMesh:
    return dense_mesh(head)


def test_it_holds_128_wrinkles_of_believable_depth(basis: DetailBasis) -> None:
    assert len(set(basis.names)) == N_DETAIL
    for name, tile in zip(basis.names, basis.tiles, strict=True):
        assert 0.05 < np.abs(tile.heights).max() * MILLIMETRES < 1.3, name
    kinds = ("forehead", "frown", "crows_foot", "bunny", "nasolabial", "chin", "lip_line", "pores")
    assert all(any(name.startswith(kind) for name in basis.names) for kind in kinds)


def whole(tile: Tile) -> np.ndarray:
    """A component on its whole texture."""
    picture = np.zeros((tile.size, tile.size), np.float32)
    rows, columns = tile.heights.shape
    picture[tile.top : tile.top + rows, tile.left : tile.left + columns] = tile.heights
    return picture


def test_left_and_right_mirror_each_other(basis: DetailBasis) -> None:
    tiles = dict(zip(basis.names, basis.tiles, strict=True))
    for left in (name for name in basis.names if name.endswith("_left")):
        if not left.startswith("forehead"):  # wavy on purpose
            one, other = whole(tiles[left]), whole(tiles[left.removesuffix("left") + "right"])
            assert np.abs(one - other[:, ::-1]).max() <= 0.03 * np.abs(one).max(), left


def test_the_map_and_the_basis_at_places_agree(basis: DetailBasis) -> None:
    code = np.random.default_rng(0).normal(size=N_DETAIL).astype(np.float32)
    picture = basis.heights(code, 256)
    rows, columns = np.random.default_rng(1).integers(0, 256, (2, 500))
    uv = np.stack([(columns + 0.5) / 256, 1 - (rows + 0.5) / 256], -1)
    np.testing.assert_allclose(basis.at(uv) @ code, picture[rows, columns], atol=1e-9)
    assert np.abs(picture).max() > 1e-4


def test_expressions_and_age_deepen_the_right_wrinkles(head: Head, basis: DetailBasis) -> None:
    def driven(
        expression: str | None = None, shape: str | None = None, value: float = 1.0
    ) -> dict[str, float]:
        e, s = np.zeros((1, N_EXPRESSION)), np.zeros((1, N_SHAPE))
        if expression:
            e[0, head.expression_names.index(expression)] = value
        if shape:
            s[0, head.shape_names.index(shape)] = value
        return dict(zip(basis.names, basis.code(head, None, e, s)[0].tolist(), strict=True))

    frown = driven("brow_lower_left")
    assert max(frown, key=lambda name: frown[name]) == "frown_inner_left" and frown["frown_inner_right"] == 0
    assert not any(driven("brow_lower_left", value=-1.0).values())  # relaxing the other way makes no wrinkle
    assert driven("nose_wrinkle_right")["bunny_2_right"] > 0.5
    assert driven(shape="older", value=2.0)["nasolabial_2_left"] > 0.5
    assert not any(driven(shape="older", value=-2.0).values())
    strong = np.full((1, N_DETAIL), 50.0)
    assert basis.code(head, strong).max() == 2.0


def test_a_code_of_another_size_is_refused(head: Head, basis: DetailBasis) -> None:
    with pytest.raises(InputError, match="expected 128"):
        basis.code(head, np.zeros((1, 64)))
    with pytest.raises(AssetError, match="no detail basis for head 'flame2020'"):
        load_detail("flame2020")


def test_the_fine_mesh_has_no_crack_and_keeps_the_coarse_one(head: Head, mesh: DenseMesh) -> None:
    coarse = head.template[None].numpy()
    assert np.array_equal(mesh.vertices(coarse)[:, : head.n_vertices], coarse)
    assert 40_000 < mesh.n_vertices < 80_000
    edges = np.stack([mesh.faces, np.roll(mesh.faces, -1, 1)], -1).reshape(-1, 2).astype(np.int64)
    keys = edges[:, 0] * mesh.n_vertices + edges[:, 1]
    assert len(np.unique(keys)) == len(keys), "two triangles run along an edge in the same direction"
    # an edge without a partner is an edge of the head itself, or a piece of a coarse one that stayed straight
    alone = edges[~np.isin(keys, edges[:, 1] * mesh.n_vertices + edges[:, 0])]
    code = np.ones((1, N_DETAIL), np.float32)
    moved = mesh.vertices(coarse, code)[0].astype(np.float64)
    straight = mesh.spread(coarse[0].astype(np.float64))
    assert np.abs(moved[alone] - straight[alone]).max() < 1e-7


def test_on_a_plane_heights_and_normals_have_closed_forms(head: Head) -> None:
    """A grid in the plane z = 0; the height is linear in x, so the normal is tilted by exactly its slope."""
    from flametalk.head.dense_kernel import fine_frame
    from flametalk.normals import vertex_normals

    n = 12
    x, y = np.meshgrid(np.arange(n) / 10, np.arange(n) / 10, indexing="ij")
    points = np.stack([x, y, 0 * x], -1).reshape(-1, 3).astype(np.float32)
    ids = np.arange(n * n).reshape(n, n)
    a, b, c, d = (part.ravel() for part in (ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    slope, heights = 0.3, (1.0 + 0.3 * points[:, 0]).astype(np.float32)
    out = np.empty((n * n, 6), np.float32)
    none = np.zeros((0, 3), np.int32)
    fine_frame(
        points, vertex_normals(points, faces), faces, none, np.zeros((0, 3), np.float32),
        np.ones(n * n, np.float32), heights, np.float32(0.7), np.empty((n * n, 4), np.float32), out,
    )  # fmt: skip
    np.testing.assert_allclose(out[:, 2], heights, atol=1e-6)
    expected = np.array([-slope, 0, 1]) / np.hypot(slope, 1)
    np.testing.assert_allclose(out[:, 3:], np.tile(expected, (n * n, 1)), atol=1e-5)


def test_phong_tessellation_rounds_a_sphere(mesh: DenseMesh) -> None:
    """New vertices of a coarse sphere lie nearer to it than the flat triangles do."""
    from flametalk.head.dense_kernel import fine_frame
    from flametalk.normals import vertex_normals

    phi = (1 + 5**0.5) / 2
    points = np.array([(0, a, b * phi) for a in (-1, 1) for b in (-1, 1)])
    points = np.concatenate([points, points[:, [2, 0, 1]], points[:, [1, 2, 0]]])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    from scipy.spatial import ConvexHull

    faces = ConvexHull(points).simplices
    corners = points[faces]
    turned = np.linalg.det(corners) < 0
    faces[turned] = faces[turned][:, ::-1]
    weights = np.full((len(faces), 3), 1 / 3, np.float32)
    count = len(points) + len(faces)
    out, work = np.empty((count, 6), np.float32), np.empty((count, 4), np.float32)
    triangles, places = faces.astype(np.int32), points.astype(np.float32)
    fine_frame(
        places, vertex_normals(places, triangles), triangles, triangles, weights,
        np.ones(12, np.float32), np.zeros(count, np.float32), np.float32(0.7), work, out,
    )  # fmt: skip
    flat = np.linalg.norm(points[faces].mean(1), axis=1)
    lifted = np.linalg.norm(out[12:, :3], axis=1)
    assert (np.abs(1 - lifted) < 0.45 * (1 - flat)).all()
    np.testing.assert_allclose(
        out[:, 3:], out[:, :3] / np.linalg.norm(out[:, :3], axis=1, keepdims=True), atol=1e-5
    )


def test_a_wrinkled_frame_differs_where_the_wrinkle_is(head: Head, mesh: DenseMesh) -> None:
    code = np.zeros((1, N_DETAIL), np.float32)
    code[0, mesh.basis.names.index("forehead_2_middle")] = 1
    coarse = head.template[None].numpy()
    plain, wrinkled = (mesh.frames(coarse, c)[0] for c in (None, code))
    moved = np.linalg.norm(wrinkled[:, :3] - plain[:, :3], axis=1) * MILLIMETRES
    assert 0.2 < moved.max() < 0.6
    where = plain[moved > 0.05, :3] * MILLIMETRES
    assert np.abs(where[:, 0]).max() < 26 and where[:, 1].min() > 28 and where[:, 1].max() < 46
    np.testing.assert_allclose(np.linalg.norm(wrinkled[:, 3:], axis=1), 1, atol=1e-5)
    with pytest.raises(InputError, match="expected"):
        mesh.frames(coarse[:, :-1])


def test_pictures_show_the_detail(head: Head, tmp_path: Path) -> None:
    from flametalk.clip import Clip

    expression = np.zeros((2, N_EXPRESSION), np.float32)
    expression[:, head.expression_names.index("brow_lower_left")] = 1.0
    clip = Clip.neutral(2, expression=expression, made_for=head.name)
    pictures = []
    for detail in (False, True):
        clip.render(tmp_path / f"{detail}.png", detail=detail, size=160, view="front")
        pictures.append(np.asarray(Image.open(tmp_path / f"{detail}.png")).astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(-1) > 6
    assert 5 < changed.sum() < 2000
    assert changed[:, 80:].sum() > 2 * changed[:, :80].sum()  # the subject's left is the picture's right


def test_the_command_draws_detail_and_normals(head: Head, tmp_path: Path) -> None:
    from flametalk.cli import main
    from flametalk.clip import Clip

    code = np.zeros((1, N_DETAIL), np.float32)
    code[0, load_detail(head.name).names.index("forehead_2_middle")] = 2.0
    Clip.neutral(1, detail=code, made_for=head.name).save(tmp_path / "clip.npz")
    pictures = []
    for more in ([], ["--detail"]):
        target = tmp_path / f"{len(more)}.png"
        options = ["--view", "front", "--size", "160", "--mode", "normals", "--quiet", *more]
        assert main(["render", str(tmp_path / "clip.npz"), "-o", str(target), *options]) in (None, 0)
        pictures.append(np.asarray(Image.open(target)).astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(-1) > 12
    rows, columns = np.nonzero(changed)  # some at the outline, which the fine mesh rounds
    assert changed.sum() > 20 and np.median(rows) < 70 and abs(columns.mean() - 80) < 25


def test_a_head_without_a_basis_is_told_so(tmp_path: Path, head: Head) -> None:
    from dataclasses import replace

    from flametalk.clip import Clip

    other = replace(head, name="another")
    with pytest.raises(AssetError, match="no detail basis for head 'another'"):
        Clip.neutral(1).render(tmp_path / "x.png", head=other, detail=True, size=64)


def test_the_files_are_small() -> None:
    together = sum(builtin_file().with_name(name).stat().st_size for name in FILES.values())
    assert together < 400_000


@pytest.mark.parametrize("damage", ["tile", "size", "names", "drive", "note", "cut"])
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    source = builtin_file().with_name(FILES["builtin-1"])
    with Image.open(source) as picture:
        note, sheet = json.loads(picture.info["detail"]), picture.convert("L")
    if damage == "tile":
        note["tiles"][3]["tile"][0] = 5000
    elif damage == "size":
        note["tiles"][0]["size"] = 10**9
    elif damage == "names":
        note["names"].pop()
    elif damage == "drive":
        note["expression"]["third_eye"] = {"blink_left": 1.0}
    info = PngImagePlugin.PngInfo()
    info.add_text("detail", "[" if damage == "note" else json.dumps(note))
    target = tmp_path / "detail.png"
    sheet.save(target, pnginfo=info)
    if damage == "cut":
        target.write_bytes(target.read_bytes()[:2000])
    with pytest.raises(FormatError, match="is not a detail basis"):
        read_detail(target)


def test_torch_heads_on_other_precisions_make_the_same_mesh(head: Head) -> None:
    again = dense_mesh(head.to(dtype=torch.float64), 1)
    assert again.n_vertices == head.n_vertices and len(again.faces) == len(head.faces)
