"""Small meshes with known answers."""

import numpy as np

from flametalk.render import Camera, Surface, from_faces


def ball(rings: int = 24, radius: float = 0.1, centre: tuple[float, float, float] = (0, 0, 0)):
    """A sphere of quads split in triangles (poles degenerate): vertices, faces, quads."""
    height = np.linspace(0, np.pi, rings + 1)
    turn = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    t, p = np.meshgrid(height, turn, indexing="ij")
    points = np.stack([np.sin(t) * np.sin(p), np.cos(t), np.sin(t) * np.cos(p)], -1).reshape(-1, 3)
    n = 2 * rings
    i, j = (a.ravel() for a in np.meshgrid(np.arange(rings), np.arange(n), indexing="ij"))
    k = (j + 1) % n
    quads = np.stack([i * n + j, (i + 1) * n + j, (i + 1) * n + k, i * n + k], -1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return (points * radius + centre).astype(np.float32), faces, quads


def flat_camera(width: int = 16, height: int = 16) -> Camera:
    """Weak perspective, one pixel a metre, world (0, 0) at the top left corner, y of the world upwards:
    the point (x, −y, z) lands on pixel (x, y) at depth 10 − z."""
    turn = np.diag([1.0, -1.0, -1.0])
    return Camera(width, height, 1.0, turn, np.array([0, 0, 10.0]), centre=(0.0, 0.0), perspective=False)


def on_screen(points: list[tuple[float, float]], z: float = 0.0) -> np.ndarray:
    """Vertices at these pixels of `flat_camera`."""
    return np.array([(x, -y, z) for x, y in points], np.float32)


def triangle() -> Surface:
    return from_faces(np.array([[0, 1, 2]]))
