"""Errors painted on the head: which parts of the face are wrong, and by how much."""

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps

from ..clip import Clip
from ..film import surface_of
from ..head import Head
from ..plot import Curves
from ..render import CpuRenderer, frame_head
from .evaluation import Evaluation

# Names as in FLAME_masks.pkl; those that a head has not are left out.
REGIONS = (
    "lips", "nose", "forehead", "left_eye_region", "right_eye_region", "left_ear", "right_ear",
    "left_eyeball", "right_eyeball", "chin", "neck", "scalp", "teeth_upper", "teeth_lower",
)  # fmt: skip
VIEWS = ("front", "three-quarter")
COLOURS = "YlOrRd"  # light where nothing is wrong, so that the face is seen
FINER = 2  # pixels drawn for one shown
PAPER = 255
TOP = 99.0  # percentile of the vertices that is as bright as the scale goes


def vertex_errors(evaluation: Evaluation, method: str) -> Float[np.ndarray, "v"]:
    """Mean over clips of each vertex's error, mm, without head motion."""
    return np.mean([clip.vertices for clip in evaluation.clips[method]], axis=0)


def region_errors(errors: Float[np.ndarray, "v"], head: Head) -> dict[str, float]:
    """Mean error of each region of the head, mm."""
    return {
        name: float(errors[head.regions[name].long().cpu().numpy()].mean())
        for name in REGIONS
        if name in head.regions and len(head.regions[name])
    }


def plot_heat_maps(evaluation: Evaluation, head: Head, size: int = 400) -> Curves:
    """Every method on one scale: a row each, from the front and from the side."""
    errors = {method: vertex_errors(evaluation, method) for method in evaluation.methods}
    visible = head.regions["face"].long().cpu().numpy() if "face" in head.regions else slice(None)
    top = max(float(np.percentile(values[visible], TOP)) for values in errors.values()) or 1.0
    across = min(len(errors), 3) * len(VIEWS)
    down = -(-len(errors) * len(VIEWS) // across)
    figure = Curves(figsize=(2.5 * across + 1.1, 2.6 * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    pictures = [(method, view) for method in errors for view in VIEWS]
    for axes, (method, view) in zip(grid.flat, pictures, strict=False):
        axes.imshow(heat_map(errors[method], head, top, view, size))
        axes.set_title(f"{method}, {view}", fontsize=8)
    scale = figure.colorbar(_scale(top), ax=grid.ravel().tolist(), shrink=0.85)
    scale.set_label("mean error [mm]", fontsize=8)
    scale.ax.tick_params(labelsize=8)
    return figure


def _scale(top: float):
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(0.0, top), COLOURS)


def heat_map(
    errors: Float[np.ndarray, "v"], head: Head, top: float, view: str = "front", size: int = 320
) -> UInt8[np.ndarray, "h w 3"]:
    """The head at rest, each point in the colour of its error; `top` (mm) is the end of the scale."""
    from PIL import Image

    vertices = Clip.neutral(1, made_for=head.name).vertices(head)[0].cpu().numpy()
    height = vertices[:, 1]
    neck = height[head.regions["neck"].long().cpu().numpy()] if "neck" in head.regions else height
    worth = vertices[height > neck.mean()] if "neck" in head.regions else vertices
    camera = frame_head(worth, view, size * FINER, size * FINER)
    passes = CpuRenderer().render(vertices, surface_of(head), camera, ("face", "barycentric", "normal"))
    assert passes.face is not None and passes.barycentric is not None and passes.normal is not None
    seen = passes.face >= 0
    corners = head.faces.cpu().numpy()[passes.face[seen]]
    values = (errors[corners] * passes.barycentric[seen]).sum(-1)
    light = 0.3 + 0.7 * np.clip(passes.normal[seen][:, 2], 0.0, 1.0)
    picture = np.full((*seen.shape, 3), float(PAPER))
    picture[seen] = 255.0 * colormaps[COLOURS](np.clip(values / top, 0.0, 1.0))[:, :3] * light[:, None]
    image = Image.fromarray(picture.round().astype(np.uint8))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))
