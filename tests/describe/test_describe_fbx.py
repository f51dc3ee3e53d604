"""`flametalk info x.fbx`: what is told is what was put in, and no damaged file does more than be refused."""

import struct
import tracemalloc
import zlib
from pathlib import Path
from tempfile import TemporaryFile
from time import process_time

import numpy as np
import pytest

from flametalk.clip import Clip
from flametalk.describe import describe, fbx_nodes
from flametalk.errors import FormatError
from flametalk.export import export
from flametalk.export.fbx_binary import I32, MAGIC, VERSIONS, Node, class_name, group, node, write_document
from flametalk.head import Head

pytestmark = pytest.mark.core

SECOND = 46_186_158_000
CORNERS = np.array([0, 1, -3, 0, 2, 3, -5, 1, 2, -1], np.int32)  # three polygons


def row(name: str, value: int | float | I32) -> Node:
    return node("P", name, "", "", "", value)


def made(number: int, kind: str, name: str, subclass: str, *children: Node) -> Node:
    return Node(kind, (number, class_name(name, kind), subclass), children, block=True)


def mesh(number: int, vertices: int, corners: np.ndarray = CORNERS) -> Node:
    parts = node("Vertices", np.zeros(3 * vertices)), node("PolygonVertexIndex", corners)
    return made(number, "Geometry", "geometry", "Mesh", *parts)


