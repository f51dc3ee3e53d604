"""Fréchet distances of picture and video features: FID, Emo-FID, FVD. Networks come from the user."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from ..errors import InputError
from .onnx_network import Network
from .score import Score

CLIP_FRAMES = 16  # pictures of a video window in FVD


def frechet_distance(prediction: Float[np.ndarray, "n d"], truth: Float[np.ndarray, "m d"]) -> float:
    """|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) of two sets of features, in double precision."""
    ours, theirs = (np.asarray(rows, np.float64) for rows in (prediction, truth))
    for rows in (ours, theirs):
        if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] != ours.shape[1]:
            raise InputError(f"features of {ours.shape} and {theirs.shape}: give 2 rows at least")
        if not np.isfinite(rows).all():
            raise InputError("features have NaN or infinite values")
    # From the singular values of the product of both centred sets: exact also where there are fewer rows
    # than dimensions, and the covariances are singular.
    a, b = (rows - rows.mean(0) for rows in (ours, theirs))
    a, b = a / np.sqrt(len(a) - 1), b / np.sqrt(len(b) - 1)
    shared = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    gap = ours.mean(0) - theirs.mean(0)
    return float(max(0.0, gap @ gap + (a**2).sum() + (b**2).sum() - 2 * shared))


def fid(
    prediction: UInt8[np.ndarray, "n h w 3"],
    truth: UInt8[np.ndarray, "m h w 3"],
    network: Network,
    name: str = "FID",
) -> Score:
    """Of the pictures of all clips together: a single clip has too few for its covariance.

    `network` gives a row of features for each picture: `load_onnx(path)`, or a function. The figures of
    papers need their network (Inception with its 2048 pooled features); any other is a scale of its own.
    """
    ours, theirs = (np.asarray(network(pictures), np.float64) for pictures in (prediction, truth))
    rows = f"{len(ours)} and {len(theirs)} pictures, {ours.shape[-1]} features"
    how = f"{getattr(network, 'source', 'your network')}; {rows}"
    if min(len(ours), len(theirs)) <= ours.shape[-1]:
        how += "; fewer pictures than features"
    return Score(frechet_distance(ours, theirs), name, "", how)


def emo_fid(
    prediction: UInt8[np.ndarray, "n h w 3"], truth: UInt8[np.ndarray, "m h w 3"], network: Network
) -> Score:
    """FID on the pooled features of a network for facial emotion, over the pictures of all clips."""
    return fid(prediction, truth, network, "Emo-FID")


def fvd(
    prediction: Sequence[UInt8[np.ndarray, "_ _ _ 3"]],
    truth: Sequence[UInt8[np.ndarray, "_ _ _ 3"]],
    network: Network,
    frames: int = CLIP_FRAMES,
) -> Score:
    """Fréchet video distance over windows of `frames` pictures that do not overlap.

    `network` takes one window (frames, h, w, 3) and gives its features (I3D in the papers).
    """
    ours, theirs = (_windows(videos, network, frames) for videos in (prediction, truth))
    how = f"{len(ours)} and {len(theirs)} windows of {frames} frames"
    return Score(frechet_distance(ours, theirs), "FVD", "", how)


def _windows(videos: Sequence[np.ndarray], network: Network, frames: int) -> np.ndarray:
    rows = [
        np.asarray(network(video[first : first + frames]), np.float64).ravel()
        for video in videos
        for first in range(0, len(video) - frames + 1, frames)
    ]
    if len(rows) < 2:
        raise InputError(f"{len(videos)} videos hold {len(rows)} windows of {frames} frames: 2 are needed")
    return np.stack(rows)
