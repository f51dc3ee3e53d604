"""Files of every layout, written here from the layouts' descriptions and without our writers."""

import json
import pickle
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

T = 7
RNG = np.random.default_rng(0)
Fields = dict[str, np.ndarray]


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(0, 0.3, shape).astype(np.float32)


@dataclass(frozen=True)
class Sample:
    """`save(fields, folder)` writes the file; `parts` are the clip's fields that must come out."""

    layout: str
    fields: Fields
    save: Callable[[Fields, Path], Path]
    parts: dict[str, Any]
    provenance: dict[str, Any] = field(default_factory=dict)
    timed: tuple[str, ...] = ()  # fields with a row per frame
    optional: tuple[str, ...] = ()  # fields that may be missing


# --- containers ----------------------------------------------------------------------------------


def savez(fields: Fields, folder: Path) -> Path:
    np.savez(folder / "clip.npz", **fields)
    return folder / "clip.npz"


def savez_compressed(fields: Fields, folder: Path) -> Path:
    np.savez_compressed(folder / "clip.npz", **fields)
    return folder / "clip.npz"


def save_npy(fields: Fields, folder: Path) -> Path:
    np.save(folder / "clip.npy", fields[""])
    return folder / "clip.npy"


def save_object_npy(fields: Fields, folder: Path) -> Path:
    np.save(folder / "clip.npy", fields, allow_pickle=True)
    return folder / "clip.npy"


def save_pickle(protocol: int) -> Callable[[Fields, Path], Path]:
    def save(fields: Fields, folder: Path) -> Path:
        (folder / "clip.pkl").write_bytes(pickle.dumps(fields, protocol))
        return folder / "clip.pkl"

    return save


def save_torch(fields: Fields, folder: Path) -> Path:
    torch.save({name: torch.from_numpy(array) for name, array in fields.items()}, folder / "clip.pt")
    return folder / "clip.pt"


def save_torch_view(fields: Fields, folder: Path) -> Path:
    """As ARTalk's are: a view into a longer storage."""
    array = torch.from_numpy(fields[""])
    longer = torch.stack([torch.zeros_like(array), array, torch.zeros_like(array)])
    torch.save(longer[1], folder / "clip.pt")
    return folder / "clip.pt"


def save_safetensors(fields: Fields, folder: Path) -> Path:
    """Eight bytes of length, a JSON header, the data."""
    meta = {"flametalk": str(fields["flametalk"])}
    header: dict[str, Any] = {"__metadata__": meta}
    kinds = {"float32": "F32", "float64": "F64", "float16": "F16", "int32": "I32"}
    data = b""
    for name, array in fields.items():
        if name == "flametalk":
            continue
        raw = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": kinds[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "clip.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    return folder / "clip.safetensors"


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32768).astype("<i2").tobytes())


def save_folder(fields: Fields, folder: Path) -> Path:
    where = folder / "V0-s1-00001"
    where.mkdir(exist_ok=True)
    for name, array in fields.items():
        np.save(where / f"{name}.npy", array)
    write_wav(where / "audio.wav", SOUND)
    (where / "metadata.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")  # never opened
    return where


# --- content --------------------------------------------------------------------------------------

SOUND = (RNG.integers(-20000, 20000, T * 640) / 32768).astype(np.float32)
META = {"version": 1, "fps": 30.0, "audio_rate": 24_000, "made_for": "someone", "provenance": {"seed": [1]}}
OWN = {
    "shape": numbers(20),
    "expression": numbers(T, 11),
    "head": numbers(T, 3),
    "jaw": numbers(T, 3),
    "neck": numbers(T, 3),
    "eyes": numbers(T, 6),
    "translation": numbers(T, 3),
    "detail": numbers(T, 5),
    "audio": numbers(5000),
}
OWN_FILE = {"flametalk": np.array(json.dumps(META)), **OWN}
OWN_PARTS = {
    **{name: value for name, value in OWN.items() if name != "audio"},
    "fps": 30.0,
    "made_for": "someone",
    "audio": (OWN["audio"], 24_000),
}
OWN_TIMED = ("expression", "head", "jaw", "neck", "eyes", "translation", "detail")
OWN_OPTIONAL = ("neck", "eyes", "translation", "detail", "audio")

