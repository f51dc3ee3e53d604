"""Adding the user's own FLAME files: read once with all checks, kept as one file per head.

Regions, landmarks and texture coordinates come in files of their own; they are attached to the heads with
FLAME's topology that were added before.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..conventions import FLAME_FACES, FLAME_VERTICES
from ..errors import AssetError, InputError
from ..files import PathLike
from .embeddings import with_landmarks, with_masks
from .flame import RELEASES, read_flame
from .model import Head
from .storage import read_head, save_head
from .store import BUILTIN, added_heads, builtin_file, head_file
from .texture import with_uv


@dataclass(frozen=True)
class HeadAsset:
    """One head that can be loaded by name; `str()` of it is what the command line prints."""

    name: str
    path: Path
    vertices: int
    shapes: int
    expressions: int
    release: str  # "FLAME 2020", "unknown", "built-in"
    recognised: bool  # its SHA-256 is that of a known release
    licence: str
    source: str  # the file it was made from
    sha256: str
    regions: tuple[str, ...]
    landmarks: tuple[str, ...]
    uv: bool

    def __str__(self) -> str:
        known = self.release if self.recognised else f"{self.release} (not checked against a known file)"
        return "\n".join(
            [
                f"{self.name}: {known}",
                f"  {self.vertices} vertices, {self.shapes} shape + {self.expressions} expression values",
                f"  regions: {', '.join(self.regions) or 'none (flametalk assets add masks FILE)'}",
                f"  landmarks: {', '.join(self.landmarks) or 'none (flametalk assets add landmarks FILE)'}",
                f"  texture coordinates: {'yes' if self.uv else 'none (flametalk assets add uv FILE)'}",
                f"  licence: {self.licence or 'not stated'}",
                f"  file: {self.path}",
            ]
        )


def add_flame(path: PathLike, name: str | None = None, member: str | None = None) -> HeadAsset:
    """Convert a FLAME file into the data folder under the name of its release, or `name`.

    Adding the same file again keeps what was attached; another file under a taken name is an error.
    """
    head = read_flame(path, name=name, member=member)
    if head.name.startswith(BUILTIN):
        raise InputError(f"the name '{head.name}' is kept for the built-in head: choose another")
    target = head_file(head.name)
    if target.is_file():
        before = read_head(target)
        if before.info.get("sha256") != head.info["sha256"]:
            raise InputError(
                f"a head '{head.name}' made from another file is there already: choose another name, "
                f"or remove it first (`flametalk assets remove {head.name}`)"
            )
        head = replace(
            head,
            regions={**before.regions, **head.regions},
            landmarks={**before.landmarks, **head.landmarks},
            uv=before.uv,
            uv_faces=before.uv_faces,
        )
    save_head(head, target, half=False)
    return _describe(head, target)


def add_masks(path: PathLike, head: str | None = None) -> list[HeadAsset]:
    """Attach `FLAME_masks.pkl` to the added FLAME heads, or to one of them."""
    return _attach(with_masks, path, head)


def add_landmarks(path: PathLike, head: str | None = None) -> list[HeadAsset]:
    """Attach a landmark embedding: DECA's, RingNet's static and dynamic ones, or MediaPipe's."""
    return _attach(with_landmarks, path, head)


def add_uv(path: PathLike, head: str | None = None) -> list[HeadAsset]:
    """Attach the texture coordinates of `head_template.obj`, or of an .npz with `vt` and `ft`."""
    return _attach(with_uv, path, head)


def list_assets() -> list[HeadAsset]:
    """Every head that can be loaded by name, the built-in one first."""
    heads = []
    with suppress(AssetError):  # a source tree in which it was not built yet
        heads.append(_describe(read_head(builtin_file()), builtin_file()))
    return heads + [_describe(read_head(head_file(name)), head_file(name)) for name in added_heads()]


def remove_asset(name: str) -> Path:
    """Delete an added head from the data folder; the file it was made from stays where it is."""
    path = head_file(name)
    if not path.is_file():
        there = ", ".join(added_heads()) or "none"
        raise AssetError(f"no added head '{name}'; added heads: {there}")
    path.unlink()
    return path


def _attach(attach: Callable[[Head, PathLike], Head], path: PathLike, name: str | None) -> list[HeadAsset]:
    """Check all, then write all."""
    if name is not None and not head_file(name).is_file():
        raise AssetError(f"no added head '{name}'; added heads: {', '.join(added_heads()) or 'none'}")
    heads = [read_head(head_file(n)) for n in ([name] if name else added_heads())]
    if name is None:
        heads = [h for h in heads if (h.n_vertices, len(h.faces)) == (FLAME_VERTICES, FLAME_FACES)]
    if not heads:
        raise AssetError("no FLAME head to attach this to: first `flametalk assets add flame FILE`")
    attached = [attach(head, path) for head in heads]
    for head in attached:
        save_head(head, head_file(head.name), half=False)
    return [_describe(head, head_file(head.name)) for head in attached]


def _describe(head: Head, path: Path) -> HeadAsset:
    info = {key: str(value) for key, value in head.info.items()}
    builtin = head.name.startswith(BUILTIN)
    return HeadAsset(
        name=head.name,
        path=path,
        vertices=head.n_vertices,
        shapes=head.n_shape,
        expressions=head.n_expression,
        release="built-in" if builtin else info.get("release", "unknown"),
        recognised=builtin or info.get("sha256") in RELEASES,
        licence=info.get("licence", ""),
        source=info.get("source", ""),
        sha256=info.get("sha256", ""),
        regions=tuple(head.regions),
        landmarks=tuple(head.landmarks),
        uv=head.uv is not None,
    )
