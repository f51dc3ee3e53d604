"""DECA's displacement on a head with FLAME's numbers of vertices: texels, masks, grid, dense mesh."""

from pathlib import Path

import numpy as np
import pytest
import torch
from official_emoca import SMALL, random_networks
from PIL import Image

from flametalk.clip import Clip
from flametalk.conventions import FLAME_VERTICES
from flametalk.errors import AssetError, FileError, FormatError, InputError
from flametalk.film import clip_frames
from flametalk.head import Head
from flametalk.lift.neural.deca_data import (
    DENSE,
    FIXED,
    MASK,
    find_deca_data,
    load_deca_data,
    read_deca_data,
    save_deca_data,
)
from flametalk.lift.neural.flame_dense import dense_flame_frames, detail_decoder
from flametalk.lift.neural.flame_detail import (
    dense_vertices,
    flame_texels,
    grid_faces,
    grid_normals,
    normals_of,
    outward_faces,
    texel_vertices,
)
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.neural.store import encoder_file, save_encoder

pytestmark = pytest.mark.core
SIDE = 60  # of the bent sheet that stands for a face


@pytest.fixture(scope="module")
def sheet() -> Head:
    """A bent sheet whose texture is the whole square, with vertices to spare as FLAME has."""
    u, v = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    flat = np.stack([u - 0.5, v - 0.5, 0.3 * np.cos(2 * (u - 0.5))], -1).reshape(-1, 3) * 0.2
    template = np.zeros((FLAME_VERTICES, 3))
    template[: SIDE * SIDE] = flat
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    faces = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + SIDE + 1], 1),
            np.stack([corner, corner + SIDE + 1, corner + SIDE], 1),
        ]
    )
    uv = np.zeros((FLAME_VERTICES, 2))
    uv[: SIDE * SIDE] = np.stack([u, v], -1).reshape(-1, 2)

    def tensor(x: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.asarray(x, np.float32))

    n = FLAME_VERTICES
    return Head(
        name="flame-sheet",
        template=tensor(template),
        faces=torch.from_numpy(faces.astype(np.int32)),
        shape_basis=torch.zeros(n, 3, 1),
        expression_basis=torch.zeros(n, 3, 1),
        pose_basis=torch.zeros(n, 3, 36),
        joint_regressor=torch.zeros(5, n),
        skinning=torch.eye(5)[torch.zeros(n, dtype=torch.long)],
        uv=tensor(uv),
        uv_faces=torch.from_numpy(faces.astype(np.int32)),
    )


