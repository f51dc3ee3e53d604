"""The built-in head: a fresh build of `scripts/build_head` is the shipped file and keeps its promises."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import maximum_filter

from flametalk.conventions import MILLIMETRES
from flametalk.errors import FileError
from flametalk.head import Head
from flametalk.head.detail import LEVELS, NONE, load_detail
from flametalk.head.storage import BASES
from scripts.build_head import assemble
from scripts.build_head.assemble import build_head, write_head
from scripts.build_head.check import figures, sizes
from scripts.build_head.detail.drive import by_expression, by_shape
from scripts.build_head.detail.parts import Component, components
from scripts.build_head.detail.storage import draw_components
from scripts.build_head.template import Template, build_template
from scripts.build_head.upper.closed import domed
from scripts.build_head.upper.eye import MARGIN, left_eye
from scripts.build_head.upper.lids import blink
from scripts.build_head.upper.skin import make_skin

HALF = 2.0**-10  # a step of half precision, relative
CELL, NTH = 5.0, 8  # millimetres; a probe looks at every so many texels of a row: 1.5 to 3 mm


@pytest.fixture(scope="module")
def template() -> Template:
    return build_template()


@pytest.fixture(scope="module")
def every() -> list[Component]:
    """The detail's components; their curves take seconds to lay on the skin."""
    return components()


@pytest.fixture(scope="module")
def shipped() -> Head:
    return Head.load()


def test_a_fresh_build_is_the_shipped_file(template: Template, shipped: Head) -> None:
    built = build_head(template)
    for name in ("name", "material_names", "expression_names", "shape_names", "info"):
        assert getattr(built, name) == getattr(shipped, name), name
    for name in ("faces", "quads", "uv_faces", "uv_quads", "materials", "mirror"):
        assert torch.equal(getattr(built, name), getattr(shipped, name)), name
    assert (built.template - shipped.template).abs().max() < 1e-5
    for name in BASES:
        ours, theirs = getattr(built, name), getattr(shipped, name)
        assert ((ours - theirs).abs() <= HALF * ours.abs() + 2e-6).all(), name
    for name, tolerance in (("uv", 1e-5), ("joint_regressor", 1e-4), ("skinning", 1e-4), ("occlusion", 0.02)):
        torch.testing.assert_close(getattr(built, name), getattr(shipped, name), rtol=0, atol=tolerance)
    assert built.regions.keys() == shipped.regions.keys()
    assert all(torch.equal(built.regions[name], shipped.regions[name]) for name in built.regions)
    assert built.actions.keys() == shipped.actions.keys()
    for name, action in built.actions.items():
        for part in ("expression", "jaw", "eyes"):
            torch.testing.assert_close(
                getattr(action, part), getattr(shipped.actions[name], part), rtol=0, atol=1e-3
            )
    assert built.landmarks.keys() == shipped.landmarks.keys()
    for name in ("ibug68", "mediapipe"):
        points = [head.landmark_points(head.template[None], name) for head in (built, shipped)]
        assert (points[0] - points[1]).abs().max() < 1e-4
        assert built.landmarks[name].ids == shipped.landmarks[name].ids


