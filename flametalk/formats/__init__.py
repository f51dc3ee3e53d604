"""Clips on disk: our own formats and those of the projects around FLAME, one file for each.

A file is recognised by its content, not by its ending. Where the content fits several layouts, or to say what
a file must be, name one of `LAYOUTS`. The provenance of a clip read from another project's layout names
`source`, `layout`, and under `not_kept` the fields of the file that a clip has no place for; our own formats
give back the provenance that was saved.

Writing never loses anything in silence: what a layout cannot hold (another frame rate, eyes, sound, more
coefficients …) is an error that lists it, or with `lossy=True` is left out, the motion resampled to the
layout's frame rate. Not counted as a loss: provenance, which no other project's layout holds; zeros instead
of an absent part; a constant shape repeated per frame; and the sound's 16 bits in a 3DXTalker folder.
"""

from pathlib import Path

from ..clip import Clip
from ..conventions import FLAME_EXPRESSION_COLUMNS, FLAME_SHAPE_COLUMNS, N_EXPRESSION, N_SHAPE
from ..errors import FileError, FormatError, InputError, UnknownNameError
from ..files import PathLike
from . import (
    artalk,
    diffposetalk,
    emote,
    live_link,
    npz,
    safetensors,
    smirk,
    threedxtalker,
    unitalker,
    vhap,
    voca,
)
from .content import Content, open_content
from .foreign import NOT_FLAME, explain, foreign
from .layout import Holds, Layout, fit
from .threedxtalker import CODES

__all__ = ["LAYOUTS", "Holds", "Layout", "read_clip", "write_clip"]

_PARTS_3DX = ("head", "jaw", "detail")
_PARTS_VHAP = ("head", "jaw", "neck", "eyes", "translation")

LAYOUTS: dict[str, Layout] = {
    "npz": Layout(
        "our own, NumPy arrays; keeps everything",
        *(npz.matches, npz.read, npz.write),
        suffix=".npz",
    ),
    "safetensors": Layout(
        "our own, safetensors; keeps everything",
        *(safetensors.matches, safetensors.read, safetensors.write),
        suffix=".safetensors",
    ),
    "3dxtalker": Layout(
        "folder of shapecode, expcode, posecode, detailcode .npy with audio.wav",
        *(threedxtalker.matches_folder, threedxtalker.read_folder, threedxtalker.write_folder),
        holds=Holds("flame2020", N_SHAPE, N_EXPRESSION, _PARTS_3DX, audio=True),
    ),
    "3dxtalker-packed": Layout(
        "flame_params.npy (t, 284)",
        *(threedxtalker.matches_packed, threedxtalker.read_packed, threedxtalker.write_packed),
        holds=Holds("flame2020", N_SHAPE, N_EXPRESSION, _PARTS_3DX),
        suffix=".npy",
    ),
    "diffposetalk": Layout(
        ".npz of shape, exp, pose",
        *(diffposetalk.matches, diffposetalk.read, diffposetalk.write),
        holds=Holds("flame2020", N_SHAPE, N_EXPRESSION),
        suffix=".npz",
    ),
    "diffposetalk-identity": Layout(
        ".npy (100,), one shape",
        *(diffposetalk.matches_identity, diffposetalk.read_identity, diffposetalk.write_identity),
        holds=Holds("flame2020", N_SHAPE, 0, (), shape_per_frame=False, frames=False),
        suffix=".npy",
    ),
    "vhap": Layout(
        ".npz of rotation, translation, neck_pose, jaw_pose, eyes_pose, shape, expr",
        *(vhap.matches, vhap.read, vhap.write),
        holds=Holds(
            "flame", FLAME_SHAPE_COLUMNS, FLAME_EXPRESSION_COLUMNS, _PARTS_VHAP, shape_per_frame=False
        ),
        suffix=".npz",
    ),
    "artalk": Layout(".pt (t, 106), read only", artalk.matches, artalk.read),
    "emote": Layout(
        "pickle of shape, expression, jaw_pose, global_pose, read only", emote.matches, emote.read
    ),
    "voca": Layout(".npy with a dictionary of shape, pose, expression, read only", voca.matches, voca.read),
    "smirk": Layout("pose_params, shape_params …, read only", smirk.matches, smirk.read),
    "unitalker": Layout(".npy (t, 413), read only", unitalker.matches, unitalker.read),
    "live-link": Layout(
        '.csv of ARKit weights from Live Link Face, read only here: clip.export("x.csv") writes it',
        *(live_link.matches, live_link.read),
    ),
}


def read_clip(path: PathLike, layout: str | None = None) -> Clip:
    """The clip in a file or folder; `layout` is one of `LAYOUTS` where the content does not tell."""
    if layout is not None:
        _known(layout)
    content = open_content(path)
    name = layout or _recognise(content)
    chosen = LAYOUTS[name]
    clip = chosen.read(content)
    if name in ("npz", "safetensors"):
        return clip
    return clip.replace(provenance={"source": content.path.name, "layout": name} | clip.provenance)


def write_clip(clip: Clip, path: PathLike, layout: str | None = None, lossy: bool = False) -> None:
    """Write `clip`; by the ending .npz or .safetensors where `layout` is not given.

    `lossy=True` lets go what the layout cannot hold, instead of an error that lists it.
    """
    if "://" in str(path):
        raise FileError(path, "is a URL; give a file on this machine")
    target = Path(path).expanduser()
    name = layout or _by_ending(target)
    _known(name)
    chosen = LAYOUTS[name]
    if chosen.write is None:
        writable = ", ".join(name for name, one in LAYOUTS.items() if one.write)
        raise InputError(f"the layout '{name}' can be read but not written; these can be: {writable}")
    if chosen.suffix and target.suffix != chosen.suffix:
        raise InputError(f"the layout '{name}' is a {chosen.suffix} file, got the name '{target.name}'")
    if chosen.holds is not None:
        clip = fit(clip, name, chosen.holds, lossy)
    chosen.write(clip, target)


def _known(name: str) -> None:
    if name in NOT_FLAME:
        raise InputError(explain(name))
    if name not in LAYOUTS:
        raise UnknownNameError("layout", name, LAYOUTS)


def _by_ending(path: Path) -> str:
    for name in ("npz", "safetensors"):
        if path.suffix == LAYOUTS[name].suffix:
            return name
    raise InputError(
        f"'{path.name}' ends neither with .npz nor with .safetensors: give one of these, "
        f"or one of layout={' '.join(name for name, one in LAYOUTS.items() if one.write)}"
    )


def _recognise(content: Content) -> str:
    found = [name for name, layout in LAYOUTS.items() if layout.matches(content)]
    if len(found) == 1:
        return found[0]
    if found:
        raise FormatError(
            content.path, f"could be {' or '.join(found)}; say which with layout='{found[0]}' or another"
        )
    if (name := foreign(content)) is not None:
        raise FormatError(content.path, explain(name))
    listing = "; ".join(f"{name}: {layout.about}" for name, layout in LAYOUTS.items())
    raise FormatError(content.path, f"{_seen(content)}, which is no known layout of clips. Known: {listing}")


def _seen(content: Content) -> str:
    if content.array is not None:
        hint = " (part of a 3DXTalker folder? give the folder)" if content.path.stem in CODES else ""
        return f"holds an array of shape {content.array.shape}{hint}"
    if content.container == "folder":
        return f"is a folder with the .npy files {', '.join(sorted(content.names)[:20]) or '(none)'}"
    return f"holds {', '.join(sorted(content.names)[:20]) or 'nothing'}"
