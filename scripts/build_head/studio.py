"""A head in front of a camera: poses in, square pictures out."""

import math
from functools import cached_property

import numpy as np
import torch

from flametalk.conventions import N_EXPRESSION, N_SHAPE
from flametalk.head import Head
from flametalk.head.dense import dense_mesh
from flametalk.render import Camera, CpuRenderer, Settings, Surface, from_head, perspective
from flametalk.render.dense import dense_surface

DISTANCE = 0.9  # metres from the camera to what it looks at


class Studio:
    """Draws poses of one head."""

    def __init__(self, head: Head) -> None:
        self.head, self.surface = head, from_head(head)
        self.renderers: dict[tuple[str, str], CpuRenderer] = {}

    def tile(
        self,
        view: tuple[float, float],
        part: tuple[tuple[float, float, float], float],
        size: int,
        *,
        shape: torch.Tensor | None = None,
        expression: torch.Tensor | None = None,
        pose: torch.Tensor | None = None,
        mode: str = "shaded",
        look: str = "skin",
        code: np.ndarray | None = None,
        detail: bool = False,
    ) -> np.ndarray:
        """A square picture; coefficients that are left out are zero. `detail` shows wrinkles, those of `code`
        and those that expression and shape make."""
        vertices = self.head.vertices(
            torch.zeros(1, N_SHAPE) if shape is None else shape[None],
            torch.zeros(1, N_EXPRESSION) if expression is None else expression[None],
            torch.zeros(1, 5, 3) if pose is None else pose[None],
        )
        camera, drawn, surface = aimed(view, part, size), vertices[0].numpy(), self.surface
        if detail:
            mesh = dense_mesh(self.head)
            given = (None if values is None else values[None].numpy() for values in (expression, shape))
            strengths = mesh.basis.code(self.head, None if code is None else code[None], *given)
            drawn, surface = mesh.frames(drawn[None], strengths)[0], self.fine
        return self.renderer(mode, look).render(drawn, surface, camera).colour

    @cached_property
    def fine(self) -> Surface:
        return dense_surface(self.head, dense_mesh(self.head))

    def renderer(self, mode: str, look: str) -> CpuRenderer:
        if (mode, look) not in self.renderers:
            self.renderers[mode, look] = CpuRenderer(Settings(mode=mode, look=look))
        return self.renderers[mode, look]

    def action(
        self, name: str, view: tuple[float, float], part: tuple, size: int, level: float = 1.0,
        shape: torch.Tensor | None = None, detail: bool = False,
    ) -> np.ndarray:  # fmt: skip
        """A named action."""
        action = self.head.actions[name]
        pose = torch.zeros(5, 3)
        pose[2], pose[3:] = action.jaw * level, action.eyes.reshape(2, 3) * level
        return self.tile(
            view, part, size, expression=action.expression * level, pose=pose, shape=shape, detail=detail
        )


def aimed(view: tuple[float, float], part: tuple, size: int) -> Camera:
    """A camera toward a part of the head, `part` being its centre and visible height in millimetres."""
    yaw, pitch = (math.radians(angle) for angle in view)
    away = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
    target = np.array(part[0]) / 1000
    return perspective(target + DISTANCE * away, target, size, size, 2 * math.atan(part[1] / 2000 / DISTANCE))
