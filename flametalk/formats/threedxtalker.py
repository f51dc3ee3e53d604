"""3DXTalker and EMOCA: a folder of codes with sound, and the packed parameter vector.

The folder holds `shapecode.npy` (t, 100), `expcode.npy` (t, 50), `posecode.npy` (t, 6: head, jaw),
`detailcode.npy` (t, 128), and where there is sound `audio.wav` (16 kHz, 16 bits) with `envelope.npy`, the
magnitude of its analytic signal. `cam.npy`, `lightcode.npy`, `texcode.npy`, `refimg.npy` and whatever else
may be there are not part of a clip: they are named in the provenance, `metadata.pkl` is never opened.
The packed form is one array (t, 284), shape · expression · head · jaw · detail, as `flame_params.npy`.
Both are 25 frames/s and FLAME 2020. All-zero detail is read as no detail, and the other way round.
"""

import wave
from pathlib import Path

import numpy as np
from scipy.signal import hilbert

from ..audio.decode import load_audio, write_wav
from ..audio.signal import Audio
from ..clip import Clip
from ..conventions import (
    DETAIL,
    EXPRESSION,
    FPS,
    HEAD,
    JAW,
    N_DETAIL,
    N_EXPRESSION,
    N_PARAMETERS,
    N_SHAPE,
    POSE,
    SAMPLE_RATE,
    SHAPE,
)
from ..errors import FormatError
from ..files import atomic_path
from .content import Content
from .fields import build, frames, has_columns, identity, lone_array, same_count, used
from .folders import atomic_folder

MADE_FOR = "flame2020"
CODES = ("shapecode", "expcode", "posecode", "detailcode")
PACKED = "flame_params"
FILES = {*(f"{name}.npy" for name in CODES), "envelope.npy", "audio.wav"}
N_POSE = POSE.stop - POSE.start
LONGER = 1.1  # sound and picture may differ by this factor or by
SECONDS = 1.0
UNKNOWN_SIZE = 2**31 - 2**16  # bytes in the header of a WAV that was written as a stream


def matches_folder(content: Content) -> bool:
    return content.container == "folder" and not content.names.isdisjoint(CODES)


def read_folder(content: Content) -> Clip:
    _check_folder(content)
    expression = frames(content, "expcode", N_EXPRESSION)
    pose = frames(content, "posecode", N_POSE)
    count = same_count(content, expcode=expression, posecode=pose)
    detail = None
    if "detailcode" in content.names:
        detail = frames(content, "detailcode", N_DETAIL)
        same_count(content, expcode=expression, detailcode=detail)
    half = HEAD.stop - HEAD.start
    return build(
        content,
        {*CODES, "envelope"},
        shape=identity(content, "shapecode", N_SHAPE, count),
        expression=expression,
        head=pose[:, :half],
        jaw=pose[:, half:],
        detail=None if detail is None else used(detail),
        audio=_read_audio(content, count),
        made_for=MADE_FOR,
    )


def write_folder(clip: Clip, path: Path) -> None:
    with atomic_folder(path, FILES) as folder:
        _write_files(clip, folder)


def _write_files(clip: Clip, folder: Path) -> None:
    assert clip.detail is not None
    arrays = {
        "shapecode": clip.shapes(),
        "expcode": clip.expression,
        "posecode": np.concatenate([clip.head, clip.jaw], axis=1),
        "detailcode": clip.detail,
    }
    if clip.audio is not None and len(clip.audio.samples):
        write_wav(clip.audio, folder / "audio.wav")
        heard = load_audio(folder / "audio.wav").samples
        arrays["envelope"] = np.abs(hilbert(heard)).astype(np.float32)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def matches_packed(content: Content) -> bool:
    in_folder = content.container == "folder" and PACKED in content.names
    return in_folder or has_columns(content, N_PARAMETERS)


def read_packed(content: Content) -> Clip:
    if content.container == "folder":
        _check_folder(content)
        vector = frames(content, PACKED, N_PARAMETERS)
        audio = _read_audio(content, len(vector))
    else:
        vector, audio = lone_array(content, N_PARAMETERS, "shape, expression, head, jaw, detail"), None
    shape = vector[:, SHAPE]
    return build(
        content,
        {PACKED, "envelope"},
        shape=shape[0] if (shape == shape[0]).all() else shape,
        expression=vector[:, EXPRESSION],
        head=vector[:, HEAD],
        jaw=vector[:, JAW],
        detail=used(vector[:, DETAIL]),
        audio=audio,
        made_for=MADE_FOR,
    )


def write_packed(clip: Clip, path: Path) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, clip.vector(), allow_pickle=False)


def _check_folder(content: Content) -> None:
    if content.container != "folder":
        raise FormatError(content.path, "is a file; give the folder that holds it")


def _read_audio(content: Content, count: int) -> Audio | None:
    """The sound, which must be as long as the picture to within a second or a tenth."""
    path = content.path / "audio.wav"
    if not path.exists():
        return None
    _check_wav(content, path)
    audio = load_audio(path)
    picture, sound = count / FPS, audio.duration
    if abs(picture - sound) > SECONDS and max(picture, sound) > LONGER * min(picture, sound):
        raise FormatError(
            content.path,
            f"lasts {sound:.2f} s, {count} frames at {FPS:g} frames/s last {picture:.2f} s: another frame "
            "rate, or frames are missing. To read the motion alone, move the sound elsewhere",
            "audio.wav",
        )
    return audio


def _check_wav(content: Content, path: Path) -> None:
    """Rate and length of a PCM file as its header tells them; other kinds of WAV pass."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, size = file.getframerate(), file.getnframes() * file.getnchannels() * file.getsampwidth()
    except (wave.Error, EOFError, OSError):
        return
    if rate != SAMPLE_RATE:
        raise FormatError(content.path, f"has {rate:,} samples/s, expected {SAMPLE_RATE:,}", "audio.wav")
    there = path.stat().st_size
    if there < size < UNKNOWN_SIZE:
        raise FormatError(content.path, f"is cut off: {size:,} bytes of sound, {there:,} there", "audio.wav")
