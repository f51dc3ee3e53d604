"""Exports read back by other people's programs: is it the same head, and have their validators a complaint?

    python scripts/verify_exports.py --node-modules DIR --bpy PYTHON [--out DIR]

Each check runs where its program is: `--node-modules` is a folder with the npm packages gltf-validator and
three (three.js also needs Chromium), `--bpy` the Python of an environment with Blender's `bpy` and NumPy.
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
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).parents[1]))

from flametalk.clip import Clip
from flametalk.head import Head
from scripts.chromium import Chromium, find_chromium

FRAMES = (0, 31, 62, 93, 124)
LIMIT = 0.1  # mm
FILES = ("head.glb", "head.gltf", "head.fbx", "head.usdc", "head.usda", "head.usdz")
HERE = Path(__file__).parent

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
    truth = np.stack([clip.vertices(head, k, k + 1)[0].numpy() for k in FRAMES])
    options.out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        clip.export(options.out / name, head)
    worst = 0.0
    for check in (khronos(options), three(options, truth, clip.fps), blender(options, truth, clip.fps)):
        for name, text, millimetres in check:
            print(f"{name:<12} {text}")
            worst = max(worst, millimetres)
    return int(worst > LIMIT)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--node-modules", type=Path, help="folder with gltf-validator and three")
    parser.add_argument("--bpy", type=Path, help="Python that can import bpy")
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


if __name__ == "__main__":
    sys.exit(main())
