"""Everything that can draw a head, by the name a user types.

    renderer = open_backend("gl", Settings(look="skin"))  # or "gl:1", "pyrender:osmesa", "blender:PROGRAM"
    renderer.render(vertices, surface, camera, ("colour", "depth"))
    renderer.close()

Nothing that a back end needs is imported before it is opened.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from ...errors import InputError, UnknownNameError
from ..backend import Abilities, Renderer
from ..settings import Settings

BACKENDS: Final = {  # name -> file of this folder and the class in it
    "cpu": ("..cpu", "CpuRenderer"),
    "gl": (".gl", "GlRenderer"),
    "pyrender": (".pyrender", "PyrenderRenderer"),
    "pytorch3d": (".pytorch3d", "Pytorch3dRenderer"),
    "blender": (".blender", "BlenderRenderer"),
}


def open_backend(backend: str, settings: Settings | None = None) -> Renderer:
    """The back end of this name. After a colon it may say where: the number of a GPU (`gl`), `egl` or
    `osmesa` (`pyrender`), a torch device (`pytorch3d`), a program (`blender`)."""
    name, colon, place = backend.partition(":")
    make = _class(name)
    settings = settings or Settings()
    if colon and (name == "cpu" or not place):
        raise InputError(f"back end '{backend}': say {name}" + ("" if name == "cpu" else f" or {name}:WHERE"))
    abilities_of(name).check(settings.mode, (), settings.antialias)
    return make(settings, place) if colon else make(settings)


def abilities_of(name: str) -> Abilities:
    """What a back end can draw, installed or not."""
    return _class(name).abilities  # type: ignore[attr-defined]


def _class(name: str) -> Callable[..., Renderer]:
    if name not in BACKENDS:
        raise UnknownNameError("back end", name, BACKENDS)
    home, kind = BACKENDS[name]
    return getattr(import_module(home, __name__), kind)
