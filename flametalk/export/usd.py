"""USD: UsdSkel with blend shapes and joint animation, materials and texture (extra `usd`).

    .usda  text, .usd and .usdc binary     the texture lies beside them as NAME_skin.jpg
    .usdz  one file with everything        what phones and headsets open

Metres, +y up; one time code a frame, from 0.
"""

import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..clip import Clip
from ..errors import FileError
from ..extras import require
from ..files import DAMAGED_ZIP, atomic_path
from ..head import Head
from ..render.colours import linear
from .corners import shading_normals
from .materials import Appearance, appearance
from .ranges import within_unit
from .scene import Scene, build_scene
from .settings import ExportSettings

LEAST_OFFSET: Final = 2e-7  # metres
LEAST_TURN: Final = 4e-3
ROOT_PATH: Final = "/head"


def write_usd(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """By the ending: a layer with the texture beside it, or a package."""
    require("pxr", "usd", "writing USD")
    scene = build_scene(clip, head, settings)
    if settings.preset == "blender":
        scene = within_unit(scene)
    wear = appearance(head, settings.look, settings.texture_size)
    if path.suffix.lower() == ".usdz":
        _write_package(scene, wear, path)
        return
    texture = f"{path.stem}_skin.jpg" if wear.texture is not None else None
    stage = build_stage(scene, wear, texture and f"./{texture}")
    with atomic_path(path) as temporary:  # takes its place last, so that no layer lacks its texture
        _export(stage, temporary, path)
        if texture:
            with atomic_path(path.with_name(texture)) as picture:
                picture.write_bytes(wear.jpeg())


def _write_package(scene: Scene, wear: Appearance, path: Path) -> None:
    from pxr import Sdf, UsdUtils

    with atomic_path(path) as temporary, tempfile.TemporaryDirectory() as folder:
        if wear.texture is not None:
            (Path(folder) / "skin.jpg").write_bytes(wear.jpeg())
        layer = Path(folder) / "head.usdc"
        _export(build_stage(scene, wear, "./skin.jpg" if wear.texture is not None else None), layer, path)
        if not UsdUtils.CreateNewARKitUsdzPackage(Sdf.AssetPath(str(layer)), str(temporary)):
            raise FileError(path, "USD could not pack it")
        _check_package(temporary, path)


def _check_package(package: Path, target: Path) -> None:
    """USD says nothing of what did not fit on the disk."""
    try:
        with zipfile.ZipFile(package) as archive:
            whole = archive.testzip() is None
    except DAMAGED_ZIP:
        whole = False
    if not whole:
        raise FileError(target, "writing failed: not all of it is on the disk (is it full?)")


def _export(stage: Any, path: Path, target: Path) -> None:
    """Write the layer to `path`; errors name `target`."""
    from pxr import Tf

    try:
        if not stage.GetRootLayer().Export(str(path)):
            raise FileError(target, "writing failed")
    except Tf.ErrorException as error:
        reasons = re.findall(r": '(.*)'", str(error)) or [str(error).strip()]
        raise FileError(target, f"writing failed ({reasons[0]})") from error


def build_stage(scene: Scene, wear: Appearance, texture: str | None) -> Any:
    """The whole scene in memory."""
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetTimeCodesPerSecond(scene.fps)
    stage.SetFramesPerSecond(scene.fps)
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(scene.n_frames - 1)
    root = UsdSkel.Root.Define(stage, ROOT_PATH)
    stage.SetDefaultPrim(root.GetPrim())
    stage.GetRootLayer().customLayerData = {"flametalk": _plain(scene.provenance)}

    mesh = _mesh(stage, scene)
    skeleton = _skeleton(stage, scene)
    names = _blend_shapes(stage, scene)
    animation = _animation(stage, scene, names)
    _bind(mesh, skeleton, scene, names)
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])
    _materials(stage, mesh, scene, wear, texture)
    return stage


# --- the mesh -------------------------------------------------------------------------------------


def _mesh(stage: Any, scene: Scene) -> Any:
    from pxr import Sdf, UsdGeom, Vt

    mesh = UsdGeom.Mesh.Define(stage, f"{ROOT_PATH}/mesh")
    points = Vt.Vec3fArray.FromNumpy(scene.vertices)
    mesh.CreatePointsAttr(points)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(points))
    filled = scene.polygons >= 0
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(filled.sum(1).astype(np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(scene.polygons[filled]))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    rest, _ = shading_normals(scene)
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(rest))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    if scene.uv is not None and scene.uv_polygons is not None:
        kind = Sdf.ValueTypeNames.TexCoord2fArray
        primvar = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", kind, UsdGeom.Tokens.faceVarying)
        primvar.Set(Vt.Vec2fArray.FromNumpy(scene.uv))
        primvar.SetIndices(Vt.IntArray.FromNumpy(scene.uv_polygons[filled]))
    return mesh


def _blend_shapes(stage: Any, scene: Scene) -> list[str]:
    """Their tokens: the names, as far as USD allows them."""
    from pxr import Tf, UsdSkel, Vt

    _, turns = shading_normals(scene)
    names = []
    for name, offsets, turn in zip(scene.target_names, scene.targets, turns, strict=True):
        token = Tf.MakeValidIdentifier(name)
        shape = UsdSkel.BlendShape.Define(stage, f"{ROOT_PATH}/mesh/{token}")
        far = (np.abs(offsets).max(1) >= LEAST_OFFSET) | (np.abs(turn).max(1) >= LEAST_TURN)
        rows = np.flatnonzero(far).astype(np.int32)
        shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(offsets[rows])))
        shape.CreateNormalOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(turn[rows])))
        shape.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(rows))
        names.append(token)
    return names


