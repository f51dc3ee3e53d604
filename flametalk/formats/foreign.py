"""Motion that is not FLAME's, recognised so that the message can say what it is."""

from .content import Content

NOT_FLAME = {
    "liveportrait": "LivePortrait motion: implicit keypoints, scale and rotation",
    "ditto": "Ditto motion (frames, 265): implicit keypoints and binned head angles",
    "joyvasa": "JoyVASA motion (frames, 70): implicit keypoints and head angles",
    "vertices": "mesh vertices over time",
}
WHY = "is not FLAME: it has no shape, expression and jaw coefficients that a clip could hold"
COLUMNS = {265: "ditto", 70: "joyvasa"}


def foreign(content: Content) -> str | None:
    """The name in `NOT_FLAME` of what the file is, if it is one of those."""
    if content.names >= {"motion", "n_frames"}:
        return "liveportrait"
    array = content.array
    if array is None:
        return None
    if array.ndim == 3 and array.shape[2] == 3:
        return "vertices"
    return COLUMNS.get(array.shape[1]) if array.ndim == 2 else None


def explain(name: str) -> str:
    return f"{NOT_FLAME[name]} {WHY}"
