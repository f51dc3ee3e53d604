"""Exports read back by other people's programs: is it the same head, and have their validators a complaint?

    python scripts/verify_exports.py --node-modules DIR --bpy PYTHON --assimp PYTHON [--out DIR]

Each check runs where its program is: `--node-modules` is a folder with the npm packages gltf-validator and
three (three.js also needs Chromium), `--bpy` the Python of an environment with Blender's `bpy` and NumPy,
`--assimp` one with pyassimp, its library (LD_LIBRARY_PATH) and NumPy.
What is not given or not found is said to be skipped. Exit code 1 if something differs by more than 0.1 mm.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(Path(__file__).parents[1]))

from flametalk.clip import Clip
from flametalk.export.detail import detail_sequence
from flametalk.head import Head
from scripts.chromium import Chromium, find_chromium

FRAMES = (0, 31, 62, 93, 124)
LIMIT = 0.1  # mm
FILES = ("head.glb", "head.gltf", "head.fbx", "head.usdc", "head.usda", "head.usdz")
HERE = Path(__file__).parent
PRESETS = {"blender": 1.0, "unity": 100.0, "unreal": 100.0}  # numbers of the file for a metre

VALIDATE = """
const validator = require(process.argv[1] + "/gltf-validator"), fs = require("fs");
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[2]))).then((report) => {
  console.log(JSON.stringify(report.issues));
});
"""

THREE = """<!doctype html><body style="margin:0"><script type="importmap">{"imports": {
"three": "MODULES/three/build/three.module.js", "three/addons/": "MODULES/three/examples/jsm/"}}</script>
<script type="module">
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(600, 600);
document.body.append(renderer.domElement);
const scene = new THREE.Scene(), camera = new THREE.PerspectiveCamera(20, 1, 0.1, 10);
scene.background = new THREE.Color(0.87, 0.88, 0.89);
scene.add(new THREE.HemisphereLight(0xffffff, 0x998877, 1.6));
const sun = new THREE.DirectionalLight(0xffffff, 2.2);
sun.position.set(-1, 1, 1);
scene.add(sun);
const bytes = Uint8Array.from(atob("GLB"), (c) => c.charCodeAt(0));
new GLTFLoader().parse(bytes.buffer, "", (gltf) => {
  scene.add(gltf.scene);
  const mixer = new THREE.AnimationMixer(gltf.scene);
  mixer.clipAction(gltf.animations[0]).play();
  window.at = (time) => {
    mixer.setTime(time);
    gltf.scene.updateMatrixWorld(true);
    const points = [], v = new THREE.Vector3();
    gltf.scene.traverse((thing) => {
      if (!thing.isSkinnedMesh) return;
      for (let i = 0; i < thing.geometry.attributes.position.count; i++) {
        thing.getVertexPosition(i, v);
        thing.localToWorld(v);
        points.push(v.x, v.y, v.z);
      }
    });
    camera.position.set(0.35, 0.02, 0.95);
    camera.lookAt(0, -0.01, 0);
    renderer.render(scene, camera);
    return points;
  };
});
</script></body>"""


def main() -> int:
    options = arguments()
    head = Head.load()
    clip = moving(head)
    exact = head.to(dtype=torch.float64)
    truth = np.stack([clip.vertices(exact, k, k + 1)[0].numpy() for k in FRAMES])
    options.out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        clip.export(options.out / name, head)
    for preset in PRESETS:
        clip.export(options.out / f"{preset}.fbx", head, preset=preset)
    clip.export(options.out / "cache.fbx", head, point_cache=True)
    clip.export(options.out / "head.abc", head)
    clip.export(options.out / "head.bvh", head)
    clip.export(options.out / "fine.abc", head, detail=True)
    fine = next(detail_sequence(clip, head).blocks())[:2]
    checks = (
        khronos(options),
        three(options, truth, clip.fps),
        assimp(options, truth, clip.fps),
        blender(options, truth, clip.fps),
        more_of_blender(options, truth, fine),
        blender_bvh(options, clip),
    )
    worst = 0.0
    for check in checks:
        for name, text, millimetres in check:
            print(f"{name:<12} {text}")
            worst = max(worst, millimetres)
    return int(worst > LIMIT)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--node-modules", type=Path, help="folder with gltf-validator and three")
    parser.add_argument("--bpy", type=Path, help="Python that can import bpy")
    parser.add_argument("--assimp", type=Path, help="Python that can import pyassimp")
    parser.add_argument("--out", type=Path, default=Path("out/exports"), help="default: %(default)s")
    return parser.parse_args()


def moving(head: Head) -> Clip:
    """Five seconds in which every coefficient and joint moves, beyond the ends of sliders too."""
    rng = np.random.default_rng(3)
    time = np.linspace(0, 2 * np.pi, 125)[:, None]

    def waves(n: int, size: float) -> np.ndarray:
        return size * np.sin(rng.uniform(0.5, 2, n) * time + rng.uniform(0, 6, n))

    return Clip(
        shape=rng.normal(size=head.n_shape),
        expression=waves(head.n_expression, 0.4) + 0.15,
        head=waves(3, 0.3),
        jaw=np.abs(waves(3, 0.2)) * [1, 0.1, 0.1],
        neck=waves(3, 0.15),
        eyes=waves(6, 0.3),
        translation=waves(3, 0.03),
        made_for=head.name,
    )


def apart(theirs: np.ndarray, ours: np.ndarray) -> float:
    """Millimetres, worst over all frames; split vertices are matched over all frames at once."""
    a, b = (points.transpose(1, 0, 2).reshape(points.shape[1], -1) for points in (theirs, ours))
    rows = cKDTree(b).query(a)[1]
    covered = len(np.unique(rows)) == len(b)
    return float(np.linalg.norm(theirs - ours[:, rows], axis=-1).max() * 1000) if covered else float("inf")


def khronos(options: argparse.Namespace) -> Iterator[tuple[str, str, float]]:
    """The official glTF validator."""
    if options.node_modules is None or not (options.node_modules / "gltf-validator").is_dir():
        yield "validator", "skipped: give --node-modules with gltf-validator", 0.0
        return
    for name in ("head.glb", "head.gltf"):
        command = ["node", "-e", VALIDATE, str(options.node_modules.resolve()), str(options.out / name)]
        issues = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
        counts = {kind: issues[f"num{kind}"] for kind in ("Errors", "Warnings", "Infos", "Hints")}
        bad = counts["Errors"] + counts["Warnings"]
        yield "validator", f"{name}: {counts}", float("inf") if bad else 0.0


def three(options: argparse.Namespace, truth: np.ndarray, fps: float) -> Iterator[tuple[str, str, float]]:
    """three.js in Chromium poses the vertices itself; its picture is left beside the files."""
    if options.node_modules is None or find_chromium() is None:
        yield "three.js", "skipped: needs --node-modules with three, and Chromium", 0.0
        return
    import base64

    glb = base64.b64encode((options.out / "head.glb").read_bytes()).decode()
    with tempfile.TemporaryDirectory() as folder, Chromium((620, 760)) as browser:
        page = Path(folder) / "three.html"
        modules = options.node_modules.resolve().as_uri()
        page.write_text(THREE.replace("MODULES", modules).replace("GLB", glb))
        browser.open(page, "window.at")
        theirs = np.stack([np.array(browser.run(f"at({k / fps})", 120)).reshape(-1, 3) for k in FRAMES])
        browser.screenshot(options.out / "three.png")
    millimetres = apart(theirs, truth)
    yield "three.js", f"head.glb: worst {millimetres:.5f} mm; {options.out / 'three.png'}", millimetres


def blender(options: argparse.Namespace, truth: np.ndarray, fps: float) -> Iterator[tuple[str, str, float]]:
    """Every file, imported by Blender."""
    if options.bpy is None:
        yield "Blender", "skipped: give --bpy", 0.0
        return
    for name in FILES:
        found = options.out / f"{name}.npz"
        frames = ",".join(map(str, FRAMES))
        script = [str(options.bpy), str(HERE / "blender_vertices.py")]
        command = [*script, str(options.out / name), frames, str(fps), str(found), f"{found}.png"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if ran.returncode:
            yield "Blender", f"{name}: {ran.stderr.strip().splitlines()[-1]}", float("inf")
            continue
        with np.load(found) as data:
            theirs = np.stack([data[f"frame_{k}"] for k in FRAMES])
            told = f"{len(data['bones'])} bones, {len(data['keys']) - 1} shape keys"
        millimetres = apart(theirs, truth)
        yield "Blender", f"{name}: worst {millimetres:.5f} mm, {told}", millimetres


def assimp(options: argparse.Namespace, truth: np.ndarray, fps: float) -> Iterator[tuple[str, str, float]]:
    """FBX of every preset, read by Assimp; targets, joints and skin put together from its structures."""
    if options.assimp is None:
        yield "Assimp", "skipped: give --assimp", 0.0
        return
    for preset, scale in PRESETS.items():
        found = options.out / f"assimp_{preset}.npz"
        script = [str(options.assimp), str(HERE / "verify" / "fbx_in_assimp.py")]
        times = [str(k / fps) for k in FRAMES]
        command = [*script, str(options.out / f"{preset}.fbx"), str(found), *times]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if ran.returncode:
            yield "Assimp", f"{preset}.fbx: {ran.stderr.strip().splitlines()[-1]}", float("inf")
            continue
        with np.load(found) as data:
            theirs = data["vertices"] / scale
            told = f"{len(data['bones'])} bones, {data['targets']} targets, {data['textures']} texture"
        if preset != "unity":
            theirs = z_up(theirs)
        millimetres = apart(theirs, truth)
        yield "Assimp", f"{preset}.fbx: worst {millimetres:.5f} mm, {told}", millimetres


def z_up(points: np.ndarray) -> np.ndarray:
    """To our axes."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def more_of_blender(
    options: argparse.Namespace, truth: np.ndarray, fine: np.ndarray
) -> Iterator[tuple[str, str, float]]:
    """Both FBX importers on every preset; caches, the fine mesh too."""
    if options.bpy is None:
        return
    jobs = [(f"{preset}.fbx", importer, truth) for preset in PRESETS for importer in ("python", "native")]
    jobs += [("cache.fbx", "pc2", truth), ("head.abc", "alembic", truth), ("fine.abc", "alembic", fine)]
    for name, importer, expected in jobs:
        frames = FRAMES if expected is truth else range(len(expected))
        data = in_blender(options, name, importer, list(frames))
        if isinstance(data, str):
            yield "Blender", f"{name} ({importer}): {data}", float("inf")
            continue
        millimetres = float(np.linalg.norm(data["vertices"] - expected, axis=-1).max() * 1000)
        parts = f"{len(data['bones'])} bones, {max(len(data['shapes']), 1) - 1} shapes"
        told = f"worst {millimetres:.5f} mm, {parts}"
        scale = np.abs(data["scale"] - 1).max()
        yield "Blender", f"{name} ({importer}): {told}, scale off by {scale:.1g}", millimetres


