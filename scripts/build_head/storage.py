"""Templates on disk, so that the checks and pictures of the other folders need not build one each time."""

import hashlib
from pathlib import Path

import numpy as np

from .template import Template, build_template

CACHE = Path(__file__).resolve().parents[2] / "out"
ARRAYS = ("vertices", "quads", "uv", "uv_quads", "material", "part", "mirror", "joints")
LANDMARK_FIELDS = ("triangle", "barycentric", "ids")


def save(template, path):
    """One npz: arrays, `name:<name>` index arrays and `landmark:<name>:<field>` embeddings."""
    data = {key: getattr(template, key) for key in ARRAYS}
    data |= {f"name:{name}": ids for name, ids in template.names.items()}
    for name, values in template.landmarks.items():
        fields = LANDMARK_FIELDS[: len(values)]
        data |= {f"landmark:{name}:{key}": v for key, v in zip(fields, values, strict=True)}
    np.savez_compressed(path, **data)


def load(path):
    """Reads back what save wrote."""
    with np.load(path) as data:
        names = {key[5:]: data[key] for key in data.files if key.startswith("name:")}
        marks = {}
        for name in sorted({key.split(":")[1] for key in data.files if key.startswith("landmark:")}):
            keys = (f"landmark:{name}:{field}" for field in LANDMARK_FIELDS)
            marks[name] = tuple(data[key] for key in keys if key in data.files)
        arrays = {key: data[key] for key in ARRAYS}
    return Template(names=names, landmarks=marks, **arrays)


def cached_template(folder=CACHE):
    """The template in `folder` if it was built from the present sources, else built anew and kept there."""
    sources = sorted(p for p in Path(__file__).parent.iterdir() if p.suffix in (".py", ".csv"))
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    path = Path(folder) / f"head_template_{digest}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        save(build_template(), path)
    return load(path)
