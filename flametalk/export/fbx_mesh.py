"""The mesh of an FBX file: geometry with its layers, and morph targets."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int32

from .fbx_binary import I32, Node, Packed, node
from .fbx_document import Objects, p, p_int, properties
from .fbx_materials import add_materials
from .materials import Appearance
from .scene import Scene

NOTHING = 1e-7  # metres: what a target moves less is not written


def add_mesh(
    objects: Objects, scene: Scene, vertices: Float64[np.ndarray, "v 3"], look: Appearance
) -> tuple[int, int]:
    """Geometry and the model that shows it, with materials; gives both numbers."""
    polygons = scene.polygons
    layers = [_normals(vertices, scene.faces), _smoothing()]
    if scene.uv is not None and scene.uv_polygons is not None:
        layers.append(_uv(scene.uv, scene.uv_polygons))
    owners = np.zeros(len(polygons), np.int32)
    owners[scene.polygon_of_face] = look.of_faces
    layers.append(_materials(owners))
    geometry = objects.add(
        "Geometry",
        "head",
        "Geometry",
        "Mesh",
        properties(),
        node("GeometryVersion", I32(124)),
        node("Vertices", vertices.ravel()),
        node("PolygonVertexIndex", corners_of(polygons, closed=True)),
        *layers,
        Node("Layer", (I32(0),), (node("Version", I32(100)), *(_element(layer.name) for layer in layers))),
    )
    model = add_model(objects, "head_mesh", "Mesh", np.zeros(3))
    objects.link(model, 0)
    objects.link(geometry, model)
    add_materials(objects, model, look)
    return geometry, model


def add_model(objects: Objects, name: str, kind: str, place: Float64[np.ndarray, "3"]) -> int:
    """A node of the scene at rest."""
    return objects.add(
        "Model",
        name,
        "Model",
        kind,
        node("Version", I32(232)),
        properties(
            p_int("DefaultAttributeIndex", 0),
            p("InheritType", "enum", "", "", I32(1)),
            p("Lcl Translation", "Lcl Translation", "", "A", *place.tolist()),
            p("Lcl Rotation", "Lcl Rotation", "", "A", 0.0, 0.0, 0.0),
            p("Lcl Scaling", "Lcl Scaling", "", "A", 1.0, 1.0, 1.0),
        ),
        node("MultiTake", I32(0)),
        node("MultiLayer", I32(0)),
        node("Shading", True),
        node("Culling", "CullingOff"),
    )


def add_targets(
    objects: Objects,
    geometry: int,
    names: Sequence[str],
    offsets: Sequence[Float64[np.ndarray, "v 3"]],
    faces: Int32[np.ndarray, "f 3"],
    rest: Float64[np.ndarray, "v 3"],
    least: float,
) -> list[int]:
    """Blend shapes that hold only the vertices they move; gives the channels' numbers."""
    if not names:
        return []
    deformer = objects.add("Deformer", "targets", "Deformer", "BlendShape", node("Version", I32(100)))
    objects.link(deformer, geometry)
    channels = []
    normals = unit_normals(rest, faces)
    full = Packed(np.array([100.0]))
    for name, offset in zip(names, offsets, strict=True):
        moved = np.flatnonzero((np.abs(offset) > least).any(1))
        if not len(moved):  # some readers refuse an empty target
            moved = np.zeros(1, np.int64)
        turned = unit_normals(rest + offset, faces)[moved] - normals[moved]
        shape = objects.add(
            "Geometry",
            name,
            "Geometry",
            "Shape",
            properties(),
            node("Version", I32(100)),
            node("Indexes", moved.astype(np.int32)),
            node("Vertices", offset[moved].ravel()),
            node("Normals", turned.ravel()),
        )
        channel = objects.add(
            "Deformer",
            name,
            "SubDeformer",
            "BlendShapeChannel",
            node("Version", I32(100)),
            node("DeformPercent", 0.0),
            node("FullWeights", full),
        )
        objects.link(shape, channel)
        objects.link(channel, deformer)
        channels.append(channel)
    return channels


def corners_of(polygons: Int32[np.ndarray, "q 4"], closed: bool) -> Int32[np.ndarray, "n"]:
    """Corner after corner; with `closed` the last one of a polygon is −1 − index, as FBX marks it."""
    corners = polygons.copy()
    if closed:
        last = np.where(polygons[:, 3] < 0, 2, 3)
        rows = np.arange(len(polygons))
        corners[rows, last] = -1 - polygons[rows, last]
    return corners[np.stack([np.ones(len(polygons), bool)] * 3 + [polygons[:, 3] >= 0], 1)]


def unit_normals(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]
) -> Float64[np.ndarray, "v 3"]:
    from ..normals import vertex_normals

    scale = np.float32(1.0 / max(float(np.abs(vertices).max()), 1e-9))  # areas far from its smallest ones
    return vertex_normals((vertices * scale).astype(np.float32), faces).astype(np.float64)


def _layer(kind: str, name: str, version: int, mapping: str, reference: str, *data: Node) -> Node:
    return Node(
        kind,
        (I32(0),),
        (
            node("Version", I32(version)),
            node("Name", name),
            node("MappingInformationType", mapping),
            node("ReferenceInformationType", reference),
            *data,
        ),
    )


def _normals(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> Node:
    values = unit_normals(vertices, faces).ravel()
    return _layer("LayerElementNormal", "", 101, "ByVertice", "Direct", node("Normals", values))


def _smoothing() -> Node:
    return _layer(
        "LayerElementSmoothing", "", 102, "AllSame", "Direct", node("Smoothing", np.ones(1, np.int32))
    )


def _uv(uv: np.ndarray, polygons: Int32[np.ndarray, "q 4"]) -> Node:
    return _layer(
        "LayerElementUV",
        "UVMap",
        101,
        "ByPolygonVertex",
        "IndexToDirect",
        node("UV", uv.astype(np.float64).ravel()),
        node("UVIndex", corners_of(polygons, closed=False)),
    )


def _materials(owners: Int32[np.ndarray, "q"]) -> Node:
    return _layer("LayerElementMaterial", "", 101, "ByPolygon", "IndexToDirect", node("Materials", owners))


def _element(kind: str) -> Node:
    return Node("LayerElement", (), (node("Type", kind), node("TypedIndex", I32(0))))
