"""The built-in head: a fresh build of `scripts/build_head` is the shipped file and keeps its promises."""

from pathlib import Path

import numpy as np
import pytest
import torch

from flametalk.conventions import MILLIMETRES
from flametalk.errors import FileError
from flametalk.head import Head
from flametalk.head.detail import LEVELS, NONE, load_detail
from flametalk.head.storage import BASES
from scripts.build_head import assemble
from scripts.build_head.assemble import build_head, write_head
from scripts.build_head.check import figures, sizes
from scripts.build_head.detail.drive import by_expression, by_shape
from scripts.build_head.detail.parts import components
from scripts.build_head.detail.storage import draw_components
from scripts.build_head.template import Template, build_template

HALF = 2.0**-10  # a step of half precision, relative


@pytest.fixture(scope="module")
def template() -> Template:
    return build_template()


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


def test_a_fresh_detail_is_the_shipped_one(template: Template) -> None:
    """Some components of the smaller texture; all of them in the slow test."""
    every = components()
    parts = [part for part in every if part.texels == 512][::5]
    assert len(parts) >= 3
    compare_detail(*draw_components(template, parts))
    shipped = load_detail("builtin-1")
    assert shipped.names == tuple(part.name for part in every)
    assert shipped.by_expression == by_expression() and shipped.by_shape == by_shape(shipped.names)


@pytest.mark.slow
def test_all_of_a_fresh_detail_is_the_shipped_one(template: Template) -> None:
    tiles, notes = draw_components(template, components())
    assert len(tiles) == 128
    compare_detail(tiles, notes)
