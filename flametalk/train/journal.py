"""What a run tells: a progress bar, lines of text, TensorBoard, pictures."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..extras import require
from ..head import Head
from .objective import Errors
from .validate import Validation

MOMENTS = 8  # frames of the picture
EVERY = 20  # steps between points in TensorBoard
SMOOTH = 0.98  # of the loss in the bar


class Journal:
    """Of one run. Processes other than the first are silent."""

    def __init__(self, folder: Path, quiet: bool, writes: bool = True):
        self.folder, self.quiet, self.writes = folder, quiet or not writes, writes
        folder.mkdir(parents=True, exist_ok=True)
        self._board: Any = None
        self._bar: Any = None

    @property
    def board(self) -> Any:
        """TensorBoard's writer, opened when the first point is written."""
        if self._board is None:
            require("tensorboard", "train", "writing training curves")
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self.folder / "tensorboard"))
        return self._board

    def say(self, text: str) -> None:
        if not self.quiet:
            from tqdm import tqdm

            tqdm.write(text, file=sys.stderr)

    @contextmanager
    def bar(self, first: int, total: int) -> Iterator["LossBar"]:
        """Steps done, loss, and when it will end."""
        from tqdm import tqdm

        with tqdm(
            total=total, initial=first, desc="training", unit="step", disable=self.quiet, dynamic_ncols=True,
            mininterval=1.0 if sys.stderr.isatty() else 30.0,
        ) as bar:  # fmt: skip
            yield LossBar(bar)

    def write(self, step: int, errors: Errors, rate: float) -> None:
        if not self.writes or (step % EVERY and step != 1):
            return
        for name in ("total", "numbers", "lips", "gap"):
            self.board.add_scalar(f"loss/{name}", float(getattr(errors, name)), step)
        self.board.add_scalar("rate", rate, step)

    def show(self, step: int, seen: Validation, head: Head) -> None:
        """Figures, and a strip of made above true faces."""
        from PIL import Image

        from ..film import picture_strip

        for name, value in seen.figures.items():
            self.board.add_scalar(f"validation/{name}", value, step)
        self.say(
            f"step {step:,}: lips {seen.lip_error:.2f} mm off (mean pose {seen.still_error:.2f}), "
            f"aperture r {seen.aperture:.3f}"
        )
        path = self.folder / "pictures" / f"{step:07d}.png"
        clip = _above(seen.made, seen.truth)
        picture_strip(clip, path, head=head, times=clip.times.tolist(), size=160)
        with Image.open(path) as picture:
            self.board.add_image("made above, true below", np.asarray(picture), step, dataformats="HWC")

    def close(self) -> None:
        if self._board is not None:
            self._board.close()


def _above(made: Clip, truth: Clip) -> Clip:
    """Moments of one clip, then the same moments of the other."""
    frames = np.linspace(0, made.n_frames - 1, MOMENTS + 2).round().astype(int)[1:-1]

    def both(name: str) -> np.ndarray | None:
        a, b = getattr(made, name), getattr(truth, name)
        return None if a is None or b is None else np.concatenate([a[frames], b[frames]])

    parts = {name: both(name) for name in ("expression", "head", "jaw", "eyes")}
    return made.replace(shape=made.shapes()[0], detail=None, audio=None, **parts)


class LossBar:
    """A bar with the smoothed loss."""

    def __init__(self, bar: Any):
        self._bar, self._loss = bar, float("nan")

    def update(self, loss: float) -> None:
        self._loss = loss if np.isnan(self._loss) else SMOOTH * self._loss + (1 - SMOOTH) * loss
        self._bar.set_postfix_str(f"loss {self._loss:.4f}", refresh=False)
        self._bar.update()
