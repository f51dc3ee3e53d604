"""Beauty frames: Blender's path tracer Cycles, in a process of its own that the user brings.

Skin scatters light, eyes have a wet coat, the lamps are large and soft. Nothing of Blender (GPL) is imported
here: `blender_worker.py` runs in Blender's Python, and files are all that is exchanged.
"""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from jaxtyping import Float, Float32

from ...errors import InputError, MissingExtraError
from ..backend import Abilities, Passes, frame_with_normals
from ..camera import Camera
from ..colours import encode, linear
from ..settings import Settings, background_picture
from ..surface import Surface
from .exr import read_exr
from .pieces import pieces

VARIABLE: Final = "FLAMETALK_BLENDER"
START: Final = 120.0  # seconds until the process must answer
PATIENCE: Final = 3600.0  # seconds a frame
AMBIENT: Final = 0.8  # of the look's light from all around: bounces are traced here, there they are guessed
FAR: Final = 1e9  # depths beyond are the empty background


class BlenderRenderer:
    """`Renderer` through Cycles. `program` is Blender, or a Python that has bpy; else FLAMETALK_BLENDER, else
    `blender` on the path. `samples` are light paths a pixel; `gpu` takes the first GPU that Cycles finds."""

    abilities: ClassVar[Abilities] = Abilities("blender", ("colour", "mask", "depth", "normal"), ("shaded",))

    def __init__(
        self,
        settings: Settings | None = None,
        program: str | None = None,
        samples: int = 64,
        denoise: bool = True,
        gpu: bool = False,
    ):
        self.settings = settings or Settings()
        self.abilities.check(self.settings.mode)
        if samples < 1:
            raise InputError(f"samples is {samples}, expected at least 1 light path a pixel")
        self._program = find_program(program)
        self._quality = {"samples": samples, "denoise": denoise, "gpu": gpu}
        self._worker: Worker | None = None
        self._surface: Surface | None = None

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame. Depth and normals come from one ray through the middle of each pixel."""
        vertices, normals = frame_with_normals(vertices, surface, passes, self.abilities)
        if self._worker is None or self._surface is not surface:
            self.close()
            self._worker, self._surface = self._start(surface), surface
        beauty, numbers = bool({"colour", "mask"} & set(passes)), bool({"depth", "normal"} & set(passes))
        frame = _camera_note(camera) | {"colour": beauty, "numbers": numbers}
        found = self._worker.draw(frame, vertices, normals)
        result: dict[str, np.ndarray] = {}
        if beauty:
            result |= self._colour(_layer(found["colour"], "Combined", "RGBA"), camera)
        if numbers:
            result |= _numbers(found["numbers"], camera)
        return Passes(**{name: value for name, value in result.items() if name in passes})

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _start(self, surface: Surface) -> "Worker":
        """Everything that stays the same, in the folder of a new process."""
        from PIL import Image

        look = self.settings.the_look
        parts = pieces(surface, look)
        kinds = np.zeros(len(surface.faces), np.int32)
        uv = np.zeros((len(surface.faces), 3, 2), np.float32)
        colour = np.ones((len(surface.faces), 3, 3), np.float32)
        worker = Worker(self._program)
        notes = []
        try:
            for number, piece in enumerate(parts):
                kinds[piece.faces] = number
                colour[piece.faces] = piece.colour
                picture = None
                if piece.uv is not None and piece.picture is not None:
                    uv[piece.faces] = piece.uv
                    picture = f"{piece.name}.png"
                    Image.fromarray(piece.picture).save(worker.folder / picture)
                note = {"name": piece.name, "roughness": piece.material.roughness, "picture": picture}
                notes.append(note)
            np.savez(
                worker.folder / "surface.npz",
                faces=surface.faces, kinds=kinds, uv=uv.reshape(-1, 2), colour=colour.reshape(-1, 3),
                n_vertices=np.int64(surface.n_vertices),
            )  # fmt: skip
            studio = look.studio
            lamps = {"key": studio.key, "fill": studio.fill, "back": studio.back}
            ambient = AMBIENT * look.exposure * (np.array(studio.sky) + studio.ground) / 2
            note = {
                "pieces": notes,
                "lamps": {n: {"direction": p.direction, "colour": p.colour} for n, p in lamps.items()},
                "ambient": ambient.tolist(),
                "exposure": look.exposure,
                **self._quality,
            }
            (worker.folder / "look.json").write_text(json.dumps(note))
            worker.start()
        except BaseException:
            worker.close()
            raise
        return worker

    def _colour(self, drawn: Float32[np.ndarray, "h w 4"], camera: Camera) -> dict[str, np.ndarray]:
        """Light over its cover, bent at the bright end like the other back ends', before the background."""
        cover = np.clip(drawn[..., 3:], 0, 1)
        light = drawn[..., :3] / np.maximum(cover, 1e-6)
        light = np.minimum(light, 0.7) + 0.3 - 0.09 / (np.maximum(light - 0.7, 0) + 0.3)
        behind = background_picture(self.settings, camera)
        mixed = encode(np.clip(light * cover + (1 - cover) * linear(behind), 0, 1))
        mask = np.ascontiguousarray(cover[..., 0])
        return {"colour": np.where(cover > 0, mixed, behind), "mask": mask}