def scene() -> list[Node]:
    """Two meshes; the first with three blend shapes, a skin of two bones and a curve; two takes."""
    objects = [mesh(1, 900), mesh(2, 7), made(3, "Model", "face", "Mesh"), made(4, "Geometry", "a", "Shape")]
    objects += [made(10, "Deformer", "", "BlendShape"), made(11, "Deformer", "", "Skin")]
    objects += [made(20 + k, "Deformer", "", "BlendShapeChannel") for k in range(3)]
    objects += [made(30 + k, "Deformer", "", "Cluster") for k in range(2)]
    objects += [made(40 + k, "Model", f"bone {k}\x1b[31m\n", "LimbNode") for k in range(14)]
    objects += [made(60, "AnimationCurve", "", "", node("KeyTime", np.arange(250)))]
    for number, stop in ((70, 249), (71, 24)):
        table = group("Properties70", row("LocalStart", 0), row("LocalStop", stop * SECOND // 25))
        objects.append(made(number, "AnimationStack", f"take {number}", "", table))
    pairs = [(1, 3), (10, 1), (11, 1), (20, 10), (21, 10), (22, 10), (30, 11), (31, 11), (40, 30), (7, 8)]
    table = group("Properties70", row("UpAxis", I32(1)), row("UpAxisSign", I32(1)), row("TimeMode", I32(10)))
    table = group("Properties70", *table.children, row("FrontAxis", I32(2)), row("UnitScaleFactor", 1.0))
    return [
        node("Creator", "someone's program"),
        group("GlobalSettings", table),
        group("Objects", *objects),
        group("Connections", *(node("C", "OO", child, parent) for child, parent in pairs)),
    ]


def written(nodes: list[Node], version: int = 7400) -> bytes:
    with TemporaryFile() as file:
        write_document(file, version, nodes)
        file.seek(0)
        return file.read()


def told(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return [line.strip() for line in describe(path)[1:]]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_put_in_is_told(version: int, tmp_path: Path) -> None:
    bones = ", ".join(f"bone {k}?[31m?" for k in range(12))
    assert told(tmp_path / "a.fbx", written(scene(), version)) == [
        f"version     {version / 1000:.1f}, binary",
        "written by  someone's program",
        "axes        +y up, +z front; a unit is 1 cm",
        "meshes      2",
        "face: 900 vertices, 3 polygons, 3 blend shapes, skinned to 2 bones",
        "geometry: 7 vertices, 3 polygons, 0 blend shapes",
        f"bones       14: {bones} … and 2 more",
        "animation   1 curves of up to 250 keys",
        "take 70: 250 frames, 10.00 s at 25 fps",
        "take 71: 25 frames, 1.00 s at 25 fps",
    ]


@pytest.mark.parametrize(
    ("rows", "axes", "take"),
    [
        ((), "? up, ? front; a unit is not named", "1.00 s, frames a second not named"),
        ((row("TimeMode", I32(14)), row("CustomFrameRate", 12.5)), None, "13 frames, 1.04 s at 12.5 fps"),
        ((row("TimeMode", I32(14)), row("CustomFrameRate", float("nan"))), None, "not named"),
        ((row("TimeMode", I32(9)),), None, "31 frames, 1.03 s at 29.97 fps"),
        ((row("UnitScaleFactor", 100.0), row("UpAxis", I32(2))), "+z up, ? front; a unit is 1 m", None),
        ((row("UnitScaleFactor", 7.5), row("UpAxisSign", I32(-1)), row("UpAxis", I32(0))), "-x up, ", None),
        ((row("UnitScaleFactor", 7.5),), "a unit is 7.5 cm", None),
        ((row("UpAxis", I32(3)), row("UnitScaleFactor", 2**40)), "? up, ? front; a unit is not named", None),
    ],
)
def test_settings(rows: tuple[Node, ...], axes: str | None, take: str | None, tmp_path: Path) -> None:
    stack = made(1, "AnimationStack", "x", "", group("Properties70", row("LocalStop", SECOND)))
    settings = group("GlobalSettings", group("Properties70", *rows))
    text = "\n".join(told(tmp_path / "a.fbx", written([settings, group("Objects", stack)])))
    assert (axes or "axes") in text and (take or "x: ") in text


@pytest.mark.parametrize("preset", ["blender", "unity", "unreal"])
def test_our_exports(preset: str, tmp_path: Path) -> None:
    head = Head.load()
    still, moving = Clip.neutral(40, made_for=head.name), np.zeros((40, 50))
    moving[:, 3] = np.linspace(0, 1, 40)
    export(still.replace(expression=moving), tmp_path / "a.fbx", head, preset=preset, texture_size=64)
    text = "\n".join(describe(tmp_path / "a.fbx"))
    up, unit = {"blender": ("+z", "1 m"), "unity": ("+y", "1 cm"), "unreal": ("+z", "1 cm")}[preset]
    for part in (f"{up} up", f"a unit is {unit}", f"{head.n_vertices:,} vertices", "skinned to 5 bones"):
        assert part in text
    assert head.quads is not None
    assert f"{len(head.quads):,} polygons, {head.n_expression} blend shapes" in text
    assert "5: root, neck, jaw, left_eye, right_eye" in text
    assert "40 frames, 1.60 s at 25 fps" in text and "1 curves of up to 40 keys" in text
    export(still, tmp_path / "b.fbx", head, preset=preset, texture_size=64, point_cache=True)
    text = "\n".join(describe(tmp_path / "b.fbx"))
    assert "played from a point cache" in text and "bones       0" in text and "0 curves\n" in text


def test_old_files_say_so(tmp_path: Path) -> None:
    lines = told(tmp_path / "a.fbx", MAGIC + struct.pack("<I", 6100) + bytes(200))
    assert lines == ["version     6.1, binary; content is told of 7.0 and newer"]


# --- hostile files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_cut_anywhere(version: int, tmp_path: Path) -> None:
    whole = written(scene(), version)
    record = 13 if version < 7500 else 25
    footer = len(whole) - whole.rindex(bytes.fromhex("fabcab09"))
    lines = told(tmp_path / "a.fbx", whole)
    for end in [*range(1, len(whole) - footer, 61), len(whole) - footer - record, len(whole) - footer - 1]:
        with pytest.raises(FormatError):
            told(tmp_path / "a.fbx", whole[:end])
    # nothing is read behind the content
    assert told(tmp_path / "a.fbx", whole[: len(whole) - footer]) == lines


@pytest.mark.parametrize("version", VERSIONS)
def test_any_byte_may_be_wrong(version: int, tmp_path: Path) -> None:
    """Lines or a FormatError, whatever one to four bytes become; and soon."""
    chance = np.random.default_rng(version)
    whole = written(scene(), version)
    start, refused = process_time(), 0
    for _ in range(400):
        data = bytearray(whole)
        for place in chance.integers(23, len(whole) - 160, chance.integers(1, 5)):
            data[place] = chance.choice([0, 255, 127, 128, chance.integers(256)])
        try:
            lines = told(tmp_path / "a.fbx", bytes(data))
        except FormatError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert all(line.isprintable() for line in lines)
    assert 30 < refused < 400
    assert process_time() - start < 30


def record(end: int, properties: int, length: int, name: bytes, version: int = 7400) -> bytes:
    return struct.pack("<IIIB" if version < 7500 else "<QQQB", end, properties, length, len(name)) + name


def array(kind: bytes, count: int, encoding: int, stored: bytes) -> bytes:
    return kind + struct.pack("<III", count, encoding, len(stored)) + stored


def geometry(corners: bytes) -> bytes:
    """A file with one mesh whose corners are these bytes."""
    number = b"L" + struct.pack("<q", 1)
    number += b"".join(b"S" + struct.pack("<I", len(text)) + text for text in (b"m", b"Mesh"))
    inner_at = len(MAGIC) + 4 + 13 + 7 + 13 + 8 + len(number)
    inner = record(inner_at + 13 + 18 + len(corners), 1, len(corners), b"PolygonVertexIndex") + corners
    end = inner_at + len(inner) + 13
    body = record(end + 13, 0, 0, b"Objects") + record(end, 3, len(number), b"Geometry") + number
    return MAGIC + struct.pack("<I", 7400) + body + inner + bytes(13) * 3


def test_arrays_that_lie(tmp_path: Path) -> None:
    path, raw = tmp_path / "a.fbx", CORNERS.tobytes()
    for good in (array(b"i", 10, 0, raw), array(b"i", 10, 1, zlib.compress(raw))):
        assert "m: 0 vertices, 3 polygons, 0 blend shapes" in told(path, geometry(good))
    for corners, problem in (
        (array(b"i", 11, 0, raw), "does not fit"),
        (array(b"i", 2**32 - 1, 0, raw), "does not fit"),
        (array(b"i", 11, 1, zlib.compress(raw)), "40 bytes where 44 were expected"),
        (array(b"i", 9, 1, zlib.compress(raw)), "where 36 were expected"),
        (array(b"i", 10, 1, raw), "damaged array"),
        (array(b"i", 10, 1, zlib.compress(raw)[:-8]), "where 40 were expected"),
        (array(b"i", 10, 2, raw), "does not fit"),
        (array(b"d", 5, 0, raw), "type 'd'"),
        (b"i" + struct.pack("<III", 10, 0, 2**31) + raw, "does not fit"),
        (b"i\x01", "cut off"),
        (b"q12345678", "unknown type 'q'"),
    ):
        with pytest.raises(FormatError, match=problem):
            told(path, geometry(corners))


def test_arrays_that_unpack_to_too_much(tmp_path: Path) -> None:
    """A bomb is unpacked as far as it was announced, a piece at a time, and not at all beyond a limit."""
    path = tmp_path / "a.fbx"
    bomb = zlib.compress(bytes(300 * 2**20), 9)
    lies, huge = array(b"i", 10, 1, bomb), array(b"i", 2**31, 1, bomb)
    path.write_bytes(geometry(lies))
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="where 40 were expected"):
            describe(path)
        assert "m: 0 vertices, not counted polygons, 0 blend shapes" in told(path, geometry(huge))
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()


def test_the_limit_holds_for_all_arrays_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fbx_nodes, "MAX_UNPACKED", 3 * CORNERS.nbytes)
    objects = group("Objects", *(mesh(number, 1) for number in range(5)))
    lines = told(tmp_path / "a.fbx", written([objects]))
    assert sum("3 polygons" in line for line in lines) == 3
    assert sum("not counted" in line for line in lines) == 2


@pytest.mark.parametrize(
    ("node_bytes", "problem"),
    [
        (record(2**32 - 1, 0, 0, b"Objects"), "does not fit"),
        (record(28, 0, 0, b"Objects"), "does not fit"),  # ends before it begins: a walk in circles
        (record(27, 0, 0, b"Objects"), "does not fit"),
        (record(60, 0, 2**31, b"Objects"), "does not fit"),
        (record(60, 2**31, 4, b"Objects") + bytes(40), "does not fit"),
        (record(60, 0, 0, b"x" * 255), "does not fit"),
        (record(100, 0, 0, b"Objects") + record(120, 0, 0, b"Model") + bytes(100), "does not fit"),
        (record(51, 0, 0, b"Objects") + bytes(4) + bytes(100), "cut off"),
    ],
)
def test_nodes_that_lie(node_bytes: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=f"damaged at byte .*{problem}"):
        told(tmp_path / "a.fbx", MAGIC + struct.pack("<I", 7400) + node_bytes)


def test_offsets_of_64_bits(tmp_path: Path) -> None:
    for end in (2**63, 2**64 - 1, 2**40):
        data = MAGIC + struct.pack("<I", 7500) + record(end, 0, 0, b"Objects", 7500) + bytes(99)
        with pytest.raises(FormatError, match="does not fit"):
            told(tmp_path / "a.fbx", data)


def test_deep_nesting_costs_nothing(tmp_path: Path) -> None:
    """20,000 nodes, each in the other, in places where we look and where we do not."""
    depth, size, start = 20_000, 14, len(MAGIC) + 4
    for outer in (b"Objects", b"GlobalSettings", b"Other"):
        first = start + 13 + len(outer)
        total = first + depth * size + (depth + 1) * 13
        data = MAGIC + struct.pack("<I", 7400) + record(total, 0, 0, outer)
        data += b"".join(record(total - 13 * (k + 1), 0, 0, b"M") for k in range(depth))
        begun = process_time()
        assert "meshes      0" in told(tmp_path / "a.fbx", data + bytes(13) * (depth + 2))
        assert process_time() - begun < 5


def test_more_nodes_than_anyone_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = written([group("Connections", *(node("C", "OO", 1, 2) for _ in range(500)))])
    assert told(tmp_path / "a.fbx", data)
    monkeypatch.setattr(fbx_nodes, "MAX_NODES", 400)
    with pytest.raises(FormatError, match="more than the 400 nodes"):
        told(tmp_path / "a.fbx", data)


def test_objects_in_a_circle_and_twice(tmp_path: Path) -> None:
    """Connections that lead back, to themselves, or to nothing; numbers that are given twice."""
    objects = [mesh(1, 3), mesh(1, 5), made(1, "Deformer", "", "BlendShape"), made(2, "Deformer", "", "Skin")]
    objects += [made(3, "Deformer", "", "BlendShapeChannel")]
    pairs = [(a, b) for a in range(5) for b in range(5)]
    links = group("Connections", *(node("C", "OO", a, b) for a, b in pairs), node("C", "OO", "x"), node("C"))
    lines = told(tmp_path / "a.fbx", written([group("Objects", *objects), links]))
    assert "geometry: 5 vertices, 3 polygons, 1 blend shapes" in lines
