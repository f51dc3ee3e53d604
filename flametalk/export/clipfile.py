"""The clip itself: npz or safetensors, so that `export` knows every ending a clip can have."""

from pathlib import Path

from ..clip import Clip
from ..formats import write_clip
from ..head import Head
from .settings import ExportSettings


def write_clipfile(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """Coefficients only: the head and the settings have no place in it."""
    write_clip(clip, path)
