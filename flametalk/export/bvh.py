"""BVH: the joints' rotations alone, for motion-capture tools.

Centimetres and degrees, +y up, joints unturned at rest. The channels are Zrotation Yrotation Xrotation, that
is R = Rz·Ry·Rx; the root's position is absolute. Expressions have no place in it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ..clip import Clip
from ..conventions import JAW_JOINT, JOINT_NAMES, JOINT_PARENTS, ROOT
from ..errors import FormatError
from ..files import PathLike, atomic_path, existing_file
from ..head import Head
from .euler import euler_angles, matrices_from_euler
from .settings import ExportSettings

CENTIMETRES: Final = 100.0
TURNS: Final = "Zrotation Yrotation Xrotation"
PLACES: Final = "Xposition Yposition Zposition"
ROWS: Final = 4096  # frames turned into text at once
TIP: Final = 5.0  # centimetres that a last joint is drawn long
MAX_BYTES: Final = 1 << 30
MAX_FRAME_TIME: Final = 1000.0  # seconds


def write_bvh(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """Head, neck, jaw and eyes of `clip`, with the places of this face's joints."""
    places = rest_places(clip, head)
    order = _depth_first()
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        file.write("HIERARCHY\n" + "\n".join(_joint(ROOT, places, 0)) + "\n")
        file.write(f"MOTION\nFrames: {clip.n_frames}\nFrame Time: {1 / clip.fps:.9f}\n")
        angles = np.stack([_angles(turns) for turns in np.moveaxis(clip.pose(), 1, 0)], 1)
        for start in range(0, clip.n_frames, ROWS):
            span = slice(start, start + ROWS)
            root = np.broadcast_to(places[ROOT], (len(angles[span]), 3))
            if clip.translation is not None:
                root = root + CENTIMETRES * clip.translation[span]
            rows = np.concatenate([root, angles[span][:, order, ::-1].reshape(len(root), -1)], 1)
            line = " ".join(["%.6f"] * rows.shape[1]) + "\n"
            file.write("".join(line % tuple(row) for row in (rows + 0.0).tolist()))


def read_bvh(path: PathLike) -> Clip:
    """The clip of a BVH file with joints of our names, in any order of joints and channels.

    Shape and expression are zero, as the file has none; `made_for` is None.
    """
    path = existing_file(path, MAX_BYTES)
    words = iter(path.read_text(encoding="ascii", errors="replace").split())
    try:
        channels, root = _read_hierarchy(words)
        fps, values = _read_motion(words, len(channels))
    except (StopIteration, ValueError, IndexError) as error:
        raise FormatError(path, f"is not a complete BVH file ({error or 'it ends early'})") from error
    missing = {JOINT_NAMES[j] for j in (ROOT, JAW_JOINT)} - {joint for joint, _ in channels}
    if missing:
        raise FormatError(path, f"has no joint {', '.join(sorted(missing))}; joints here are {JOINT_NAMES}")
    parts = {joint: _turn(channels, values, joint) for joint in JOINT_NAMES}
    clip = Clip.neutral(len(values), fps=fps, head=parts["root"], jaw=parts["jaw"])
    if parts["neck"].any():
        clip = clip.replace(neck=parts["neck"])
    eyes = np.concatenate([parts["left_eye"], parts["right_eye"]], 1)
    if eyes.any():
        clip = clip.replace(eyes=eyes)
    where = [channels.index(("root", name)) for name in PLACES.split() if ("root", name) in channels]
    if len(where) == 3:
        moved = (values[:, where] - root) / CENTIMETRES
        if np.abs(moved).max() > 1e-8:
            clip = clip.replace(translation=moved)
    return clip


def rest_places(clip: Clip, head: Head) -> Float64[np.ndarray, "j 3"]:
    """Joints of the clip's mean face, in centimetres."""
    import torch

    shape = torch.from_numpy(np.atleast_2d(clip.shape).mean(0, keepdims=True)).to(head.template)
    joints = head.joints(shape, shape.new_zeros(1, 1))[0]
    return CENTIMETRES * joints.double().cpu().numpy()


