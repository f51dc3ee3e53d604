"""FBX: what ufbx and a strict reader of our own find in the file is the head, in every preset and version."""

import json
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from export_clips import exact_vertices, lively_clip
from fbx_reader import Element, read_fbx
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.spatial.transform import Rotation
from ufbx_seen import seen_by_ufbx

from flametalk.clip import Clip
from flametalk.errors import InputError
from flametalk.export import export
from flametalk.export.euler import euler_angles, matrices_from_euler
from flametalk.export.fbx import one_sided, write_scene
from flametalk.export.fbx_binary import VERSIONS, node, write_document
from flametalk.export.fbx_document import SECOND, ticks
from flametalk.export.fbx_frames import FRAMES
from flametalk.export.materials import appearance
from flametalk.export.scene import Scene, build_scene
from flametalk.export.settings import ExportSettings
from flametalk.head import Head

pytest.importorskip("ufbx", reason="development tools are not installed")

TO_OURS = {  # the presets' axes and units, spelt out once more
    "blender": lambda p: np.stack([p[:, 0], p[:, 2], -p[:, 1]], 1),
    "unity": lambda p: p / 100,
    "unreal": lambda p: np.stack([p[:, 0], p[:, 2], -p[:, 1]], 1) / 100,
}
MILLIMETRE = 1e-3


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def clip(head: Head) -> Clip:
    """Expressions of both signs and beyond 1."""
    clip = lively_clip(head)
    return clip.replace(expression=3 * clip.expression - 0.4)


@pytest.mark.parametrize("preset", FRAMES)
def test_vertices(preset: str, clip: Clip, head: Head, tmp_path: Path) -> None:
    export(clip, tmp_path / "a.fbx", head, preset=preset, texture_size=64)
    expected = exact_vertices(clip, head)
    for frame in (0, 1, 5, 8, 11):
        found = TO_OURS[preset](seen_by_ufbx(tmp_path / "a.fbx", frame / clip.fps).places)
        assert np.abs(found - expected[frame]).max() < 1e-4 * MILLIMETRE, frame


@pytest.mark.parametrize("vary", [False, True])
def test_arkit_and_identity(vary: bool, head: Head, tmp_path: Path) -> None:
    clip = lively_clip(head, vary=vary)
    settings = ExportSettings(blendshapes="arkit" if not vary else "expression", texture_size=64)
    scene = build_scene(clip, head, settings)
    look = appearance(head, "clay", 64)
    write_scene(scene, tmp_path / "a.fbx", FRAMES["unity"], look)
    if vary:
        found = seen_by_ufbx(tmp_path / "a.fbx", 7 / clip.fps).places / 100
        assert np.abs(found - exact_vertices(clip, head)[7]).max() < 1e-3 * MILLIMETRE
        return
    shapes = seen_by_ufbx(tmp_path / "a.fbx").shapes
    assert {"jawOpen", "eyeBlinkLeft", "tongueOut"} <= shapes and len(shapes) >= 52
    assert not any(name.endswith("_minus") for name in scene.target_names[:52])


@pytest.mark.parametrize("version", VERSIONS)
def test_container(version: int, clip: Clip, head: Head, tmp_path: Path) -> None:
    scene, look = build_scene(clip, head, ExportSettings()), appearance(head, "skin", 64)
    path = tmp_path / "a.fbx"
    write_scene(scene, path, FRAMES["unreal"], look, version)
    data = path.read_bytes()
    found, root = read_fbx(data)
    assert found == version
    write_scene(scene, path, FRAMES["unreal"], look, version)
    assert path.read_bytes() == data  # byte for byte
    _check_objects(root)
    _check_mesh(root, scene)
    story = json.loads(root["FBXHeaderExtension"]["SceneInfo"]["MetaData"]["Comment"].values[0])
    assert story["head"] == head.name and story["clip"] == {"generator": "waves", "seed": 3}
    (video,) = root["Objects"].all("Video")
    assert Image.open(BytesIO(video["Content"].values[0])).size == (64, 64)


def _check_objects(root: Element) -> None:
    """Numbers are unique, connections lead to objects that exist, definitions count what is there."""
    objects = root["Objects"].children
    numbers = [each.values[0] for each in objects]
    assert len(set(numbers)) == len(numbers)
    for link in root["Connections"].children:
        assert link.values[1] in numbers and (link.values[2] == 0 or link.values[2] in numbers)
    counted = {each.values[0]: each["Count"].values[0] for each in root["Definitions"].all("ObjectType")}
    assert counted == Counter(each.name for each in objects) | {"GlobalSettings": 1}
    assert root["Definitions"]["Count"].values[0] == sum(counted.values())