def blender_bvh(options: argparse.Namespace, clip: Clip) -> Iterator[tuple[str, str, float]]:
    """The joints' turns in the world."""
    if options.bpy is None:
        return
    data = in_blender(options, "head.bvh", "bvh", list(FRAMES))
    if isinstance(data, str):
        yield "Blender", f"head.bvh: {data}", float("inf")
        return
    own = Rotation.from_rotvec(clip.pose()[list(FRAMES)].reshape(-1, 3)).as_matrix().reshape(-1, 5, 3, 3)
    turns = {"root": own[:, 0], "neck": own[:, 0] @ own[:, 1]}
    turns |= {name: turns["neck"] @ own[:, k] for k, name in enumerate(("jaw", "left_eye", "right_eye"), 2)}
    apart = [np.abs(data["turns"][:, k] - turns[str(n)]).max() for k, n in enumerate(data["names"])]
    degrees = float(np.degrees(max(apart)))
    yield "Blender", f"head.bvh: {len(apart)} joints, worst {degrees:.5f}°", 0.0 if degrees < 0.01 else np.inf


def in_blender(options: argparse.Namespace, name: str, importer: str, frames: list[int]) -> "dict | str":
    """What Blender finds, or its last word."""
    found = options.out / f"{name}.{importer}.npz"
    script = [str(options.bpy), str(HERE / "verify" / "fbx_in_blender.py")]
    numbers = [str(frame) for frame in frames]
    command = [*script, str(options.out / name), str(found), "--importer", importer, "--frames", *numbers]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if ran.returncode:
        return ran.stderr.strip().splitlines()[-1]
    with np.load(found) as data:
        return dict(data)


if __name__ == "__main__":
    sys.exit(main())