def write_data(folder: Path, sheet: Head) -> None:
    """The three files in their layout: every texel in the middle of the texture is a dense vertex."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    np.save(folder / FIXED, chance.uniform(-0.0013, 0.0016, (256, 256)))
    mask = np.zeros((512, 512, 3), np.uint8)
    mask[128:384, 128:384] = (255, 7, 9)  # the first channel counts
    Image.fromarray(mask).save(folder / MASK)
    texels = flame_texels(sheet)
    rows, columns = (x.ravel() for x in np.mgrid[0:256, 0:256])
    valid = np.flatnonzero((rows > 20) & (rows < 40) & (columns > 30) & (columns < 60))
    place = {int(p): k for k, p in enumerate(valid)}
    first = [p for p in valid if p + 1 in place and p + 256 in place and p + 257 in place]
    faces = [[place[p], place[p + 1], place[p + 256]] for p in first]  # clockwise, as in the file
    content = {
        "img_size": 256,
        "f": np.array(faces),
        "x_coords": columns,
        "y_coords": rows,
        "valid_pixel_ids": valid,
        "valid_pixel_3d_faces": texels.corners[rows[valid], columns[valid]].astype(np.int64),
        "valid_pixel_b_coords": texels.weights[rows[valid], columns[valid]].astype(np.float64),
    }
    np.save(folder / DENSE, content, allow_pickle=True)


@pytest.fixture(scope="module")
def data(sheet: Head, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("data")
    write_data(folder / "DECA" / "data", sheet)
    return read_deca_data(folder)


def test_a_texel_holds_what_lies_under_its_middle(sheet: Head) -> None:
    """Row 0 is v = 1; a vertex attribute that is linear in u and v comes out exactly."""
    texels = flame_texels(sheet)
    assert texels.covered.all()
    uv = sheet.uv.numpy()
    found = texels.spread(np.stack([uv[:, 0], uv[:, 1], uv[:, 0] + 2 * uv[:, 1]], 1)[None])[0]
    place = (np.arange(256) + 0.5) / 256
    np.testing.assert_allclose(found[..., 0], np.broadcast_to(place, (256, 256)), atol=2e-5)
    np.testing.assert_allclose(found[..., 1], np.broadcast_to(1 - place[:, None], (256, 256)), atol=2e-5)


def test_the_grid_has_decas_triangles() -> None:
    faces = grid_faces()
    assert len(faces) == 122_990
    rows, columns = faces // 256, faces % 256
    assert (columns.min(), columns.max()) == (2, 253) and (rows.min(), rows.max()) == (5, 250)
    plain = []
    for x in range(2, 256 - 1 - 2):  # one after the other
        for y in range(5, 256 - 1 - 5):
            v0, v1, v2 = y * 256 + x, y * 256 + x + 1, (y + 1) * 256 + x
            plain += [(v0, v2, v1), (v1, v2, (y + 1) * 256 + x + 1)]
    assert {_turned(f) for f in plain} == {_turned(tuple(f)) for f in faces.tolist()}


def _turned(face: tuple[int, ...]) -> tuple[int, ...]:
    """The same triangle with its smallest corner first: winding counts, the start does not."""
    k = face.index(min(face))
    return (*face[k:], *face[:k])


def test_mask_and_fixed_displacement(sheet: Head, data) -> None:
    assert data.mask.shape == (256, 256) and data.mask[128, 128] == 1 and data.mask[10, 10] == 0
    vertices, faces = sheet.template.numpy()[None], sheet.faces.numpy()
    heights = np.full((1, 256, 256), 0.004, np.float32)
    texels = flame_texels(sheet)
    places = texel_vertices(texels, vertices, faces, heights, data)
    flat, along = texels.spread(vertices), texels.spread(normals_of(vertices, faces))
    moved = ((places - flat) * along).sum(-1) / (along**2).sum(-1)
    np.testing.assert_allclose(moved[0], 0.004 * data.mask + data.fixed, atol=1e-6)
    smooth = grid_normals(flat)[0, 20:230, 20:230]
    expected = along[0, 20:230, 20:230]
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    assert (smooth * expected).sum(-1).min() > 0.999  # out of the sheet, as the coarse ones


def test_the_dense_mesh(sheet: Head, data) -> None:
    vertices, faces = sheet.template.numpy()[None], sheet.faces.numpy()
    heights = np.random.default_rng(1).uniform(-0.01, 0.01, (1, 256, 256)).astype(np.float32)
    dense = dense_vertices(vertices, faces, heights, data)[0]
    normals = normals_of(vertices, faces)[0]
    for k in (0, 17, len(dense) - 1):  # by hand; the map is not masked here
        mixed = data.weights[k] @ vertices[0][data.corners[k]]
        along = data.weights[k] @ normals[data.corners[k]]
        along = along / np.linalg.norm(along)
        y, x = data.rows[k], data.columns[k]
        np.testing.assert_allclose(dense[k], mixed + (heights[0, y, x] + data.fixed[y, x]) * along, atol=1e-6)
    still = dense_vertices(vertices, faces, np.zeros_like(heights), data)[0]
    outward = outward_faces(still, data, vertices[0], faces)
    a, b, c = (still[outward[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).mean() > 0.95
    assert (outward[:, ::-1] == data.faces).all()  # the file's are the other way round


def test_files_are_kept(sheet: Head, data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path))
    with pytest.raises(AssetError, match="assets add emoca"):
        load_deca_data()
    save_deca_data(data)
    again = load_deca_data()
    assert all(np.array_equal(value, getattr(again, name)) for name, value in vars(data).items())


def test_a_clip_is_drawn_on_the_dense_mesh(
    sheet: Head, data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code goes through the decoder, and what comes out moves the picture."""
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path))
    save_deca_data(data)
    model = FaceEncoder("mine", "flame2020", SMALL, **random_networks())
    chance = np.random.default_rng(3)
    parts = {"jaw": chance.normal(size=(2, 3)), "expression": chance.normal(size=(2, 50))}
    story = {"lift": {"encoder": "mine"}}
    clip = Clip.neutral(
        2, **parts, shape=np.zeros(1), detail=3 * chance.normal(size=(2, 128)), made_for=sheet.name,
        provenance=story,
    )  # fmt: skip
    with pytest.raises(AssetError, match="needs the model"):
        detail_decoder(clip)
    save_encoder(model, encoder_file("mine"), "mine")
    coarse = np.repeat(sheet.template.numpy()[None], 2, 0)
    frames = np.concatenate(list(dense_flame_frames(clip, sheet, [coarse])))
    with torch.inference_mode():
        heights = model.D_detail(
            *(torch.from_numpy(x.copy()) for x in (clip.jaw, clip.expression, clip.detail))
        ).numpy()
    assert np.ptp(heights) > 1e-4
    expected = dense_vertices(coarse, sheet.faces.numpy(), heights, data)
    np.testing.assert_allclose(frames[..., :3], expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(frames[..., 3:], axis=-1), 1, atol=1e-5)
    clip = clip.replace(expression=np.zeros((2, 1)), jaw=np.zeros((2, 3)))
    pictures = [
        next(clip_frames(c, sheet, "front", 96, detail=True, antialias=1))
        for c in (clip, clip.replace(detail=np.zeros((2, 128))))
    ]
    assert (pictures[0] != pictures[1]).any()
    with pytest.raises(InputError, match="no detail code"):
        detail_decoder(clip.replace(detail=None))


def test_broken_files(sheet: Head, tmp_path: Path) -> None:
    assert find_deca_data(tmp_path) is None
    with pytest.raises(FileError, match="does not hold all of"):
        read_deca_data(tmp_path)
    write_data(tmp_path, sheet)
    content = np.load(tmp_path / DENSE, allow_pickle=True).item()
    np.save(tmp_path / DENSE, {**content, "valid_pixel_3d_faces": content["valid_pixel_3d_faces"] + 5000})
    with pytest.raises(FormatError, match="valid_pixel_3d_faces"):
        read_deca_data(tmp_path)
    np.save(tmp_path / FIXED, np.zeros((4, 4)))
    with pytest.raises(FormatError, match=r"\(4, 4\)"):
        read_deca_data(tmp_path)
    np.save(tmp_path / FIXED, np.zeros((256, 256)))
    (tmp_path / MASK).write_bytes(b"no picture")
    with pytest.raises(FormatError, match="not a picture"):
        read_deca_data(tmp_path)
