"""glTF: read back by an independent reader, the head is ours in every sampled frame."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.export import ExportSettings, export
from flametalk.export.glb import gltf
from flametalk.export.scene import build_scene
from flametalk.head import Head

pytest.importorskip("pygltflib", reason="development tools are not installed")
from export.gltf_reader import Player, chunks

FRAMES = (0, 2, 5)


def nearest(theirs: np.ndarray, ours: np.ndarray) -> float:
    """Split vertices are matched over all frames at once; the worst distance in metres, both ways."""
    from scipy.spatial import cKDTree

    a, b = (x.transpose(1, 0, 2).reshape(x.shape[1], -1) for x in (theirs, ours))
    return max(cKDTree(b).query(a)[0].max(), cKDTree(a).query(b)[0].max())


def check(path: Path, clip: Clip, head: Head, limit: float = 1e-6) -> Player:
    player = Player(path)
    theirs = np.stack([player.vertices(k / clip.fps)[0] for k in FRAMES])
    ours = np.stack([clip.vertices(head, k, k + 1)[0].numpy() for k in FRAMES])
    assert nearest(theirs, ours) < limit
    return player


@pytest.mark.parametrize("preset", ["blender", "unity"])
def test_the_built_in_head_comes_back(preset: str, tmp_path: Path) -> None:
    head = Head.load()
    clip = lively_clip(head, frames=6)
    clip = clip.replace(expression=clip.expression * 4 - 0.5)  # beyond both ends of a slider
    clip.export(tmp_path / "a.glb", head, preset=preset, texture_size=64)
    player = check(tmp_path / "a.glb", clip, head, 2e-6)
    names = player.file.meshes[0].extras["targetNames"]
    assert tuple(names[:50]) == head.expression_names
    weights = np.concatenate([player.curves(k / clip.fps)[5, "weights"] for k in FRAMES])
    inside = weights.min() >= 0 and weights.max() <= 1
    assert inside == (preset == "blender")
    twins = [sum(name.endswith(ending) for name in names[50:]) for ending in ("_minus", "_more")]
    below, above = (clip.expression.min(0) < 0).sum(), (clip.expression.max(0) > 1).sum()
    joints = sum(bool(re.search(r"_r\d\d_minus$", name)) for name in names)
    assert twins == ([below + joints, above] if inside else [0, 0])
    story = player.file.asset.extras["flametalk"]
    assert story["head"] == "builtin-1" and story["clip"] == {"generator": "waves", "seed": 3}
    assert [m.name for m in player.file.materials] == ["skin", "eyes", "teeth", "mouth"]
    for primitive in player.file.meshes[0].primitives:
        uv = player.array(primitive.attributes.TEXCOORD_0)
        assert uv.min() >= 0 and uv.max() <= 1
    triangles = player.vertices(0.0)[1]
    assert len(triangles) == len(head.faces)


def test_a_head_without_texture_coordinates_and_with_five_influences(tmp_path: Path) -> None:
    head = tiny_head(v=60, seed=1, dtype=torch.float32)
    clip = lively_clip(head, vary=True)
    export(clip, tmp_path / "a.gltf", head)
    player = check(tmp_path / "a.gltf", clip, head)
    assert player.file.meshes[0].primitives[0].attributes.JOINTS_1 is not None
    assert not player.file.images


def test_arkit_targets_are_the_52_and_say_how_far_off_they_are(tmp_path: Path) -> None:
    head = Head.load()
    clip = lively_clip(head, frames=6)
    clip.replace(expression=clip.expression * 0.3).export(
        tmp_path / "a.glb", blendshapes="arkit", texture_size=64
    )
    player = Player(tmp_path / "a.glb")
    names = player.file.meshes[0].extras["targetNames"]
    assert len(names) == 52 and names[0] == "eyeBlinkLeft" and names[-1] == "tongueOut"
    gap = player.file.asset.extras["flametalk"]["difference in mm"]
    theirs = np.stack([player.vertices(k / clip.fps)[0] for k in FRAMES])
    ours = np.stack(
        [clip.replace(expression=clip.expression * 0.3).vertices(head, k, k + 1)[0].numpy() for k in FRAMES]
    )
    assert nearest(theirs, ours) < 5e-3
    assert 0 < gap["mean"] < 0.5 and gap["worst"] < 5


def test_one_arkit_shape_opens_the_jaw(tmp_path: Path) -> None:
    """At full strength a target is the head itself, jaw rotation and all."""
    head = Head.load()
    action = head.actions["arkit/jawOpen"]
    clip = Clip.neutral(1, expression=action.expression[None].numpy(), jaw=action.jaw[None].numpy())
    scene = build_scene(clip, head, ExportSettings(blendshapes="arkit"))
    k = scene.target_names.index("jawOpen")
    shown = scene.vertices + scene.targets[k]
    assert np.abs(shown - clip.vertices(head)[0].numpy()).max() < 1e-6
    assert scene.weights[0, k] > 0.97 and np.delete(scene.weights[0], k).max() < 0.05


def test_the_container_is_well_formed_and_the_same_every_time(tmp_path: Path) -> None:
    head = Head.load()
    clip = Clip.neutral(3)
    for name in ("a.glb", "b.glb"):
        clip.export(tmp_path / name, texture_size=64)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()
    (first, text), (second, content) = chunks(tmp_path / "a.glb")
    assert (first, second) == (b"JSON", b"BIN\0")
    document = json.loads(text)
    assert document["buffers"] == [{"byteLength": len(content)}]
    ends = [view["byteOffset"] + view["byteLength"] for view in document["bufferViews"]]
    assert max(ends) <= len(content)
    assert [channel["target"]["path"] for channel in document["animations"][0]["channels"]] == ["weights"]
    assert len(document["meshes"][0]["extras"]["targetNames"]) == head.n_expression


def test_only_curves_grow_with_time() -> None:
    """Ten minutes: 4 bytes for every weight, 28 for every joint, 4 for the time itself."""
    head = tiny_head(v=12, dtype=torch.float32)
    settings = ExportSettings(preset="unity")
    long, short = (gltf(lively_clip(head, frames=n), head, settings)[0] for n in (15_000, 15))
    sizes = [document["buffers"][0]["byteLength"] for document in (long, short)]
    targets = len(long["meshes"][0]["extras"]["targetNames"])
    assert sizes[0] - sizes[1] <= (15_000 - 15) * 4 * (1 + targets + 5 * 7)
