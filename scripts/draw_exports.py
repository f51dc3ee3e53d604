"""Exported files as Blender draws them, beside our own picture: one sheet to look at.

    python -m scripts.draw_exports --bpy PYTHON [-o SHEET.jpg] [--out DIR]

A made-up performance with an open jaw, a blink and a smile; Blender imports glTF, FBX and USD, and Cycles
draws them at these three moments, with nothing but what is in the files.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from flametalk.clip import Clip
from flametalk.film import camera_for, surface_of
from flametalk.head import Head
from flametalk.render import render_frames
from flametalk.render.grid import grid
from flametalk.render.images import write_image

FILES = ("head.glb", "head.gltf", "head.fbx", "head.usdc", "head.usda", "head.usdz")
MOMENTS = {0: "open jaw", 12: "blink", 24: "smile and turn"}  # frames
SIZE = 260
SAMPLES = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bpy", type=Path, required=True, help="Python that can import bpy")
    parser.add_argument("--out", type=Path, default=Path("out/exports"), help="default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/exports.jpg"), help="the sheet")
    parser.add_argument("--files", nargs="+", default=FILES, metavar="NAME", help="default: %(default)s")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    head = Head.load()
    clip = performance(head)
    camera = camera_for(clip, head, "three-quarter", SIZE)
    frames = render_frames(clip.vertices(head)[[*MOMENTS]].numpy(), surface_of(head), camera, look="skin")
    pictures, labels = list(frames), [f"flametalk, {what}" for what in MOMENTS.values()]
    view = options.out / "view.json"
    upright = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])  # Blender has z up
    pose = (upright @ camera.opengl_pose).tolist()
    view.write_text(json.dumps({"pose": pose, "focal": camera.focal, "size": SIZE, "samples": SAMPLES}))
    for name in options.files:
        clip.export(options.out / name, head)
        stem = options.out / f"{name}.drawn"
        script = [str(options.bpy), str(Path(__file__).parent / "verify" / "exports_in_blender.py")]
        command = [*script, str(options.out / name), str(view), str(stem), *map(str, MOMENTS)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=900)
        told = [line for line in ran.stdout.splitlines() if line.startswith("found ")]
        print(f"{name}: {told[0] if told else ran.stderr.strip().splitlines()[-1]}", flush=True)
        for k, what in enumerate(MOMENTS.values()):
            with Image.open(f"{stem}_{k}.png") as drawn:
                pictures.append(np.asarray(drawn.convert("RGB")))
            labels.append(f"{name.removeprefix('head')}, {what}")
    write_image(grid(pictures, labels, columns=len(MOMENTS)), options.output)
    print(f"wrote {options.output}")


def performance(head: Head) -> Clip:
    """One second through three poses."""
    frames = max(MOMENTS) + 1
    clip = Clip.neutral(frames, made_for=head.name)
    expression, jaw, turn = clip.expression.copy(), clip.jaw.copy(), clip.head.copy()
    time = np.arange(frames)
    jaw[:, 0] = 0.28 * np.clip(1 - time / 8, 0, 1)
    closed = np.clip(1 - np.abs(time - 12) / 4, 0, 1)[:, None]
    expression += closed * head.actions["blink"].expression.numpy()
    smile = head.actions["emotion/happy"]
    amount = np.clip((time - 14) / 10, 0, 1)[:, None]
    expression += amount * smile.expression.numpy()
    jaw += amount * smile.jaw.numpy()
    turn[:, 1] = 0.35 * amount[:, 0]
    return clip.replace(expression=expression, jaw=jaw, head=turn)


if __name__ == "__main__":
    main()
