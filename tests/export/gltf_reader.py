"""A glTF player in NumPy on top of pygltflib, written from the specification; nothing in it is ours."""

import struct
from pathlib import Path

import numpy as np
import pygltflib

TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Player:
    """Loads a file and poses it at any time."""

    def __init__(self, path: Path) -> None:
        self.file = pygltflib.GLTF2().load(str(path))
        self.file.convert_buffers(pygltflib.BufferFormat.BINARYBLOB)
        self.blob = self.file.binary_blob()

    def _raw(self, view: int, offset: int, kind: int, count: int, width: int) -> np.ndarray:
        entry = self.file.bufferViews[view]
        start = (entry.byteOffset or 0) + (offset or 0)
        size = count * width * np.dtype(TYPES[kind]).itemsize
        return np.frombuffer(self.blob[start : start + size], TYPES[kind]).reshape(count, width)

    def array(self, index: int) -> np.ndarray:
        entry = self.file.accessors[index]
        width = WIDTHS[entry.type]
        if entry.bufferView is None:
            values = np.zeros((entry.count, width), TYPES[entry.componentType])
        else:
            values = self._raw(entry.bufferView, entry.byteOffset, entry.componentType, entry.count, width)
        if entry.sparse:
            part, values = entry.sparse, values.copy()
            rows = self._raw(part.indices.bufferView, 0, part.indices.componentType, part.count, 1)[:, 0]
            values[rows] = self._raw(part.values.bufferView, 0, entry.componentType, part.count, width)
        return values

    def curves(self, time: float) -> dict[tuple[int, str], np.ndarray]:
        """Every channel at `time`, which must be one of its keys."""
        found = {}
        for animation in self.file.animations:
            for channel in animation.channels:
                sampler = animation.samplers[channel.sampler]
                keys = self.array(sampler.input)[:, 0]
                at = int(np.abs(keys - time).argmin())
                assert abs(keys[at] - time) < 1e-4
                values = self.array(sampler.output)
                found[channel.target.node, channel.target.path] = values.reshape(len(keys), -1)[at]
        return found

    def vertices(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Posed vertices of all primitives, and their triangles."""
        curves = self.curves(time)
        world = self._worlds(curves)
        mesh_node = next(k for k, node in enumerate(self.file.nodes) if node.mesh is not None)
        skin = self.file.skins[self.file.nodes[mesh_node].skin]
        inverse = self.array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
        matrices = np.stack([world[joint] for joint in skin.joints]) @ inverse.astype(np.float64)
        points, faces, start = [], [], 0
        for primitive in self.file.meshes[0].primitives:
            rest = self.array(primitive.attributes.POSITION).astype(np.float64)
            weights = curves.get((mesh_node, "weights"), np.zeros(len(primitive.targets)))
            for weight, target in zip(weights, primitive.targets, strict=True):
                rest = rest + float(weight) * self.array(target["POSITION"])
            posed = np.zeros_like(rest)
            for group in range(2):
                joints = getattr(primitive.attributes, f"JOINTS_{group}", None)
                if joints is None:
                    continue
                shares = self.array(getattr(primitive.attributes, f"WEIGHTS_{group}"))
                for slot, joint in enumerate(self.array(joints).T):
                    chosen = matrices[joint]
                    moved = np.einsum("vij,vj->vi", chosen[:, :3, :3], rest) + chosen[:, :3, 3]
                    posed += shares[:, slot, None] * moved
            points.append(posed)
            faces.append(self.array(primitive.indices).reshape(-1, 3).astype(np.int64) + start)
            start += len(rest)
        return np.concatenate(points), np.concatenate(faces)

    def _worlds(self, curves: dict[tuple[int, str], np.ndarray]) -> dict[int, np.ndarray]:
        world: dict[int, np.ndarray] = {}

        def visit(index: int, above: np.ndarray) -> None:
            node = self.file.nodes[index]
            local = np.eye(4)
            x, y, z, w = curves.get((index, "rotation"), node.rotation or (0, 0, 0, 1))
            local[:3, :3] = [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
            local[:3, 3] = curves.get((index, "translation"), node.translation or (0, 0, 0))
            world[index] = above @ local
            for child in node.children or []:
                visit(child, world[index])

        for root in self.file.scenes[self.file.scene].nodes:
            visit(root, np.eye(4))
        return world


def chunks(path: Path) -> list[tuple[bytes, bytes]]:
    """(kind, content) of a .glb, with the lengths in its headers checked."""
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    found, at = [], 12
    while at < len(data):
        size, kind = struct.unpack_from("<I4s", data, at)
        assert size % 4 == 0 and at + 8 + size <= len(data)
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    return found
