"""Landmarks over time: Glo and Exp with their differences, and landmark distances."""

import numpy as np
import torch
from jaxtyping import Float64

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..errors import AssetError, UnknownNameError
from ..head import Head
from .score import Score
from .vertices import Space, check_pair, head_of, vertex_chunks

LANDMARKS = "ibug68"
NOSE = np.arange(27, 36)
UPPER_FACE = np.concatenate([np.arange(17, 27), np.arange(36, 48)])  # brows and eyes; the mouth left out
MOUTH = np.arange(48, 68)
EYE_CORNERS = (36, 45)
DISTANCE_VARIANTS = {
    "f_lmd": "mean distance of all 68 landmarks (F-LMD)",
    "m_lmd": "mean distance of the 20 landmarks of the mouth (M-LMD)",
    "akd": "mean absolute difference of their coordinates (AKD)",
}


def landmark_paths(
    clip: Clip, head: Head | None = None, space: Space = "world"
) -> Float64[np.ndarray, "t 68 3"]:
    """The 68 landmarks in metres."""
    head = head_of(clip, head=head)
    assert head is not None
    if LANDMARKS not in head.landmarks:
        raise AssetError(
            f"the head '{head.name}' has no 68 landmarks: "
            "add them with `flametalk assets add landmarks landmark_embedding.npy`"
        )
    points = [head.landmark_points(v, LANDMARKS) for v in vertex_chunks(clip, head, space)]
    return torch.cat(points).double().cpu().numpy()


def glo(clip: Clip, head: Head | None = None) -> Score:
    """Global motion (Loopy, X-Actor): variance over time of the nose's landmarks, in space."""
    return Score(glo_of(landmark_paths(clip, head)), "Glo", "mm²", "nose landmarks; world space")


def exp(clip: Clip, head: Head | None = None) -> Score:
    """Dynamic expression: variance over time of brows and eyes, without the motion of the head."""
    return Score(exp_of(landmark_paths(clip, head, "face")), "Exp", "mm²", "upper face; face space")


def dglo(prediction: Clip, truth: Clip, head: Head | None = None) -> Score:
    """|Glo of the prediction − Glo of the truth|."""
    check_pair(prediction, truth)
    head = head_of(prediction, truth, head)
    return Score(abs(float(glo(prediction, head)) - float(glo(truth, head))), "DGlo", "mm²", "nose landmarks")


def dexp(prediction: Clip, truth: Clip, head: Head | None = None) -> Score:
    """|Exp of the prediction − Exp of the truth|."""
    check_pair(prediction, truth)
    head = head_of(prediction, truth, head)
    return Score(abs(float(exp(prediction, head)) - float(exp(truth, head))), "DExp", "mm²", "upper face")


def glo_of(paths: Float64[np.ndarray, "t 68 3"]) -> float:
    """From landmarks in world space, mm²."""
    return _variance(paths[:, NOSE])


def exp_of(paths: Float64[np.ndarray, "t 68 3"]) -> float:
    """From landmarks in face space, mm²."""
    return _variance(paths[:, UPPER_FACE])


def _variance(paths: np.ndarray) -> float:
    return float((paths * MILLIMETRES).var(0).sum(-1).mean())


def landmark_distance(
    prediction: Clip,
    truth: Clip,
    head: Head | None = None,
    variant: str = "f_lmd",
    space: Space = "world",
) -> Score:
    """Distance of landmarks, in millimetres on the head (papers: pixels of their own picture size)."""
    if variant not in DISTANCE_VARIANTS:
        raise UnknownNameError("variant of landmark distance", variant, DISTANCE_VARIANTS)
    check_pair(prediction, truth)
    head = head_of(prediction, truth, head)
    apart = landmark_paths(prediction, head, space) - landmark_paths(truth, head, space)
    name = {"f_lmd": "F-LMD", "m_lmd": "M-LMD", "akd": "AKD"}[variant]
    if variant == "akd":
        value = np.abs(apart).mean()
    else:
        value = np.linalg.norm(apart[:, MOUTH] if variant == "m_lmd" else apart, axis=-1).mean()
    return Score(float(value) * MILLIMETRES, name, "mm", f"{variant}; {space} space")