def test_a_build_that_breaks_off_leaves_the_file_that_is_there(
    shipped: Head, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Readers have the file mapped: it is replaced whole or not at all."""
    monkeypatch.setattr(assemble, "build_head", lambda template, say: shipped)
    path = tmp_path / "head.safetensors"
    write_head(path, say=lambda line: None)
    first, node = path.read_bytes(), path.stat().st_ino
    assert len(first) <= 10_000_000
    write_head(path, say=lambda line: None)
    assert path.read_bytes() == first and path.stat().st_ino != node

    def broken(file: Path) -> None:
        file.write_bytes(b"half")
        raise OSError("no room")

    monkeypatch.setattr(assemble, "sort_header", broken)
    with pytest.raises(FileError, match="writing failed"):
        write_head(path, say=lambda line: None)
    assert path.read_bytes() == first and list(tmp_path.iterdir()) == [path]


def test_the_template_is_sound(template: Template) -> None:
    found = figures(template)
    assert found["symmetry error, mm"] < 1e-9
    for name in (
        "vertices whose mirror's mirror is another",
        "edges of more than two faces",
        "edges run along twice",
        "texture corners outside 0…1",
        "texture overlap, %",
        "flipped texture triangles",
    ):
        assert found[name] == 0, name
    assert found["open edges"] == 372  # neck, lid tucks, roots of the teeth
    assert found["folded quads"] <= 10
    assert found["smallest face, mm2"] > 0.02


def test_the_template_is_of_human_size(template: Template) -> None:
    expected = {
        "length": 190, "breadth": 152, "face height": 118, "mouth": 51, "nose": 33, "bizygomatic": 138,
    }  # fmt: skip
    for name, value in sizes(template).items():
        assert abs(value - expected[name]) < 4, (name, value)


def test_closed_lids_are_one_dome(template: Template) -> None:
    """The upper one curves far less than the sweep alone leaves it; lashes and margins stay."""
    eye, skin = left_eye(template), make_skin(template)
    swept = blink(eye)
    closed = domed(eye, skin, swept)
    moved = np.flatnonzero(np.linalg.norm(closed - swept, axis=1) > 0)
    assert (
        not np.isin(eye.rings[MARGIN - 1 :], moved).any() and np.isin(eye.rings[1 : MARGIN - 1], moved).all()
    )
    upper = eye.upper[: MARGIN - 1, 4:-4]  # away from the canthi

    def curved(field: np.ndarray) -> float:
        stiffness, mass, normals = skin.operators(eye.points + field)
        across = ((stiffness @ (eye.points + field)) * normals).sum(1)[upper] / mass[upper]
        return float((across**2).sum())

    assert curved(closed) < 0.3 * curved(swept)


def compare_detail(tiles: dict[str, np.ndarray], notes: dict[str, dict]) -> None:
    """Drawn components against the shipped ones; a step of grey may round the other way."""
    shipped = load_detail("builtin-1")
    for name, tile in tiles.items():
        kept, note = shipped.tiles[shipped.names.index(name)], notes[name]
        assert (kept.size, [kept.left, kept.top], kept.heights.shape) == (
            note["size"], note["place"], tile.shape,
        ), name  # fmt: skip
        step = note["millimetres"] / LEVELS / MILLIMETRES
        assert np.abs((tile.astype(float) - NONE) * step - kept.heights).max() < 1.1 * step, name


def test_a_fresh_detail_is_the_shipped_one(template: Template, every: list[Component]) -> None:
    """Some components of the smaller texture; all of them in the slow test."""
    parts = [part for part in every if part.texels == 512][::5]
    assert len(parts) >= 3
    compare_detail(*draw_components(template, parts))
    shipped = load_detail("builtin-1")
    assert shipped.names == tuple(part.name for part in every)
    assert shipped.by_expression == by_expression() and shipped.by_shape == by_shape(shipped.names)


class Near:
    """Heights where there may be any: in cells of space in which a probe finds some, and next to those.

    A component is flat on 99 % of the skin, and nothing of one is narrower than the probe's steps.
    """

    def __init__(self) -> None:
        self.points = np.empty((0, 3))

    def __call__(self, part: Component) -> Component:
        return replace(part, height=lambda points: self.heights(part.height, points))

    def heights(self, height: Callable[[np.ndarray], np.ndarray], points: np.ndarray) -> np.ndarray:
        if points is not self.points:  # those of all components of a size
            self.points = points
            cells = np.floor(points / CELL).astype(np.int64)
            cells -= cells.min(0) - 1
            self.sides = cells.max(0) + 2
            self.cells = np.ravel_multi_index(cells.T, self.sides)
        probe = slice(None, None, NTH)
        full = np.zeros(self.sides)
        full.flat[self.cells[probe][height(points[probe]) != 0]] = 1
        near = maximum_filter(full, 3).ravel()[self.cells] > 0
        out = np.zeros(len(points))
        out[near] = height(points[near])
        return out


@pytest.mark.slow
def test_all_of_a_fresh_detail_is_the_shipped_one(template: Template, every: list[Component]) -> None:
    near = Near()
    tiles, notes = draw_components(template, [near(part) for part in every])
    assert len(tiles) == 128
    compare_detail(tiles, notes)


@pytest.mark.slow
def test_nothing_is_passed_over_where_only_near_places_are_looked_at(
    template: Template, every: list[Component]
) -> None:
    """One component of each kind, everywhere: the same tile."""
    kinds = ["forehead_2_left", "lip_line_upper_1_left", "nasolabial_3_left", "chin_dimples_left"]
    kinds += [
        "pores_nose",
        "dimple_left",
        "uneven_jaw_right",
        "fine_neck",
        "fine_under_eye_right",
        "tear_trough_right",
    ]
    parts = [part for part in every if part.name in kinds]
    assert len(parts) == len(kinds)
    near = Near()
    quick, whole = draw_components(template, [near(part) for part in parts]), draw_components(template, parts)
    assert quick[1] == whole[1]
    for name, tile in whole[0].items():
        assert np.array_equal(quick[0][name], tile), name
