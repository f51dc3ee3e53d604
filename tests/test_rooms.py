"""Imports between rooms only go downwards, and `import flametalk` stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import flametalk

PACKAGE = Path(flametalk.__file__).parent

# From the cellar to the roof. A room may import, at the top of a file, only rooms of lower floors.
FLOORS = [
    ["version", "conventions", "errors"],
    ["files", "extras", "jit", "timeline", "rotations"],
    ["unpickle", "normals"],
    ["audio", "head"],
    ["clip_parts"],
    ["clip"],
    ["joining", "plot"],
    ["motion", "render"],
    ["formats"],
    ["generate", "perform", "lift", "export", "metrics"],
    ["control", "mend"],
    ["reenact", "data", "film"],
    ["train", "reel"],
    ["api", "report", "web"],
    ["show", "describe"],
    ["commands"],
    ["cli", "__init__"],
    ["__main__"],
]
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

# Shortcuts that lead a user upstairs; they import inside the function, where the work is done.
SHORTCUTS = {
    ("clip", "joining"),
    ("clip", "plot"),
    ("clip", "formats"),
    ("clip", "motion"),
    ("clip", "film"),
    ("clip", "export"),
    ("clip", "show"),
}


def _imports(path: Path, package: Path = PACKAGE) -> list[tuple[str, bool]]:
    """Rooms that a file imports, and whether at the top level."""
    tree = ast.parse(path.read_text())
    here = path.relative_to(package).parent.parts
    top = {id(node) for node in tree.body}
    type_only = {  # `if TYPE_CHECKING:` runs nothing
        id(inner)
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in type_only or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = []
        if isinstance(node, ast.Import):
            names = [a.name.split(".")[1:] for a in node.names if a.name.startswith("flametalk.")]
        elif node.level:
            base = list(here[: len(here) - node.level + 1])
            tail = node.module.split(".") if node.module else []
            names = [base + tail] if base + tail else [[a.name] for a in node.names]
        elif node.module and node.module.split(".")[0] == "flametalk":
            names = [node.module.split(".")[1:] or [a.name] for a in node.names]
        found += [(name[0], id(node) in top) for name in names if name]
    return found


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.core
@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    room = _room(path)
    assert room in HEIGHT, f"{room} has no floor: add it to FLOORS"
    for target, at_top in _imports(path):
        if target == room:
            continue
        if (room, target) in SHORTCUTS:
            assert not at_top, f"{room} may import {target} only inside a function"
            continue
        if HEIGHT[target] >= HEIGHT[room]:
            raise AssertionError(f"{room} imports {target}, which lies on the same floor or above")


@pytest.mark.parametrize(
    "line",
    ["from ..cli import main", "from .. import cli", "import flametalk.cli", "from flametalk import cli"],
)
def test_the_checker_sees_every_spelling(line: str, tmp_path: Path) -> None:
    (tmp_path / "head").mkdir()
    source = tmp_path / "head" / "model.py"
    source.write_text(f"{line}\ndef f():\n    from ..clip import Clip\n")
    assert _imports(source, tmp_path) == [("cli", True), ("clip", False)]


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.core
def test_import_is_light() -> None:
    heavy = "torch numpy scipy numba av matplotlib PIL".split()
    out = _run(f"import sys, flametalk; print([m for m in {heavy} if m in sys.modules])")
    assert out.strip() == "[]"


@pytest.mark.core
def test_public_names_resolve() -> None:
    for name in flametalk.__all__:
        assert getattr(flametalk, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        flametalk.nonsense  # noqa: B018
