"""Runs with Assimp's own Python binding, never with our packages: what does Assimp see in an FBX file?

    LD_LIBRARY_PATH=… python fbx_in_assimp.py FILE OUT.npz SECONDS…

Needs pyassimp, its library, and NumPy. Assimp reads a scene but plays nothing: targets, joints and skin are
put together here, from its structures alone. OUT gets the world's vertices at each time, in the file's units.
"""

import ctypes
import sys

import numpy as np
from pyassimp import structs
from pyassimp.core import _assimp_lib


class Bone(ctypes.Structure):
    """As Assimp 5.1 and later have it; the binding lacks two of the pointers."""

    _fields_ = (
        ("mName", structs.String),
        ("mNumWeights", ctypes.c_uint),
        ("mArmature", ctypes.c_void_p),
        ("mNode", ctypes.c_void_p),
        ("mWeights", ctypes.POINTER(structs.VertexWeight)),
        ("mOffsetMatrix", structs.Matrix4x4),
    )


def bones_of(mesh: structs.Mesh) -> list[Bone]:
    return [ctypes.cast(mesh.mBones[k], ctypes.POINTER(Bone)).contents for k in range(mesh.mNumBones)]


def main(path: str, out: str, *seconds: str) -> None:
    library = _assimp_lib.dll
    library.aiImportFile.restype = ctypes.POINTER(structs.Scene)
    library.aiGetErrorString.restype = ctypes.c_char_p
    found = library.aiImportFile(path.encode(), 0)
    if not found:
        sys.exit(library.aiGetErrorString().decode())
    scene = found.contents
    animation = scene.mAnimations[0].contents
    rate = animation.mTicksPerSecond or 25.0
    frames = [posed(scene, animation, float(second) * rate) for second in seconds]
    meshes = [scene.mMeshes[k].contents for k in range(scene.mNumMeshes)]
    np.savez(
        out,
        vertices=np.stack(frames),
        bones=sorted({text(bone.mName) for mesh in meshes for bone in bones_of(mesh)}),
        targets=max(m.mNumAnimMeshes for m in meshes),
        materials=scene.mNumMaterials,
        textures=scene.mNumTextures,
    )


def text(name: structs.String) -> str:
    return name.data[: name.length].decode() if isinstance(name.data, bytes) else str(name.data)


def matrix(m: structs.Matrix4x4) -> np.ndarray:
    return np.array([getattr(m, f"{row}{column}") for row in "abcd" for column in range(1, 5)]).reshape(4, 4)


def posed(scene: structs.Scene, animation: structs.Animation, ticks: float) -> np.ndarray:
    """All meshes in the world, one after the other."""
    channels = [animation.mChannels[k].contents for k in range(animation.mNumChannels)]
    moving = {text(channel.mNodeName): channel for channel in channels}
    morphs = [animation.mMorphMeshChannels[k].contents for k in range(animation.mNumMorphMeshChannels)]
    world: dict[str, np.ndarray] = {}
    shown: list[tuple[str, int]] = []

    def visit(node: structs.Node, parent: np.ndarray) -> None:
        name = text(node.mName)
        local = matrix(node.mTransformation)
        if name in moving:
            local = local_at(moving[name], ticks)
        world[name] = parent @ local
        shown.extend((name, node.mMeshes[k]) for k in range(node.mNumMeshes))
        for k in range(node.mNumChildren):
            visit(node.mChildren[k].contents, world[name])

    visit(scene.mRootNode.contents, np.eye(4))
    return np.concatenate(
        [skinned(scene.mMeshes[m].contents, world, name, weights_at(morphs, ticks)) for name, m in shown]
    )


def local_at(channel: structs.NodeAnim, ticks: float) -> np.ndarray:
    result = np.eye(4)
    keys = [channel.mRotationKeys[k] for k in range(channel.mNumRotationKeys)]
    turns = np.array([[k.mValue.x, k.mValue.y, k.mValue.z, k.mValue.w] for k in keys])
    signs = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(1) < 0, -1, 1))
    turns[1:] *= signs[:, None]
    x, y, z, w = between([k.mTime for k in keys], turns, ticks)
    x, y, z, w = np.array([x, y, z, w]) / np.linalg.norm([x, y, z, w])
    result[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    result[:3, :3] *= vector_at(channel.mScalingKeys, channel.mNumScalingKeys, ticks)
    result[:3, 3] = vector_at(channel.mPositionKeys, channel.mNumPositionKeys, ticks)
    return result


def vector_at(keys: "ctypes.Array", count: int, ticks: float) -> np.ndarray:
    values = np.array([[keys[k].mValue.x, keys[k].mValue.y, keys[k].mValue.z] for k in range(count)])
    return between([keys[k].mTime for k in range(count)], values, ticks)


def between(times: list[float], values: np.ndarray, at: float) -> np.ndarray:
    return np.array([np.interp(at, times, column) for column in values.T])


def weights_at(morphs: list[structs.MeshMorphAnim], ticks: float) -> dict[int, float]:
    """Weight by number of the target."""
    found: dict[int, float] = {}
    for morph in morphs:
        keys = [morph.mKeys[k] for k in range(morph.mNumKeys)]
        times = [key.mTime for key in keys]
        numbers = [keys[0].mValues[k] for k in range(keys[0].mNumValuesAndWeights)]
        for k, number in enumerate(numbers):
            found[number] = float(np.interp(ticks, times, [key.mWeights[k] for key in keys]))
    return found


def points(pointer: "ctypes.pointer", count: int) -> np.ndarray:
    raw = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float * (3 * count))).contents
    return np.frombuffer(raw, np.float32).reshape(count, 3).astype(np.float64)


def skinned(
    mesh: structs.Mesh, world: dict[str, np.ndarray], node: str, weights: dict[int, float]
) -> np.ndarray:
    rest = points(mesh.mVertices, mesh.mNumVertices)
    shaped = rest.copy()
    for number, weight in weights.items():
        if weight and number < mesh.mNumAnimMeshes:
            shaped += weight * (points(mesh.mAnimMeshes[number].contents.mVertices, len(rest)) - rest)
    homogeneous = np.concatenate([shaped, np.ones((len(shaped), 1))], 1)
    if not mesh.mNumBones:
        return (homogeneous @ world[node].T)[:, :3]
    result = np.zeros((len(rest), 3))
    for bone in bones_of(mesh):
        rows = np.array([bone.mWeights[i].mVertexId for i in range(bone.mNumWeights)], int)
        share = np.array([bone.mWeights[i].mWeight for i in range(bone.mNumWeights)])
        move = world[text(bone.mName)] @ matrix(bone.mOffsetMatrix)
        result[rows] += share[:, None] * (homogeneous[rows] @ move.T)[:, :3]
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