def _check_mesh(root: Element, scene: Scene) -> None:
    """Polygons, texture coordinates and materials corner by corner."""
    mesh = next(g for g in root["Objects"].all("Geometry") if g.values[2] == "Mesh")
    ends = mesh["PolygonVertexIndex"].values[0]
    corners = np.where(ends < 0, -1 - ends, ends)
    assert np.array_equal(corners, scene.polygons[scene.polygons >= 0])
    assert (ends < 0).sum() == len(scene.polygons)
    uv = mesh["LayerElementUV"]
    assert scene.uv is not None and scene.uv_polygons is not None
    places = uv["UV"].values[0].reshape(-1, 2)[uv["UVIndex"].values[0]]
    assert np.array_equal(places, scene.uv[scene.uv_polygons[scene.uv_polygons >= 0]].astype(np.float64))
    owners = mesh["LayerElementMaterial"]["Materials"].values[0]
    assert len(owners) == len(scene.polygons) and set(owners) == {0, 1, 2, 3}
    normals = mesh["LayerElementNormal"]["Normals"].values[0].reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    for shape in (g for g in root["Objects"].all("Geometry") if g.values[2] == "Shape"):
        indices = shape["Indexes"].values[0]
        assert 1 <= len(indices) < scene.vertices.shape[0] and (np.diff(indices) > 0).all()
        assert len(shape["Vertices"].values[0]) == len(shape["Normals"].values[0]) == 3 * len(indices)


def test_settings(clip: Clip, head: Head, tmp_path: Path) -> None:
    """What programs read before they look at a number."""
    axes = {"blender": (2, 1, 100.0), "unity": (1, 2, 1.0), "unreal": (2, 1, 1.0)}
    for preset, (up, front, unit) in axes.items():
        export(clip, tmp_path / "a.fbx", head, preset=preset, texture_size=64)
        table = read_fbx((tmp_path / "a.fbx").read_bytes())[1]["GlobalSettings"].table()
        assert (table["UpAxis"], table["FrontAxis"]) == ([up], [front])
        assert table["FrontAxisSign"] == [1 if preset == "unity" else -1]
        assert table["UnitScaleFactor"] == [unit] and table["TimeMode"] == [10]


def curves(path: Path) -> dict[str, np.ndarray]:
    """Keys by 'object property channel'."""
    root = read_fbx(path.read_bytes())[1]
    objects = {each.values[0]: each for each in root["Objects"].children}
    names, found = {}, {}
    for link in root["Connections"].children:
        child, parent = objects[link.values[1]], objects.get(link.values[2])
        if child.name == "AnimationCurveNode" and link.values[0] == "OP" and parent is not None:
            names[link.values[1]] = f"{parent.values[1].split(chr(0))[0]} {link.values[3]}"
    for link in root["Connections"].children:
        curve = objects[link.values[1]]
        if curve.name == "AnimationCurve":
            assert len(curve["KeyTime"].values[0]) == len(curve["KeyValueFloat"].values[0])
            found[f"{names[link.values[2]]} {link.values[3]}"] = curve["KeyValueFloat"].values[0]
    return found


def test_what_does_not_move_has_no_curve(head: Head, tmp_path: Path) -> None:
    still = Clip.neutral(20, made_for=head.name)
    export(still, tmp_path / "a.fbx", head, texture_size=64)
    assert curves(tmp_path / "a.fbx") == {}
    turn = np.zeros((20, 3))
    turn[:, 0] = np.linspace(0, 0.3, 20)
    expression = np.zeros((20, 50))
    expression[:, 2] = 0.5
    moving = still.replace(head=turn, expression=expression)
    export(moving, tmp_path / "a.fbx", head, preset="unity", texture_size=64)
    found = curves(tmp_path / "a.fbx")
    about = {name: len(keys) for name, keys in found.items()}
    name = f"{head.expression_names[2]} DeformPercent d|DeformPercent"
    assert about[name] == 1 and found[name] == 50
    np.testing.assert_allclose(found["root Lcl Rotation d|X"], np.degrees(turn[:, 0]), rtol=1e-6)
    assert "jaw Lcl Rotation d|X" not in about
    others = {
        name: keys.tolist() for name, keys in found.items() if name.startswith("root") and "|X" not in name
    }
    assert others == {"root Lcl Rotation d|Y": [0], "root Lcl Rotation d|Z": [0]}
    expected = exact_vertices(moving, head)[13]
    assert np.abs(seen_by_ufbx(tmp_path / "a.fbx", 13 / 25).places / 100 - expected).max() < 1e-4 * MILLIMETRE


