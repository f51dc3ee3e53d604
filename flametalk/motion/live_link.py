"""Live Link Face tables: a row a frame, 52 ARKit weights and nine turns, the way Unreal imports them.

    Timecode,BlendShapeCount,EyeBlinkLeft, … ,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw, … ,RightEyeRoll
    00:00:01:12.000,61,0.0312, …

A timecode is hh:mm:ss:ff.zzz with 60 frames to the second whatever the rate of the data. In which unit the
turns are, no standard says: Unreal's own ARKit source divides degrees by 180, others write radians. Yaw turns
to the subject's left, pitch down, roll toward the subject's right shoulder; the turn is yaw · pitch · roll.
"""

import csv
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from ..clip import MAX_FPS
from ..errors import FormatError, UnknownNameError
from ..files import PathLike, atomic_path, existing_file
from .arkit import ArkitMotion
from .arkit_names import ARKIT_NAMES, N_ARKIT

TURNS: Final = tuple(
    f"{part}{axis}" for part in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)
COLUMNS: Final = (*(name[0].upper() + name[1:] for name in ARKIT_NAMES), *TURNS)
HEADER: Final = ("Timecode", "BlendShapeCount", *COLUMNS)
UNITS: Final = {"half-turns": 1 / np.pi, "radians": 1.0, "degrees": 180 / np.pi, "none": 0.0}  # per radian
ORDER: Final = "YXZ"  # yaw, pitch, roll, each about the axes that the one before has turned
TIMECODE_RATE: Final = 60
TIMECODE: Final = re.compile(r"(\d{1,2})[:;](\d\d)[:;](\d\d)[:;](\d\d)(\.\d{1,6})?")
DAY: Final = 24 * 3600.0
MAX_BYTES: Final = 2 * 2**30
MAX_ROWS: Final = 4_000_000  # 4.6 hours at 240 frames/s
MAX_LINE: Final = 8192  # characters
MAX_GAP: Final = 60.0  # seconds without a row that are filled in
USUAL_RATES: Final = (
    *(24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0),
    *(72.0, 90.0, 100.0, 120.0, 240.0),
)


def write_live_link(
    motion: ArkitMotion, path: PathLike, turns: str = "half-turns", start: float = 0.0
) -> None:
    """`motion` as a table. `turns` is a name of `UNITS`; `start` is the first timecode in seconds."""
    unit = _unit(turns)
    parts = (motion.head, motion.eyes[:, :3], motion.eyes[:, 3:])
    angles = [Rotation.from_rotvec(part).as_euler(ORDER) * unit for part in parts]
    rows = np.concatenate([motion.weights, *angles], axis=1) + 0.0  # no −0
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="") as file:
        file.write(",".join(HEADER) + "\n")
        for k, row in enumerate(rows):
            values = ",".join([f"{value:.7g}" for value in row.tolist()])
            file.write(f"{timecode(start + k / motion.fps)},{len(COLUMNS)},{values}\n")


def timecode(seconds: float) -> str:
    """hh:mm:ss:ff.zzz, to a thousandth of a sixtieth of a second."""
    frames, part = divmod(round(seconds * TIMECODE_RATE * 1000), 1000)
    whole, frame = divmod(frames, TIMECODE_RATE)
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frame:02d}.{part:03d}"


