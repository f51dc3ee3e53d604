"""What is in a binary FBX file: axes and units, meshes with their blend shapes, bones, animation."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .fbx_nodes import Array, FbxFile, FbxNode, Value

OLDEST: Final = 7000  # before it, objects have no numbers and connections use names
SECOND: Final = 46_186_158_000  # FBX's ticks
CUSTOM_RATE: Final = 14
RATES: Final = {
    1: 120.0, 2: 100.0, 3: 60.0, 4: 50.0, 5: 48.0, 6: 30.0, 7: 30.0, 8: 30 / 1.001, 9: 30 / 1.001, 10: 25.0,
    11: 24.0, 12: 1000.0, 13: 24 / 1.001, 15: 96.0, 16: 72.0, 17: 60 / 1.001, 18: 120 / 1.001,
}  # fmt: skip
UNITS: Final = {0.1: "1 mm", 1.0: "1 cm", 2.54: "1 inch", 30.48: "1 foot", 100.0: "1 m"}
BONES: Final = ("LimbNode", "Limb")
SHOWN: Final = 12  # bones by name, and meshes and takes a line each
LONGEST: Final = 60  # letters of a name


@dataclass
class Mesh:
    name: str
    vertices: int
    polygons: int | None  # None: not counted


@dataclass
class Contents:
    """Objects by their numbers, as far as they are told of."""

    creator: str = ""
    settings: dict[str, Value] = field(default_factory=dict)
    meshes: dict[int, Mesh] = field(default_factory=dict)
    models: dict[int, tuple[str, str]] = field(default_factory=dict)  # name and kind
    deformers: dict[int, str] = field(default_factory=dict)  # kind
    stacks: list[tuple[str, dict[str, Value]]] = field(default_factory=list)
    curves: int = 0
    keys: int = 0  # of the longest curve
    parents: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def above(self, number: int, wanted: Iterable[int]) -> list[int]:
        return [parent for parent in self.parents.get(number, ()) if parent in wanted]


def fbx(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        found = FbxFile(file, path)
        if found.version < OLDEST:
            yield f"version     {found.version / 1000:.1f}, binary; content is told of 7.0 and newer"
            return
        contents = _read(found)
    yield f"version     {found.version / 1000:.1f}, binary"
    yield f"written by  {_plain(contents.creator) or 'not named'}"
    yield f"axes        {_axes(contents.settings)}"
    yield from _meshes(contents)
    bones = [name for name, kind in contents.models.values() if kind in BONES]
    more = f" … and {len(bones) - SHOWN} more" if len(bones) > SHOWN else ""
    yield f"bones       {len(bones)}" + (f": {', '.join(bones[:SHOWN])}{more}" if bones else "")
    yield from _animation(contents)


def _read(file: FbxFile) -> Contents:
    contents = Contents()
    for node in file.top():
        if node.name == "Creator":
            contents.creator = _text(file.values(node, 1))
        elif node.name == "GlobalSettings":
            contents.settings = _properties(file, node)
        elif node.name == "Objects":
            for each in file.children(node):
                _take(file, each, contents)
        elif node.name == "Connections":
            for each in file.children(node):
                match file.values(each, 3):
                    case ["OO", int(child), int(parent)]:
                        contents.parents[child].append(parent)
    return contents


def _take(file: FbxFile, node: FbxNode, contents: Contents) -> None:
    """One object: its number, "name, separator, class", and its kind."""
    if node.name == "AnimationCurve":
        contents.curves += 1
        contents.keys = max(contents.keys, _array(file, node, "KeyTime").count)
        return
    if node.name not in ("Geometry", "Model", "Deformer", "AnimationStack"):
        return
    match file.values(node, 3):
        case [int(number), str(full), str(kind)]:
            name = _plain(full.split("\0", 1)[0])
        case _:
            return
    if node.name == "Geometry" and kind == "Mesh":
        places, corners = _array(file, node, "Vertices"), _array(file, node, "PolygonVertexIndex")
        polygons = file.count_negative(corners) if corners.count else 0
        contents.meshes[number] = Mesh(name, places.count // 3, polygons)
    elif node.name == "Model":
        contents.models[number] = (name, kind)
    elif node.name == "Deformer":
        contents.deformers[number] = kind
    elif node.name == "AnimationStack":
        contents.stacks.append((name, _properties(file, node)))


def _array(file: FbxFile, node: FbxNode, name: str) -> Array:
    for child in file.children(node):
        if child.name == name:
            match file.values(child, 1):
                case [Array() as array]:
                    return array
    return Array("i", 0, False, 0, 0)


def _properties(file: FbxFile, node: FbxNode) -> dict[str, Value]:
    """The first value of every row of its table."""
    table: dict[str, Value] = {}
    for child in file.children(node):
        if child.name != "Properties70":
            continue
        for row in file.children(child):
            match file.values(row, 5):
                case [str(name), _, _, _, value]:
                    table[name] = value
    return table


def _axes(settings: dict[str, Value]) -> str:
    def axis(name: str) -> str:
        number, sign = settings.get(f"{name}Axis"), settings.get(f"{name}AxisSign", 1)
        return (
            f"{'-' if sign == -1 else '+'}{'xyz'[number]}"
            if isinstance(number, int) and 0 <= number < 3
            else "?"
        )

    unit = settings.get("UnitScaleFactor")
    length = UNITS.get(unit, f"{unit:g} cm") if isinstance(unit, float) else "not named"
    return f"{axis('Up')} up, {axis('Front')} front; a unit is {length}"


def _meshes(contents: Contents) -> Iterator[str]:
    shapes = _driven(contents, "BlendShapeChannel", "BlendShape")
    joints = _driven(contents, "Cluster", "Skin")
    cached = Counter(
        mesh
        for number, kind in contents.deformers.items()
        if kind == "VertexCacheDeformer"
        for mesh in contents.above(number, contents.meshes)
    )
    yield f"meshes      {len(contents.meshes)}"
    for number, mesh in list(contents.meshes.items())[:SHOWN]:
        models = [contents.models[model][0] for model in contents.above(number, contents.models)]
        polygons = "not counted" if mesh.polygons is None else f"{mesh.polygons:,}"
        parts = [f"{mesh.vertices:,} vertices", f"{polygons} polygons", f"{shapes[number]} blend shapes"]
        parts += [f"skinned to {joints[number]} bones"] * (joints[number] > 0)
        parts += ["played from a point cache"] * (cached[number] > 0)
        yield f"  {next(iter(models), '') or mesh.name or 'unnamed'}: {', '.join(parts)}"
    if len(contents.meshes) > SHOWN:
        yield f"  … and {len(contents.meshes) - SHOWN} more"


def _driven(contents: Contents, part: str, whole: str) -> Counter[int]:
    """How many parts, each of a deformer of the kind `whole`, move each mesh."""
    counts: Counter[int] = Counter()
    wholes = {number for number, kind in contents.deformers.items() if kind == whole}
    for number, kind in contents.deformers.items():
        if kind == part:
            counts.update(
                {
                    mesh
                    for owner in contents.above(number, wholes)
                    for mesh in contents.above(owner, contents.meshes)
                }
            )
    return counts


def _animation(contents: Contents) -> Iterator[str]:
    mode = contents.settings.get("TimeMode")
    custom = contents.settings.get("CustomFrameRate")
    rate = custom if mode == CUSTOM_RATE else RATES.get(mode) if isinstance(mode, int) else None
    if not (isinstance(rate, float) and 0 < rate <= 1000):
        rate = None
    keys = f" of up to {contents.keys:,} keys" if contents.curves else ""
    yield f"animation   {contents.curves:,} curves{keys}"
    for name, table in contents.stacks[:SHOWN]:
        start, stop = table.get("LocalStart", 0), table.get("LocalStop", 0)
        if not (isinstance(start, int) and isinstance(stop, int) and start <= stop):
            yield f"  {name or 'unnamed'}: its times cannot be read"
            continue
        seconds = (stop - start) / SECOND  # from the first frame to the last
        if rate is None:
            yield f"  {name or 'unnamed'}: {seconds:.2f} s, frames a second not named"
        else:
            frames = round(seconds * rate) + 1
            yield f"  {name or 'unnamed'}: {frames:,} frames, {frames / rate:.2f} s at {round(rate, 3):g} fps"
    if len(contents.stacks) > SHOWN:
        yield f"  … and {len(contents.stacks) - SHOWN} more"


def _text(values: list[Value]) -> str:
    return next((value for value in values if isinstance(value, str)), "")


def _plain(text: str) -> str:
    """A name from a file, fit for a terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST])
    return f"{shown}…" if len(text) > LONGEST else shown