CODES = {
    "shapecode": numbers(T, 100),
    "expcode": numbers(T, 50),
    "posecode": numbers(T, 6),
    "detailcode": numbers(T, 128),
}
VECTOR = np.concatenate(list(CODES.values()), axis=1)
CODE_PARTS = {
    "shape": CODES["shapecode"],
    "expression": CODES["expcode"],
    "head": CODES["posecode"][:, :3],
    "jaw": CODES["posecode"][:, 3:],
    "detail": CODES["detailcode"],
    "fps": 25.0,
    "made_for": "flame2020",
}
DPT = {"shape": numbers(T, 100), "exp": numbers(T, 50), "pose": numbers(T, 6)}
DPT_PARTS = {
    "shape": DPT["shape"],
    "expression": DPT["exp"],
    "head": DPT["pose"][:, :3],
    "jaw": DPT["pose"][:, 3:],
    "fps": 25.0,
    "made_for": "flame2020",
}
IDENTITY = numbers(100)
VHAP = {
    "shape": numbers(300),
    "expr": numbers(T, 100),
    "rotation": numbers(T, 3),
    "neck_pose": numbers(T, 3),
    "jaw_pose": numbers(T, 3),
    "eyes_pose": numbers(T, 6),
    "translation": numbers(T, 3),
    "static_offset": np.full((1, 5143, 3), -0.00125, np.float32),
}
VHAP_TIMED = ("expr", "rotation", "neck_pose", "jaw_pose", "eyes_pose", "translation")
VHAP_PARTS = {
    "shape": VHAP["shape"],
    "expression": VHAP["expr"],
    "head": VHAP["rotation"],
    "neck": VHAP["neck_pose"],
    "jaw": VHAP["jaw_pose"],
    "eyes": VHAP["eyes_pose"],
    "translation": VHAP["translation"],
    "fps": 25.0,
    "made_for": "flame",
}
ARTALK = numbers(T, 106)
ARTALK_PARTS = {
    "shape": np.zeros(100, np.float32),
    "expression": ARTALK[:, :100],
    "head": ARTALK[:, 100:103],
    "jaw": ARTALK[:, 103:],
    "fps": 25.0,
    "made_for": "flame",
}
EMOTE = {
    "shape": numbers(300),
    "expression": numbers(T, 100),
    "jaw_pose": numbers(T, 3),
    "global_pose": np.zeros((T, 3), np.float32),
}
EMOTE_PARTS = {
    "shape": EMOTE["shape"],
    "expression": EMOTE["expression"],
    "head": EMOTE["global_pose"],
    "jaw": EMOTE["jaw_pose"],
    "fps": 25.0,
    "made_for": "flame",
}
VOCA = {  # float64, as its own script saves them
    "shape": numbers(300).astype(np.float64),
    "pose": numbers(T, 15).astype(np.float64),
    "expression": numbers(T, 100).astype(np.float64),
}
VOCA_PARTS = {
    "shape": VOCA["shape"].astype(np.float32),
    "expression": VOCA["expression"].astype(np.float32),
    "head": VOCA["pose"][:, 0:3].astype(np.float32),
    "neck": VOCA["pose"][:, 3:6].astype(np.float32),
    "jaw": VOCA["pose"][:, 6:9].astype(np.float32),
    "eyes": VOCA["pose"][:, 9:15].astype(np.float32),
    "fps": 60.0,
    "made_for": "flame",
}
SMIRK = {
    "pose_params": numbers(T, 3),
    "cam": numbers(T, 3),
    "shape_params": numbers(T, 300),
    "expression_params": numbers(T, 50),
    "eyelid_params": numbers(T, 2),
    "jaw_params": numbers(T, 3),
}
SMIRK_KEYS = ("pose_params", "shape_params", "expression_params", "jaw_params")
SMIRK_PARTS = {
    "shape": SMIRK["shape_params"],
    "expression": SMIRK["expression_params"],
    "head": SMIRK["pose_params"],
    "jaw": SMIRK["jaw_params"],
    "fps": 25.0,
    "made_for": "flame2020",
}
SMIRK_TOLD = {"not_kept": ["cam", "eyelid_params"], "fps_assumed": True}
UNITALKER = numbers(T, 413)
UNITALKER_PARTS = {
    "shape": UNITALKER[:, :300],
    "expression": UNITALKER[:, 300:400],
    "head": np.zeros((T, 3), np.float32),
    "jaw": UNITALKER[:, 400:403],
    "fps": 30.0,
    "made_for": "flame",
}

