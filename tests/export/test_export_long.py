"""An hour of motion: no format needs much more memory than the clip's own numbers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FRAMES = 90_000  # an hour at 25 frames a second
MESHES = (".pc2", ".abc")  # gigabytes for a whole head; the blocks are the same for a small one
EXPORT = """
import json, resource, sys
from export.export_clips import lively_clip
from head.synthetic import tiny_head
from pathlib import Path
import torch
from flametalk.export import export
from flametalk.head import Head

path, frames, tiny = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "tiny"
head = tiny_head(v=64, dtype=torch.float32) if tiny else Head.load()
clip = lively_clip(head, frames=frames)
export(clip.cut(0, 1), path, head, texture_size=64)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export(clip, path, head, texture_size=64)
print(json.dumps([(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, path.stat().st_size]))
"""


@pytest.mark.parametrize(
    ("ending", "megabytes"),
    [
        (".pc2", 100),
        (".abc", 100),
        (".bvh", 250),
        (".json", 150),
        (".csv", 300),
        (".fbx", 600),
        (".glb", 800),
    ],
)
def test_an_hour_takes_bounded_memory(ending: str, megabytes: float, tmp_path: Path) -> None:
    if ending == ".abc":
        pytest.importorskip("alembic3d", reason="extra 'alembic' is not installed")
    tests = Path(__file__).parents[1]
    kind = "tiny" if ending in MESHES else "built-in"
    command = [sys.executable, "-c", EXPORT, str(tmp_path / f"hour{ending}"), str(FRAMES), kind]
    ran = subprocess.run(command, cwd=tests, capture_output=True, text=True, timeout=1800)
    assert ran.returncode == 0, ran.stderr
    grown, size = json.loads(ran.stdout)
    assert grown < megabytes, f"{grown:.0f} MB more for a file of {size / 1e6:.0f} MB"
    assert size > FRAMES * 60
