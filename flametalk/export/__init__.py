"""Clips as files for other people's tools: one format a file, chosen by the ending.

    export(clip, "head.glb")
    export(clip, "head.usdz", blendshapes="arkit", preset="unity")

A writer is `write_x(clip, path, head, settings)`: it writes through `files.atomic_path`, so that an error
leaves no half file. `clip` is already at the wanted rate and fits `head`. To add one: its file, a line in
`FORMATS`.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import InputError
from ..files import PathLike
from .settings import ExportSettings

if TYPE_CHECKING:
    from ..clip import Clip
    from ..head import Head

__all__ = ["FORMATS", "ExportSettings", "Format", "export", "format_of"]


@dataclass(frozen=True)
class Format:
    """Where a writer lives; it is imported when it is used."""

    module: str  # in this package
    writer: str
    about: str
    detail: bool = False  # has room for the detail mesh


FORMATS: Final[dict[str, Format]] = {  # ending -> writer
    ".glb": Format("glb", "write_glb", "glTF 2.0 in one file: skin, morph targets, animation, texture"),
    ".gltf": Format("glb", "write_gltf", "glTF 2.0 as readable JSON with everything inside"),
    ".fbx": Format("fbx", "write_fbx", "binary FBX: skin, blend shapes, joints, animation, texture"),
    ".usdz": Format("usd", "write_usd", "USD in one file: UsdSkel, blend shapes, texture (extra usd)"),
    ".usd": Format("usd", "write_usd", "USD, binary, texture beside it (extra usd)"),
    ".usdc": Format("usd", "write_usd", "USD, binary, texture beside it (extra usd)"),
    ".usda": Format("usd", "write_usd", "USD as text, texture beside it (extra usd)"),
    ".obj": Format("obj", "write_obj", "OBJ, one numbered file a frame: frames/*.obj", detail=True),
    ".ply": Format("ply", "write_ply", "binary PLY, one numbered file a frame: frames/*.ply", detail=True),
    ".stl": Format(
        "stl", "write_stl", "binary STL in millimetres, one numbered file a frame: frames/*.stl", detail=True
    ),
    ".abc": Format(
        "alembic", "write_alembic", "Alembic: the vertices of every frame (extra alembic)", detail=True
    ),
    ".pc2": Format(
        "pc2",
        "write_pc2",
        "point cache: vertices only, for the mesh of an .fbx with the same preset",
        detail=True,
    ),
    ".bvh": Format("bvh", "write_bvh", "BVH: rotations of head, neck, jaw and eyes"),
    ".json": Format("curves", "write_curves", "curves as readable JSON: weights and rotations"),
    ".csv": Format("arkit_csv", "write_arkit_csv", "ARKit CSV: the 61 columns of Live Link Face"),
    ".npz": Format("clipfile", "write_clipfile", "the clip itself, for flametalk"),
    ".safetensors": Format("clipfile", "write_clipfile", "the clip itself, for flametalk"),
}


def export(
    clip: "Clip",
    path: PathLike,
    head: "Head | None" = None,
    *,
    blendshapes: str = "expression",
    preset: str = "blender",
    fps: float | None = None,
    identity: str = "exact",
    detail: bool = False,
    point_cache: bool = False,
    look: str = "skin",
    texture_size: int = 2048,
) -> None:
    """Write `clip` on `head` (by default the one it was made for) in the format of the path's ending.

    The options are explained in `ExportSettings`; `fps` resamples the motion first.
    """
    from ..head import Head

    target = Path(path).expanduser()
    chosen = format_of(target)
    settings = ExportSettings(
        blendshapes=blendshapes,
        preset=preset,
        identity=identity,
        detail=detail,
        point_cache=point_cache,
        look=look,
        texture_size=texture_size,
    )
    _check_room(target, chosen, settings)
    head = head or Head.load(clip.made_for)
    clip.check_made_for(head.name)
    if fps is not None:
        clip = clip.resample(fps)
    writer = getattr(import_module(f".{chosen.module}", __name__), chosen.writer)
    writer(clip, target, head, settings)


def _check_room(target: Path, chosen: Format, settings: ExportSettings) -> None:
    """Nothing that was asked for is left out without a word."""
    ending = target.suffix.lower()
    if settings.point_cache and ending != ".fbx":
        raise InputError(f"point_cache belongs to .fbx, not to '{target.name}': .pc2 and .abc are caches")
    if settings.detail and not (chosen.detail or settings.point_cache):
        able = ", ".join(name for name, each in FORMATS.items() if each.detail)
        raise InputError(
            f"'{target.name}' cannot hold the detail mesh, which moves frame by frame; "
            f"{able} can, and .fbx with a point cache"
        )


def format_of(path: PathLike) -> Format:
    """By the ending; an unknown one lists the known."""
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(f"cannot tell a format from '{Path(path).name}'; known endings: {known}")
    return FORMATS[ending]