def _skeleton(stage: Any, scene: Scene) -> Any:
    from pxr import Gf, UsdSkel, Vt

    def moved(places: np.ndarray) -> Any:
        return Vt.Matrix4dArray([Gf.Matrix4d().SetTranslate(Gf.Vec3d(*map(float, p))) for p in places])

    skeleton = UsdSkel.Skeleton.Define(stage, f"{ROOT_PATH}/rig")
    skeleton.CreateJointsAttr(_joint_paths(scene))
    skeleton.CreateBindTransformsAttr(moved(scene.places))
    skeleton.CreateRestTransformsAttr(moved(scene.rest_translations))
    return skeleton


def _joint_paths(scene: Scene) -> list[str]:
    paths: list[str] = []
    for name, parent in zip(scene.joint_names, scene.joint_parents, strict=True):
        paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
    return paths


def _bind(mesh: Any, skeleton: Any, scene: Scene, names: list[str]) -> None:
    from pxr import UsdSkel, Vt

    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    slots = scene.skin_joints.shape[1]
    joints, weights = scene.skin_joints.ravel(), scene.skin_weights.ravel()
    binding.CreateJointIndicesPrimvar(False, slots).Set(Vt.IntArray.FromNumpy(joints))
    binding.CreateJointWeightsPrimvar(False, slots).Set(Vt.FloatArray.FromNumpy(weights))
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    if names:
        binding.CreateBlendShapesAttr(names)
        binding.CreateBlendShapeTargetsRel().SetTargets([f"{mesh.GetPath()}/{name}" for name in names])


# --- motion ---------------------------------------------------------------------------------------


def _animation(stage: Any, scene: Scene, names: list[str]) -> Any:
    from pxr import Gf, UsdSkel, Vt

    from .glb import quaternions

    animation = UsdSkel.Animation.Define(stage, f"{ROOT_PATH}/rig/clip")
    animation.CreateJointsAttr(_joint_paths(scene))
    joints = len(scene.joint_names)
    animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * joints))
    turns = np.stack([quaternions(scene.rotations[:, j]) for j in range(joints)], 1)
    places = scene.translations.astype(np.float32)
    rotations, translations = animation.CreateRotationsAttr(), animation.CreateTranslationsAttr()
    weights = animation.CreateBlendShapeWeightsAttr() if names else None
    if names:
        animation.CreateBlendShapesAttr(names)
    for frame in range(scene.n_frames):
        rotations.Set(Vt.QuatfArray.FromNumpy(np.ascontiguousarray(turns[frame])), frame)
        translations.Set(Vt.Vec3fArray.FromNumpy(places[frame]), frame)
        if weights is not None:
            weights.Set(Vt.FloatArray.FromNumpy(scene.weights[frame]), frame)
    return animation


# --- looks ----------------------------------------------------------------------------------------


def _materials(stage: Any, mesh: Any, scene: Scene, wear: Appearance, texture: str | None) -> None:
    """One material and one subset of the faces for each slot."""
    from pxr import UsdGeom, UsdShade, Vt

    of_polygons = np.zeros(len(scene.polygons), np.int32)
    of_polygons[scene.polygon_of_face] = wear.of_faces
    UsdGeom.Scope.Define(stage, f"{ROOT_PATH}/materials")
    for number, slot in enumerate(wear.materials):
        rows = np.flatnonzero(of_polygons == number).astype(np.int32)
        if not len(rows):
            continue
        material = _material(stage, f"{ROOT_PATH}/materials/{slot.name}", slot, texture)
        subset = UsdShade.MaterialBindingAPI(mesh).CreateMaterialBindSubset(
            slot.name, Vt.IntArray.FromNumpy(rows), UsdGeom.Tokens.face
        )
        UsdShade.MaterialBindingAPI.Apply(subset.GetPrim()).Bind(material)
    mesh.CreateDoubleSidedAttr(True)
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim())


def _material(stage: Any, path: str, slot: Any, texture: str | None) -> Any:
    from pxr import Gf, Sdf, UsdShade

    types = Sdf.ValueTypeNames
    material = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, f"{path}/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("roughness", types.Float).Set(slot.roughness)
    surface.CreateInput("metallic", types.Float).Set(0.0)
    colour = surface.CreateInput("diffuseColor", types.Color3f)
    if slot.textured and texture:
        reader = UsdShade.Shader.Define(stage, f"{path}/uv")
        reader.CreateIdAttr("UsdPrimvarReader_float2")
        reader.CreateInput("varname", types.String).Set("st")
        picture = UsdShade.Shader.Define(stage, f"{path}/picture")
        picture.CreateIdAttr("UsdUVTexture")
        picture.CreateInput("file", types.Asset).Set(Sdf.AssetPath(texture))
        picture.CreateInput("sourceColorSpace", types.Token).Set("sRGB")
        picture.CreateInput("wrapS", types.Token).Set("clamp")
        picture.CreateInput("wrapT", types.Token).Set("clamp")
        picture.CreateInput("st", types.Float2).ConnectToSource(reader.CreateOutput("result", types.Float2))
        colour.ConnectToSource(picture.CreateOutput("rgb", types.Float3))
    else:
        colour.Set(Gf.Vec3f(*linear(slot.colour).tolist()))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", types.Token))
    return material


def _plain(value: Any) -> Any:
    """What a USD dictionary can hold: no None, no mixed lists, no slashes or dots lost in keys."""
    if isinstance(value, dict):
        return {str(k).replace(":", "_"): _plain(v) for k, v in value.items() if v is not None and v != {}}
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str | int | float | bool) else str(value)
