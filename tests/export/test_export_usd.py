"""USD: what UsdSkel itself makes of our file is our head, and its validators have nothing to say."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.errors import FileError, MissingExtraError
from flametalk.head import Head

pytest.importorskip("pxr", reason="extra 'usd' is not installed")
from pxr import Usd, UsdGeom, UsdSkel, UsdValidation

FRAMES = (0, 2, 5)


def posed(path: Path, frame: int) -> np.ndarray:
    """Blend shapes and skinning by USD's own implementation."""
    stage = Usd.Stage.Open(str(path))
    root = UsdSkel.Root(stage.GetDefaultPrim())
    cache = UsdSkel.Cache()
    cache.Populate(root, Usd.PrimDefaultPredicate)
    binding = cache.ComputeSkelBindings(root, Usd.PrimDefaultPredicate)[0]
    target = binding.GetSkinningTargets()[0]
    skeleton = cache.GetSkelQuery(binding.GetSkeleton())
    points = UsdGeom.Mesh(target.GetPrim()).GetPointsAttr().Get()
    weights = skeleton.GetAnimQuery().ComputeBlendShapeWeights(frame)
    if weights:
        query = UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(target.GetPrim()))
        weights = target.GetBlendShapeMapper().Remap(weights)
        subshapes = query.ComputeSubShapeWeights(weights)
        assert query.ComputeDeformedPoints(
            *subshapes, query.ComputeBlendShapePointIndices(), query.ComputeSubShapePointOffsets(), points
        )
    assert target.ComputeSkinnedPoints(skeleton.ComputeSkinningTransforms(frame), points, frame)
    return np.array(points)


def check(path: Path, clip: Clip, head: Head) -> None:
    for frame in FRAMES:
        assert np.abs(posed(path, frame) - clip.vertices(head, frame, frame + 1)[0].numpy()).max() < 2e-6
    registry = UsdValidation.ValidationRegistry()
    context = UsdValidation.ValidationContext(registry.GetOrLoadAllValidators())
    stage = Usd.Stage.Open(str(path))
    assert [e.GetErrorAsString() for e in context.Validate(stage)] == []


def test_a_package_holds_everything(tmp_path: Path) -> None:
    head = Head.load()
    clip = lively_clip(head, frames=6, fps=30)
    clip.export(tmp_path / "a.usdz", head, texture_size=64)
    check(tmp_path / "a.usdz", clip, head)
    names = zipfile.ZipFile(tmp_path / "a.usdz").namelist()
    assert names[0].endswith(".usdc") and any(name.endswith("skin.jpg") for name in names)
    assert [p.name for p in tmp_path.iterdir()] == ["a.usdz"]


def test_a_layer_in_text_and_its_metadata(tmp_path: Path) -> None:
    head = tiny_head(v=40, dtype=torch.float32)
    clip = lively_clip(head, frames=6, vary=True)
    clip.export(tmp_path / "a.usda", head, preset="unity")
    check(tmp_path / "a.usda", clip, head)
    assert (tmp_path / "a.usda").read_text().startswith("#usda 1.0")
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    assert UsdGeom.GetStageUpAxis(stage) == "Y" and UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (0, 5, 25)
    story = stage.GetRootLayer().customLayerData["flametalk"]
    assert story["head"] == "tiny" and story["clip"]["generator"] == "waves"


def test_materials_texture_and_quads(tmp_path: Path) -> None:
    head = Head.load()
    Clip.neutral(1).export(tmp_path / "b.usd", head, texture_size=64)
    assert (tmp_path / "b_skin.jpg").read_bytes().startswith(b"\xff\xd8")
    stage = Usd.Stage.Open(str(tmp_path / "b.usd"))
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/head/mesh"))
    assert len(mesh.GetFaceVertexCountsAttr().Get()) == len(head.quads)
    subsets = UsdGeom.Subset.GetAllGeomSubsets(mesh)
    assert [s.GetPrim().GetName() for s in subsets] == ["skin", "eyes", "teeth", "mouth"]
    assert sum(len(s.GetIndicesAttr().Get()) for s in subsets) == len(head.quads)
    picture = stage.GetPrimAtPath("/head/materials/skin/picture").GetAttribute("inputs:file").Get()
    assert Path(picture.resolvedPath) == tmp_path / "b_skin.jpg"


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    import resource

    head = tiny_head(v=400, dtype=torch.float32)
    clip = lively_clip(head, frames=60)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(FileError, match=r"/a\.usda: writing failed \(.*File too large\)"):
            clip.export(tmp_path / "a.usda", head)
        with pytest.raises(FileError, match=r"/a\.usdc: writing failed \(.*File too large\)"):
            clip.export(tmp_path / "a.usdc", head)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_without_usd_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(MissingExtraError, match=r"flametalk\[usd\]"):
        Clip.neutral(1).export(tmp_path / "a.usdz")
    assert not list(tmp_path.iterdir())