def test_a_turn_about_one_axis_has_a_curve_for_each(head: Head, tmp_path: Path) -> None:
    """Blender's importer passes over a property whose first channel has none."""
    for axis in range(3):
        turn = np.zeros((9, 3))
        turn[:, axis] = np.linspace(0, 0.3, 9)
        for preset in TO_OURS:
            clip = Clip.neutral(9, head=turn, neck=turn, made_for=head.name)
            export(clip, tmp_path / "a.fbx", head, preset=preset, texture_size=64)
            for joint in ("root", "neck"):
                keys = [
                    len(v) for k, v in curves(tmp_path / "a.fbx").items() if k.startswith(f"{joint} Lcl R")
                ]
                assert sorted(keys) == [1, 1, 9]


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 60.0, 1000.0])
def test_key_times(fps: float) -> None:
    times = ticks(1001, fps)
    assert times.dtype == np.int64 and times[0] == 0
    assert np.abs(times / SECOND - np.arange(1001) / fps).max() < 1e-10
    if fps in (24.0, 25.0, 60.0, 1000.0):
        assert (np.diff(times) == SECOND // int(fps)).all()


def test_one_sided_targets_say_the_same(clip: Clip, head: Head) -> None:
    scene = build_scene(clip, head, ExportSettings())
    names, offsets, weights, stretched = one_sided(scene)
    assert weights.min() >= 0 and weights.max() <= 1 and len(set(names)) == len(names)
    assert max(stretched.values()) >= 2
    before = np.tensordot(scene.weights[4].astype(np.float64), scene.targets, 1)
    after = np.tensordot(weights[4].astype(np.float64), np.stack(offsets), 1)
    np.testing.assert_allclose(after, before, atol=1e-8)


def test_point_cache(clip: Clip, head: Head, tmp_path: Path) -> None:
    export(clip, tmp_path / "a.fbx", head, preset="unreal", point_cache=True, texture_size=64)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.fbx", "a.pc2"]
    assert not seen_by_ufbx(tmp_path / "a.fbx").skins
    for frame in (0, 6, 11):
        found = seen_by_ufbx(tmp_path / "a.fbx", frame / clip.fps, external=True).places
        expected = exact_vertices(clip, head)[frame]
        assert np.abs(TO_OURS["unreal"](found) - expected).max() < 1e-3 * MILLIMETRE


def test_a_head_without_texture_coordinates(head: Head, tmp_path: Path) -> None:
    from dataclasses import replace

    bare = replace(head, name="bare", uv=None, uv_faces=None, uv_quads=None, quads=None, materials=None)
    clip = lively_clip(bare, frames=1)
    export(clip, tmp_path / "a.fbx", bare, preset="unity")
    root = read_fbx((tmp_path / "a.fbx").read_bytes())[1]
    mesh = next(g for g in root["Objects"].all("Geometry") if g.values[2] == "Mesh")
    assert not mesh.all("LayerElementUV") and not root["Objects"].all("Video")
    found = seen_by_ufbx(tmp_path / "a.fbx").places / 100
    assert np.abs(found - exact_vertices(clip, bare)[0]).max() < 1e-4 * MILLIMETRE


def test_other_versions_are_not_written(tmp_path: Path) -> None:
    with (tmp_path / "a.fbx").open("wb") as file, pytest.raises(InputError, match="7300 is not written"):
        write_document(file, 7300, [])


def test_files_beyond_4_gb_need_7_5(tmp_path: Path) -> None:
    """The file begins behind 4 GB of nothing, which take no room on the disk."""
    with (tmp_path / "far.fbx").open("wb") as file:
        file.seek(1 << 32)
        with pytest.raises(InputError, match=r"4 GB.*write version 7500"):
            write_document(file, 7400, [node("A", 1)])
        file.seek(1 << 32)
        write_document(file, 7500, [node("A", 1)])


# --- angles -----------------------------------------------------------------------------------------

ANGLES = st.floats(-720, 720)


@given(st.lists(st.tuples(ANGLES, ANGLES, ANGLES), min_size=1, max_size=20))
def test_angles_give_the_rotations_back(triples: list[tuple[float, float, float]]) -> None:
    matrices = Rotation.from_euler("xyz", triples, degrees=True).as_matrix()
    np.testing.assert_allclose(matrices_from_euler(euler_angles(matrices)), matrices, atol=1e-7)


@pytest.mark.parametrize("axis", range(3))
def test_a_full_turn_has_no_jumps(axis: int) -> None:
    angles = np.tile([3.0, 5.0, -4.0], (400, 1))
    angles[:, axis] = np.linspace(-350, 350, 400)
    found = euler_angles(matrices_from_euler(angles))
    assert np.abs(np.diff(found, axis=0)).max() < 2
    np.testing.assert_allclose(matrices_from_euler(found), matrices_from_euler(angles), atol=1e-9)


def test_looking_straight_up_has_one_answer() -> None:
    matrices = matrices_from_euler(np.array([[20.0, 90.0, 0.0], [20.0, -90.0, 0.0]]))
    np.testing.assert_allclose(matrices_from_euler(euler_angles(matrices)), matrices, atol=1e-9)
