"""What ufbx finds in an FBX file: `python ufbx_seen.py FILE OUT SECONDS [external]`, a process of its own.

Its Python binding crashes when its values are collected or freed, so here they never are.
"""

import gc
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Seen:
    """One moment of a file."""

    places: np.ndarray  # (v, 3), in the file's units
    shapes: set[str]
    skins: int
    faces: int


def seen_by_ufbx(path: Path, seconds: float = 0.0, external: bool = False) -> Seen:
    out = path.with_suffix(".seen.npz")
    more = ["external"] if external else []
    line = [sys.executable, __file__, str(path), str(out), repr(float(seconds)), *more]
    subprocess.run(line, check=True, timeout=PATIENCE)
    with np.load(out) as found:
        return Seen(found["places"], set(found["shapes"].tolist()), int(found["skins"]), int(found["faces"]))


def look(path: str, out: str, seconds: str, external: str = "") -> None:
    import ufbx

    gc.disable()
    options = {"load_external_files": bool(external)}
    scene = ufbx.load_file(path, **options)
    now = ufbx.evaluate_scene(
        scene, scene.anim, float(seconds), evaluate_skinning=True, evaluate_caches=True, **options
    )
    np.savez(
        out,
        places=np.array(now.meshes[0].skinned_position.values),
        shapes=np.array([shape.name for shape in scene.blend_shapes], str),
        skins=len(scene.skin_deformers),
        faces=scene.meshes[0].num_faces,
    )
    os._exit(0)


if __name__ == "__main__":
    look(*sys.argv[1:])