SAMPLES = {
    "npz": Sample("npz", OWN_FILE, savez, OWN_PARTS, {"seed": [1]}, OWN_TIMED, OWN_OPTIONAL),
    "npz compressed": Sample(
        "npz", OWN_FILE, savez_compressed, OWN_PARTS, {"seed": [1]}, OWN_TIMED, OWN_OPTIONAL
    ),
    "safetensors": Sample(
        "safetensors", OWN_FILE, save_safetensors, OWN_PARTS, {"seed": [1]}, OWN_TIMED, OWN_OPTIONAL
    ),
    "3dxtalker": Sample(
        "3dxtalker",
        {**CODES, "cam": numbers(T, 3), "envelope": np.abs(numbers(T * 640))},
        save_folder,
        CODE_PARTS | {"audio": (SOUND, 16_000)},
        {"not_kept": ["cam"]},
        tuple(CODES),
        ("detailcode", "cam", "envelope"),
    ),
    "3dxtalker-packed": Sample("3dxtalker-packed", {"": VECTOR}, save_npy, CODE_PARTS, timed=("",)),
    "diffposetalk": Sample("diffposetalk", DPT, savez, DPT_PARTS, timed=("exp", "pose")),
    "diffposetalk-identity": Sample(
        "diffposetalk-identity",
        {"": IDENTITY},
        save_npy,
        {"shape": IDENTITY, "fps": 25.0, "made_for": "flame2020", "jaw": np.zeros((1, 3), np.float32)},
    ),
    "vhap": Sample(
        "vhap",
        VHAP,
        savez,
        VHAP_PARTS,
        {"not_kept": ["static_offset"], "static_offset_mm": 1.25, "fps_assumed": True},
        VHAP_TIMED,
        ("static_offset",),
    ),
    "artalk": Sample("artalk", {"": ARTALK}, save_torch_view, ARTALK_PARTS, timed=("",)),
    "emote": Sample(
        "emote", EMOTE, save_pickle(4), EMOTE_PARTS, timed=("expression", "jaw_pose", "global_pose")
    ),
    "emote protocol 2": Sample("emote", EMOTE, save_pickle(2), EMOTE_PARTS, timed=("expression",)),
    "emote protocol 5": Sample("emote", EMOTE, save_pickle(5), EMOTE_PARTS, timed=("expression",)),
    "voca": Sample("voca", VOCA, save_object_npy, VOCA_PARTS, timed=("pose", "expression")),
    "smirk npz": Sample("smirk", SMIRK, savez, SMIRK_PARTS, SMIRK_TOLD, SMIRK_KEYS, ("cam", "eyelid_params")),
    "smirk pickle": Sample(
        "smirk", SMIRK, save_pickle(4), SMIRK_PARTS, SMIRK_TOLD, SMIRK_KEYS, ("cam", "eyelid_params")
    ),
    "smirk pt": Sample(
        "smirk", SMIRK, save_torch, SMIRK_PARTS, SMIRK_TOLD, SMIRK_KEYS, ("cam", "eyelid_params")
    ),
    "unitalker": Sample(
        "unitalker",
        {"": UNITALKER},
        save_npy,
        UNITALKER_PARTS,
        {"not_kept": ["rotation", "translation", "scale"]},
        ("",),
    ),
}
