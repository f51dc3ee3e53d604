"""Is it the same face? CSIM by a face embedder, and the copula similarity that 3DXTalker calls CSIM."""

import numpy as np
from jaxtyping import Float, UInt8
from scipy.special import ndtri

from ..errors import InputError, UnknownNameError
from .onnx_network import Network, fitted
from .score import Score

SIDE = 112  # pixels of an aligned face
# Where ArcFace wants the eyes, the nose's tip and the corners of the mouth: x, y in those pixels.
ARCFACE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
PATCH = 8
COPULA_VARIANTS = {
    "truth": "each frame against the same frame of the truth (3DXTalker's paper)",
    "consecutive": "each frame against the one before it: smoothness (3DXTalker's code)",
}


def csim(
    prediction: UInt8[np.ndarray, "n h w 3"],
    reference: UInt8[np.ndarray, "m h w 3"],
    embedder: Network,
    points: Float[np.ndarray, "n 5 2"] | None = None,
    reference_points: Float[np.ndarray, "m 5 2"] | None = None,
) -> Score:
    """Mean cosine of face embeddings. One reference picture serves all frames, or there is one for each.

    `embedder` is `load_onnx("arcface.onnx")` or any function of pictures. With `points` (eyes, nose, mouth
    corners, in pixels) faces are aligned as ArcFace wants them; without, pictures must be face crops.
    """
    if len(reference) not in (1, len(prediction)) or not len(prediction):
        raise InputError(f"{len(prediction)} pictures and {len(reference)} references: give one, or as many")
    ours, theirs = (
        np.asarray(embedder(faces), np.float64).reshape(len(faces), -1)
        for faces in (_aligned(prediction, points), _aligned(reference, reference_points))
    )
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(1) / np.maximum(lengths, 1e-12)
    faces = "aligned" if points is not None else "crops as given"
    return Score(
        float(cosines.mean()), "CSIM", "", f"{getattr(embedder, 'source', 'your embedder')}; {faces}"
    )


def _aligned(pictures: np.ndarray, points: np.ndarray | None) -> np.ndarray:
    if points is None:
        return pictures
    if points.shape != (len(pictures), len(ARCFACE_POINTS), 2):
        raise InputError(f"points have shape {points.shape}, expected {(len(pictures), 5, 2)}")
    return np.stack([align(p, q) for p, q in zip(pictures, points, strict=True)])


def align(
    picture: UInt8[np.ndarray, "h w 3"], points: Float[np.ndarray, "5 2"]
) -> UInt8[np.ndarray, "112 112 3"]:
    """Turned, scaled and moved so that the five points lie where ArcFace wants them."""
    from PIL import Image

    turn, move = similarity(ARCFACE_POINTS, np.asarray(points, np.float64))
    shift = move + 0.5 - turn @ [0.5, 0.5]  # Pillow counts from corners of pixels
    coefficients = (*turn[0], shift[0], *turn[1], shift[1])
    image = Image.fromarray(picture)
    made = image.transform((SIDE, SIDE), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    return np.asarray(made)


def similarity(
    source: Float[np.ndarray, "n 2"], target: Float[np.ndarray, "n 2"]
) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, "2"]]:
    """Scaled rotation and shift that bring `source` nearest to `target` (Umeyama)."""
    middle, goal = source.mean(0), target.mean(0)
    a, b = source - middle, target - goal
    power = (a**2).sum()
    if power < 1e-12 or (b**2).sum() < 1e-12:
        raise InputError("the points of a face lie on one another: it cannot be aligned")
    # of a rotation in the plane, the best cosine and sine follow directly
    cosine, sine = (a * b).sum() / power, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / power
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return turn, goal - turn @ middle


def copula_similarity(
    prediction: UInt8[np.ndarray, "n h w 3"],
    truth: UInt8[np.ndarray, "n h w 3"] | None = None,
    variant: str = "truth",
    patch: int = PATCH,
) -> Score:
    """Gaussian-copula similarity of pictures (El Ghazouali et al. 2024), 1 for equal ones. Says nothing of
    identity; tables of 3DXTalker print it as CSIM."""
    if variant not in COPULA_VARIANTS:
        raise UnknownNameError("variant of copula similarity", variant, COPULA_VARIANTS)
    if variant == "consecutive":
        if len(prediction) < 2:
            raise InputError("consecutive frames are compared: give two at least")
        first, second = prediction[1:], prediction[:-1]
    else:
        if truth is None or len(truth) != len(prediction) or not len(truth):
            raise InputError("each frame is compared with the truth's: give as many pictures of it")
        first = prediction
        second = np.stack([fitted(t, p.shape[:2]) for t, p in zip(truth, prediction, strict=True)])
    values = [float(similarity_map(a, b, patch).mean()) for a, b in zip(first, second, strict=True)]
    how = f"{variant}; patches of {patch}, {len(values)} comparisons"
    return Score(float(np.mean(values)), "copula similarity", "", how)


def similarity_map(
    first: UInt8[np.ndarray, "h w 3"], second: UInt8[np.ndarray, "h w 3"], patch: int = PATCH
) -> Float[np.ndarray, "rows columns"]:
    """Similarity of every patch, 0 … 1; rows and columns that fill no patch are left out."""
    apart = normal_ranks(first, patch) - normal_ranks(second, patch)
    return np.maximum(0.0, 1.0 - np.sqrt((apart**2).mean(-1)))


def normal_ranks(picture: UInt8[np.ndarray, "h w c"], patch: int) -> Float[np.ndarray, "rows columns pixels"]:
    """Rank of each pixel within its patch, mean over colours, as a number of standard deviations."""
    rows, columns = picture.shape[0] // patch, picture.shape[1] // patch
    if not rows or not columns:
        raise InputError(f"a picture of {picture.shape[:2]} holds no patch of {patch} pixels a side")
    cut = picture[: rows * patch, : columns * patch].reshape(rows, patch, columns, patch, -1)
    pixels = cut.transpose(0, 2, 1, 3, 4).reshape(rows, columns, patch * patch, -1)
    order = np.argsort(
        pixels, axis=2, kind="stable"
    )  # equal pixels keep their order, so equal pictures agree
    ranks = np.argsort(order, axis=2, kind="stable").mean(-1) + 1.0
    return ndtri(ranks / (patch * patch + 1))
