"""Optional packages and the error tree."""

import sys
from pathlib import Path

import pytest

from flametalk import errors
from flametalk.extras import require

pytestmark = pytest.mark.core


def test_a_missing_package_names_its_extra() -> None:
    with pytest.raises(errors.MissingExtraError) as caught:
        require("no_such_package_anywhere.part", "gl", "OpenGL rendering")
    assert str(caught.value) == (
        "OpenGL rendering needs 'no_such_package_anywhere': pip install 'flametalk[gl]'"
    )
    assert caught.value.extra == "gl"


def test_a_package_broken_inside_tells_its_own_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import something_it_lacks\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_it_lacks") as caught:
        require("half_installed", "gl", "x")
    assert not isinstance(caught.value, errors.MissingExtraError)


def test_require_gives_the_module() -> None:
    assert require("json", "gl", "x") is sys.modules["json"]


def test_every_extra_named_in_the_code_exists() -> None:
    import re
    import tomllib

    root = Path(errors.__file__).parent
    project = tomllib.loads((root.parent / "pyproject.toml").read_text())["project"]
    named = set()
    for path in root.rglob("*.py"):
        named |= set(re.findall(r'require\(\s*"[^"]+",\s*"([^"]+)"', path.read_text()))
        named |= set(re.findall(r'MissingExtraError\(\s*"([^"]+)"', path.read_text()))
    assert named <= set(project["optional-dependencies"])


def test_the_tree() -> None:
    ours = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.FlametalkError)]
    assert len(ours) == 9
    for error in ours:
        assert error.__name__ in errors.__doc__
    error = errors.UnknownNameError("view", "forth", ["front", "profile"])
    assert str(error) == "unknown view 'forth'. Did you mean 'front'? Valid: front, profile"
    assert str(errors.FileError("a.npz", "is empty", field="jaw")) == "a.npz: field 'jaw': is empty"