def read_live_link(path: PathLike, turns: str = "half-turns") -> ArkitMotion:
    """A table of Live Link Face, or of a tool that writes its columns; their order and case do not matter.

    The rate is that of the timecodes. Where rows are missing, or the phone lost the face (a row with a count
    of 0 and no values), frames are interpolated; the provenance says how many.
    """
    unit = _unit(turns)
    path = existing_file(path, MAX_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            times, rows, ignored = _rows(file, path)
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not text ({error.reason} at byte {error.start})") from error
    fps, even = _evenly(times, rows, path)
    weights, angles = even[:, :N_ARKIT], even[:, N_ARKIT:] / (unit or np.inf)
    head, left, right = (Rotation.from_euler(ORDER, angles[:, k : k + 3]).as_rotvec() for k in (0, 3, 6))
    notes = {
        "frames filled in": len(even) - len(rows),
        "frames with negative weights": int((weights < 0).any(1).sum()),
        "not_kept": ignored,
    }
    told = {"source": path.name, "layout": "live-link", "turns": turns}
    return ArkitMotion(
        np.maximum(weights, 0.0),
        head,
        np.concatenate([left, right], axis=1),
        fps,
        provenance=told | {name: value for name, value in notes.items() if value},
    )


def _unit(turns: str) -> float:
    if turns not in UNITS:
        raise UnknownNameError("unit of turns", turns, UNITS)
    return UNITS[turns]


def _rows(
    file: TextIO, path: Path
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n 61"], list[str]]:
    """Seconds and the 61 columns of every row with a face; and the columns that have no place."""
    lines = csv.reader(_lines(file, path))
    header = next(lines, [])
    places, ignored = _columns(header, path)
    times, values = array("d"), array("f")
    for number, row in enumerate(lines, start=2):
        if number > MAX_ROWS:
            raise FormatError(path, f"has more than {MAX_ROWS:,} rows")
        if not row or (1 < len(row) < 4 and row[1].strip() == "0"):
            continue  # an empty line, or the face was lost
        if len(row) != len(header):
            raise FormatError(path, f"row {number} has {len(row)} columns, its header has {len(header)}")
        times.append(_seconds(row[0], number, path))
        try:
            values.extend([float(row[place]) if place else 0.0 for place in places])
        except ValueError as error:
            raise FormatError(path, f"row {number} has something else than numbers ({error})") from error
    if not times:
        raise FormatError(path, "has no row with a face")
    table = np.frombuffer(values, np.float32).reshape(-1, len(COLUMNS)).astype(np.float64)
    bad = np.argwhere(~np.isfinite(table) | (np.abs(table) > 1e4))
    if len(bad):
        column = COLUMNS[int(bad[0][1])]
        raise FormatError(
            path, f"has a value that is no weight or angle, first in row {bad[0][0] + 2}", column
        )
    return _unwrapped(np.frombuffer(times), path), table, ignored


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise FormatError(path, f"row {number} is longer than {MAX_LINE:,} characters")
        if "\0" in line:
            raise FormatError(path, f"row {number} has a zero byte: this is no table")
        yield line


def _columns(header: list[str], path: Path) -> tuple[list[int], list[str]]:
    """Where each of `COLUMNS` stands in a row (0: nowhere, which only turns may), and what is not one."""
    names = [name.strip().lower() for name in header]
    if names[:2] != [name.lower() for name in HEADER[:2]]:
        raise FormatError(path, f"is no Live Link Face table: it begins with '{','.join(header)[:60]}'")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FormatError(path, f"names columns twice: {', '.join(twice[:5])}")
    missing = [name for name in COLUMNS[:N_ARKIT] if name.lower() not in names]
    if missing:
        raise FormatError(path, f"lacks {len(missing)} of ARKit's 52 columns: {', '.join(missing[:5])}")
    places = [names.index(name.lower()) if name.lower() in names else 0 for name in COLUMNS]
    known = {name.lower() for name in HEADER}
    return places, [given for given, name in zip(header, names, strict=True) if name not in known]


def _seconds(text: str, number: int, path: Path) -> float:
    found = TIMECODE.fullmatch(text.strip())
    if found is None or int(found[4]) >= TIMECODE_RATE:
        raise FormatError(path, f"row {number} has the timecode '{text[:20]}', expected hh:mm:ss:ff.zzz")
    hours, minutes, seconds, frames = (int(part) for part in found.groups()[:4])
    part = float(found[5]) if found[5] else 0.0
    return hours * 3600.0 + minutes * 60.0 + seconds + (frames + part) / TIMECODE_RATE


def _unwrapped(times: Float64[np.ndarray, "n"], path: Path) -> Float64[np.ndarray, "n"]:
    """Seconds from the first row on; a recording may pass midnight."""
    steps = np.diff(times)
    steps = np.where(steps < -DAY / 2, steps + DAY, steps)
    if (steps <= 0).any():
        raise FormatError(path, f"goes back in time at row {int(np.argmax(steps <= 0)) + 3}")
    if (steps > MAX_GAP).any():
        where = int(np.argmax(steps > MAX_GAP))
        raise FormatError(path, f"has a gap of {steps[where]:.0f} s at row {where + 3}: cut it into takes")
    return np.concatenate([[0.0], np.cumsum(steps)])


def _evenly(
    times: Float64[np.ndarray, "n"], rows: Float[np.ndarray, "n 61"], path: Path
) -> tuple[float, Float64[np.ndarray, "t 61"]]:
    """The rate, and a row for every frame of it."""
    if len(times) == 1:
        return float(TIMECODE_RATE), rows
    step = float(np.median(np.diff(times)))
    count = int(np.maximum(np.rint(np.diff(times) / step), 1).sum())
    fps = count / float(times[-1])
    usual = min(USUAL_RATES, key=lambda rate: abs(rate - fps))
    if abs(usual - fps) < 2e-3 * fps:
        fps = usual
    if fps > MAX_FPS or count > 100 * len(times):
        raise FormatError(path, f"has timecodes {1 / fps:.6f} s apart, expected {1 / MAX_FPS:.3f} s at least")
    frames = np.arange(count + 1) / fps
    if count + 1 == len(times) and np.abs(times - frames).max() * fps < 0.5:
        return fps, rows
    even = [np.interp(frames, times, column) for column in rows.T]
    return fps, np.stack(even, axis=1)
