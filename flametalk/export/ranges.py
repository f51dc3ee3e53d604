"""Weights between 0 and 1, for programs whose sliders end there.

Blender's glTF importer opens a slider as far as the first frame needs and cuts the rest; others clamp too.
What an expression does beyond its range goes to twins of it: `name_minus` below 0, `name_more` above 1.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from .scene import Scene

SLACK: Final = 1e-6


def within_unit(scene: Scene) -> Scene:
    """The same motion; expressions keep their names, places and units, correctives are scaled."""
    raw = scene.weights.astype(np.float64)
    names, offsets, weights = list(scene.target_names), list(scene.targets), list(raw.T)

    def twin(k: int, ending: str, sign: float, part: np.ndarray) -> None:
        most = float(part.max())
        if most > SLACK:
            names.append(f"{scene.target_names[k]}_{ending}")
            offsets.append(scene.targets[k] * np.float32(sign * most))
            weights.append(part / most)

    for k, curve in enumerate(raw.T):
        twin(k, "minus", -1.0, np.maximum(-curve, 0))
        if k < scene.n_main:
            twin(k, "more", 1.0, np.maximum(curve - 1, 0))
            weights[k] = np.clip(curve, 0, 1)
        else:
            most = max(float(curve.max()), SLACK)
            offsets[k], weights[k] = scene.targets[k] * np.float32(most), np.maximum(curve, 0) / most
    used = [k for k, curve in enumerate(weights) if k < scene.n_main or curve.max() > 0]
    return replace(
        scene,
        target_names=tuple(names[k] for k in used),
        targets=np.stack([offsets[k] for k in used]) if used else scene.targets,
        weights=np.stack([weights[k] for k in used], 1).astype(np.float32) if used else scene.weights,
    )