def _joint(joint: int, places: Float64[np.ndarray, "j 3"], depth: int) -> Iterator[str]:
    """Lines of the hierarchy from `joint` on."""
    pad, parent = "  " * depth, JOINT_PARENTS[joint]
    offset = places[joint] - (places[parent] if parent >= 0 else 0.0)
    children = [child for child, p in enumerate(JOINT_PARENTS) if p == joint]
    yield f"{pad}{'ROOT' if parent < 0 else 'JOINT'} {JOINT_NAMES[joint]}"
    yield f"{pad}{{"
    yield f"{pad}  OFFSET {_numbers(offset)}"
    yield f"{pad}  CHANNELS " + (f"6 {PLACES} {TURNS}" if parent < 0 else f"3 {TURNS}")
    for child in children:
        yield from _joint(child, places, depth + 1)
    if not children:
        tip = np.array([0.0, 0.0, TIP])
        yield from (f"{pad}  {line}" for line in ("End Site", "{", f"  OFFSET {_numbers(tip)}", "}"))
    yield f"{pad}}}"


def _numbers(values: Float64[np.ndarray, "3"]) -> str:
    return " ".join(f"{x:.6f}" for x in (values + 0.0).tolist())


def _depth_first(joint: int = ROOT) -> list[int]:
    """Joints in the order of the hierarchy."""
    children = [child for child, parent in enumerate(JOINT_PARENTS) if parent == joint]
    return [joint, *(each for child in children for each in _depth_first(child))]


def _angles(turns: np.ndarray) -> Float64[np.ndarray, "t 3"]:
    return euler_angles(Rotation.from_rotvec(turns.astype(np.float64)).as_matrix())


def _read_hierarchy(words: Iterator[str]) -> tuple[list[tuple[str, str]], Float64[np.ndarray, "3"]]:
    """(joint, channel) of every number of a frame, and the root's offset."""
    if next(words) != "HIERARCHY":
        raise ValueError("it does not start with HIERARCHY")
    channels: list[tuple[str, str]] = []
    root, name, ended = np.zeros(3), "", False
    for word in words:
        match word:
            case "ROOT" | "JOINT":
                name, ended = next(words), False
            case "End":
                ended = True
            case "OFFSET":
                offset = np.array([float(next(words)) for _ in range(3)])
                root = offset if not channels and not ended else root
            case "CHANNELS":
                named = [next(words) for _ in range(int(next(words)))]
                unknown = set(named) - {*PLACES.split(), *TURNS.split()}
                if unknown:
                    raise ValueError(f"{name} has unknown channels {', '.join(sorted(unknown))[:60]}")
                channels += [(name, channel) for channel in named]
            case "MOTION":
                return channels, root
    raise ValueError("there is no MOTION")


def _read_motion(words: Iterator[str], width: int) -> tuple[float, Float64[np.ndarray, "t n"]]:
    if next(words) != "Frames:":
        raise ValueError("the number of frames is missing")
    frames = int(next(words))
    if (next(words), next(words)) != ("Frame", "Time:"):
        raise ValueError("the frame time is missing")
    seconds = float(next(words))
    if not 0 < seconds <= MAX_FRAME_TIME:
        raise ValueError(f"a frame takes {seconds} s")
    values = np.array(list(words), dtype=np.float64)
    if frames < 1 or values.size != frames * width:
        raise ValueError(f"{values.size} numbers, expected {frames} frames of {width}")
    if not np.isfinite(values).all():
        raise ValueError("a number is not finite")
    return float(np.round(1 / seconds, 4)), values.reshape(frames, width)


def _turn(
    channels: list[tuple[str, str]], values: Float64[np.ndarray, "t n"], joint: str
) -> Float64[np.ndarray, "t 3"]:
    """Axis-angle of one joint. The channels' matrices are multiplied in the order in which they stand."""
    total = Rotation.identity(len(values))
    for column, (owner, channel) in enumerate(channels):
        if owner == joint and channel.endswith("rotation"):
            angles = np.zeros((len(values), 3))
            angles[:, "XYZ".index(channel[0])] = values[:, column]
            total = total * Rotation.from_matrix(matrices_from_euler(angles))
    return total.as_rotvec()