def _camera_note(camera: Camera) -> dict[str, object]:
    return {
        "size": (camera.width, camera.height),
        "centre": camera.principal_point,
        "focal": camera.focal,
        "pose": camera.opengl_pose.tolist(),
        "perspective": camera.perspective,
        "near": camera.near if camera.perspective else -camera.far,
        "far": camera.far,
    }


def _layer(channels: dict[str, np.ndarray], name: str, letters: str) -> Float32[np.ndarray, "h w c"]:
    """A pass by its name, whatever the view layer is called."""
    return np.stack([next(v for k, v in channels.items() if k.endswith(f"{name}.{c}")) for c in letters], -1)


def _numbers(channels: dict[str, np.ndarray], camera: Camera) -> dict[str, np.ndarray]:
    depth = next(v for k, v in channels.items() if ".Depth." in k)
    seen = depth < FAR
    normal = _layer(channels, "Normal", "XYZ").astype(np.float64) @ camera.rotation.T * (1, -1, -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    return {
        "depth": np.where(seen, depth, 0).astype(np.float32),
        "normal": np.where(seen[..., None], normal, 0).astype(np.float32),
    }


def find_program(given: str | None = None) -> list[str]:
    """The command that runs a script in Blender's Python, up to the script."""
    name = given or os.environ.get(VARIABLE) or "blender"
    found = shutil.which(os.path.expanduser(name))  # noqa: PTH111 - a bare name is looked for on the path
    if found is None:
        raise MissingExtraError(
            extra="",
            package="Blender",
            purpose="drawing with Cycles",
            how=f"'{name}' is not a program here. Install Blender 4 or newer, or bpy in a Python of its own "
            f"(pip install bpy), and give the program: --backend blender:PROGRAM, or {VARIABLE}=PROGRAM, "
            "where PROGRAM is Blender or that Python",
        )
    if Path(found).name.startswith("python"):
        return [found, "-I"]  # nothing of our own environment
    return [found, "--background", "--factory-startup", "--python-exit-code", "1", "--python"]


class Worker:
    """The process and its folder."""

    def __init__(self, program: list[str]):
        self._room = tempfile.TemporaryDirectory(prefix="flametalk-blender-")
        self.folder = Path(self._room.name)
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._drawn = 0

    def start(self) -> None:
        script = str(files(__package__) / "blender_worker.py")
        split = ["--"] if self._program[-1] == "--python" else []
        with (self.folder / "chatter.txt").open("w") as chatter:
            self._process = subprocess.Popen(
                [*self._program, script, *split, str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=chatter,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        self._wait("ready", START)

    def draw(self, frame: dict[str, object], vertices: np.ndarray, normals: np.ndarray) -> dict[str, dict]:
        """Channels of the files it left."""
        number, self._drawn = self._drawn, self._drawn + 1
        (self.folder / f"frame_{number}.json").write_text(json.dumps(frame))
        np.savez(self.folder / f"frame_{number}.npz", vertices=vertices, normals=normals)
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(f"{number}\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._broken("is gone") from error
        self._wait(f"done {number}", PATIENCE)
        kinds = [kind for kind in ("colour", "numbers") if frame[kind]]
        found = {kind: read_exr(self.folder / f"{kind}_{number}.exr") for kind in kinds}
        for path in self.folder.glob(f"*_{number}.*"):
            path.unlink()
        return found

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
        self._room.cleanup()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("flametalk "):
                    self._answers.put(line.removeprefix("flametalk ").strip())
        except ValueError:  # closed while reading: we are done
            pass
        self._answers.put(None)

    def _wait(self, word: str, seconds: float) -> None:
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise self._broken(f"did not answer for {seconds:g} s") from None
        if answer is None or not answer.startswith(word):
            raise self._broken("stopped")

    def _broken(self, what: str) -> MissingExtraError:
        said = (self.folder / "chatter.txt").read_text(errors="replace").strip().splitlines()
        return MissingExtraError(
            extra="",
            package="Blender",
            purpose="drawing with Cycles",
            how=f"{self._program[0]} {what}; it said: {said[-1] if said else 'nothing'}. "
            "Expected Blender 4 or newer, or a Python that has bpy",
        )
