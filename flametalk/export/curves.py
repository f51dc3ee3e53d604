"""JSON curves: blend-shape tracks by name and joint rotations, readable everywhere.

    {"layout": "flametalk-curves-1", "fps": 25.0, "frames": 250, "made_for": "builtin-1",
     "blendshapes": "expression", "tracks": {"pucker": [0.0, …], …},
     "rotations": {"head": [[x, y, z], …], …}, "translation": [[x, y, z], …], "shape": […], "provenance": {…}}

Rotations are axis-angle in radians in the parent's space, lengths metres. Numbers are the shortest ones that
give the same float32: what `read_curves` reads is what was written. With ARKit's shapes the tracks are their
weights, and reading them back is as exact as the solver that made them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32

from ..clip import ROTATIONS, Clip
from ..errors import FormatError, InputError
from ..files import PathLike, atomic_path, existing_file
from ..head import Head
from .settings import ExportSettings

LAYOUT: Final = "flametalk-curves-1"
ROWS: Final = 4096  # numbers turned into text at once
MAX_BYTES: Final = 1 << 30


def write_curves(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """Track by track, so that long clips need little memory."""
    tracks, parts = _arkit(clip, head) if settings.blendshapes == "arkit" else _own(clip, head)
    about = {
        "layout": LAYOUT,
        "fps": clip.fps,
        "frames": clip.n_frames,
        "made_for": clip.made_for or head.name,
        "blendshapes": settings.blendshapes,
        "provenance": clip.provenance,
    }
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(about, allow_nan=False)[:-1])
        file.write(', "tracks": {')
        for k, (name, values) in enumerate(tracks.items()):
            file.write(("," if k else "") + f"\n {json.dumps(name)}: ")
            file.writelines(_numbers(values))
        file.write('},\n "rotations": {')
        turns = [name for name in ROTATIONS if name in parts]
        for k, name in enumerate(turns):
            file.write(("," if k else "") + f"\n {json.dumps(name)}: ")
            file.writelines(_numbers(parts[name]))
        file.write("}")
        for name in ("translation", "detail", "shape"):
            if name in parts:
                file.write(f',\n "{name}": ')
                file.writelines(_numbers(parts[name]))
        file.write("}\n")


def read_curves(path: PathLike, head: Head | None = None) -> Clip:
    """The clip that `write_curves` wrote. `head` is used for ARKit tracks only."""
    path = existing_file(path, MAX_BYTES)
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"is not readable JSON ({error})") from error
    if not isinstance(found, dict) or found.get("layout") != LAYOUT:
        raise FormatError(path, f"is not a file of curves: its layout is not '{LAYOUT}'")
    try:
        tracks = np.array([np.asarray(v, np.float32) for v in found["tracks"].values()], np.float32).T
        arrays: dict[str, Any] = {
            name: np.asarray(value, np.float32) for name, value in found["rotations"].items()
        }
        arrays |= {
            n: np.asarray(found[n], np.float32) for n in ("translation", "detail", "shape") if n in found
        }
        common: dict[str, Any] = {"fps": float(found["fps"]), "provenance": dict(found["provenance"])}
        if (
            not set(arrays) <= {*ROTATIONS, "translation", "detail", "shape"}
            or len(tracks) != found["frames"]
        ):
            raise ValueError(f"fields {sorted(arrays)}, {len(tracks)} frames")
        if found["blendshapes"] == "arkit":
            return _from_arkit(tracks, list(found["tracks"]), arrays, common, head)
        made_for = found["made_for"]
        if not isinstance(made_for, str):
            raise ValueError("made_for is no name")
        return Clip(expression=tracks, made_for=made_for, **arrays, **common)
    except InputError as error:
        raise FormatError(path, str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            path, f"is not a complete file of curves ({type(error).__name__}: {error})"
        ) from error


def _own(clip: Clip, head: Head) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """All of the clip. Coefficients beyond the head's names are numbered."""
    n = clip.expression.shape[1]
    known = head.expression_names[:n]
    names = [*known, *(f"expression_{k:02d}" for k in range(len(known), n))]
    parts = {name: getattr(clip, name) for name in (*ROTATIONS, "translation", "detail", "shape")}
    tracks = dict(zip(names, clip.expression.T, strict=True))
    return tracks, {name: value for name, value in parts.items() if value is not None}


def _arkit(clip: Clip, head: Head) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The jaw is in the weights, and so are the eyes; their turns are kept beside."""
    from ..motion.arkit import to_arkit
    from ..motion.arkit_names import ARKIT_NAMES

    motion = to_arkit(clip, head)
    parts = {"head": clip.head, "neck": clip.neck, "eyes": motion.eyes, "shape": clip.shape}
    parts["translation"] = clip.translation
    tracks = dict(zip(ARKIT_NAMES, motion.weights.T, strict=True))
    return tracks, {name: value for name, value in parts.items() if value is not None}


def _from_arkit(
    tracks: np.ndarray,
    names: list[str],
    arrays: dict[str, Any],
    common: dict[str, Any],
    head: Head | None,
) -> Clip:
    from ..motion.arkit import ArkitMotion, from_arkit
    from ..motion.arkit_names import ARKIT_NAMES

    if sorted(names) != sorted(ARKIT_NAMES):
        raise ValueError(f"{len(names)} tracks that are not ARKit's {len(ARKIT_NAMES)}")
    weights = tracks[:, [names.index(name) for name in ARKIT_NAMES]]
    neck = arrays.pop("neck", None)
    clip = from_arkit(ArkitMotion(weights=weights, **arrays, **common), head, common["fps"])
    return clip if neck is None else clip.replace(neck=neck)


def _numbers(values: Float32[np.ndarray, "*shape"]) -> Iterator[str]:
    """JSON text of an array, a piece at a time."""
    yield "["
    if values.ndim == 2:
        for start in range(0, len(values), ROWS):
            rows = _shortest(values[start : start + ROWS])
            yield ("," if start else "") + ",".join(f"[{','.join(row)}]" for row in rows)
    else:
        for start in range(0, len(values), ROWS):
            yield ("," if start else "") + ",".join(_shortest(values[start : start + ROWS]))
    yield "]"


def _shortest(values: Float32[np.ndarray, "*shape"]) -> list[Any]:
    """Decimal texts that name exactly these float32 numbers; -0.0 stays apart from 0.0."""
    return np.ascontiguousarray(values, np.float32).astype("U").tolist()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
