"""The renderer as plain NumPy: same arguments, same pictures, nothing compiled. The tests compare with it.

Coverage is decided by the same whole numbers as in `raster.py`, so masks agree exactly.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from ..normals import vertex_normals_reference
from .backend import Abilities, Passes, checked_frame
from .camera import Camera
from .colours import encode_table, linear, plain_table
from .cpu import lens_of
from .looks import PUPIL, SCLERA
from .packing import PATTERNS, Paint, paint
from .raster import LIMIT
from .settings import Settings, background_picture, depth_span, uv_of
from .shading import LID_REACH, LID_STEPS
from .surface import Surface

Edge = np.ndarray | np.floating | float


@dataclass(frozen=True)
class ReferenceRenderer:
    """`Renderer` in NumPy."""

    abilities: ClassVar[Abilities] = Abilities("reference")
    settings: Settings = field(default_factory=Settings)

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame; see `CpuRenderer.render`."""
        vertices, own = checked_frame(vertices, surface, passes, self.abilities)
        points, keys, usable = project(vertices, surface, camera, own)
        result: dict[str, np.ndarray] = {}
        if set(passes) & {"colour", "mask"}:
            pattern = np.array(PATTERNS[self.settings.antialias])
            one, ids = (
                rasterise(surface.faces, points, keys, usable, offsets, camera, self.settings.two_sided)
                for offsets in (np.array(PATTERNS[1]), pattern)
            )
            ids = np.where(rims(one[0], points, surface), ids, one)
            result |= self._colour(ids, pattern, points, usable, surface, camera)
        if set(passes) - {"colour", "mask"}:
            pattern = np.array(PATTERNS[1])
            ids = rasterise(surface.faces, points, keys, usable, pattern, camera, self.settings.two_sided)
            result |= measure(ids[0], points, surface, "uv" in passes)
        return Passes(**{name: value for name, value in result.items() if name in passes})

    def _colour(
        self,
        ids: np.ndarray,
        pattern: np.ndarray,
        points: np.ndarray,
        usable: np.ndarray,
        surface: Surface,
        camera: Camera,
    ) -> dict[str, np.ndarray]:
        settings, (n_samples, h, w) = self.settings, ids.shape
        # places: each triangle in each pixel once
        pixel = np.arange(h * w)
        slots = ids.reshape(n_samples, -1)
        pairs = np.stack([np.broadcast_to(pixel, slots.shape), slots], -1).reshape(-1, 2)
        drawn = pairs[:, 1] >= 0
        places, inverse, count = np.unique(pairs[drawn], axis=0, return_inverse=True, return_counts=True)
        offset = np.repeat(pattern, h * w, axis=0)[drawn]
        middle = np.stack([np.bincount(inverse, offset[:, c], len(places)) for c in (0, 1)], -1)
        at = np.stack([places[:, 0] % w, places[:, 0] // w], -1) * 256 + middle / count[:, None]
        face, share = places[:, 1], (count / n_samples)[:, None]
        weights, area = corner_weights(points, surface.faces[face], at)
        side = np.where(area < 0, 1.0, -1.0)

        coat = paint(surface, settings.the_look)
        if settings.mode in ("shaded", "wire"):
            colour = light(face, at, weights, area, points, surface, camera, coat, ids, places[:, 0])
            if settings.mode == "wire":
                line = wire(surface, points, face, at)[:, None]
                colour = colour + (np.array([0.03, 0.055, 0.08]) - colour) * line
        else:
            span = settings.depth_range or depth_span(points[usable, 2])
            colour = data_colour(settings.mode, face, weights, side, points, surface, span)

        plain = background_picture(settings, camera).reshape(-1, 3)
        covered = np.bincount(places[:, 0], share[:, 0], h * w)[:, None]
        total = np.stack(
            [np.bincount(places[:, 0], share[:, 0] * np.clip(colour[:, c], 0, 1), h * w) for c in range(3)],
            -1,
        )
        behind = plain / 255 if settings.is_data else linear(plain)
        table = plain_table() if settings.is_data else encode_table()
        index = np.clip(total + (1 - covered) * behind, 0, 1) * (len(table) - 1) + 0.5
        picture = np.where(covered > 0, table[index.astype(int)], plain).astype(np.uint8)
        return {"colour": picture.reshape(h, w, 3), "mask": covered.reshape(h, w).astype(np.float32)}


def project(
    vertices: np.ndarray, surface: Surface, camera: Camera, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """points (subpixels, depth, normal, weight), depth keys, usable: as in `raster.project`."""
    lens, (r, v) = lens_of(camera), (camera.rotation, vertices.astype(np.float64))
    x, y, z = (r[k, 0] * v[:, 0] + r[k, 1] * v[:, 1] + r[k, 2] * v[:, 2] + lens[k] for k in range(3))
    usable = (z >= lens[6]) & (z <= lens[7])
    safe = np.where(usable, z, 1.0)
    scale = lens[3] / safe if camera.perspective else np.full_like(z, lens[3])
    column = np.floor((x * scale + lens[4]) * 256.0 + 0.5)
    row = np.floor((y * scale + lens[5]) * 256.0 + 0.5)
    usable &= (np.abs(column) <= LIMIT) & (np.abs(row) <= LIMIT)
    normals = vertex_normals_reference(vertices, surface.faces) if own is None else own
    normals = normals @ r.T * (1, -1, -1)
    one = np.ones_like(z)
    weight = 1.0 / safe if camera.perspective else one
    points = np.stack([column, row, z, *normals.T, weight, one], -1)
    return points.astype(np.float32), 1.0 / safe if camera.perspective else -z, usable


def rasterise(
    faces: np.ndarray,
    points: np.ndarray,
    keys: np.ndarray,
    usable: np.ndarray,
    pattern: np.ndarray,
    camera: Camera,
    two_sided: bool,
) -> np.ndarray:
    """Nearest triangle of each sample: all candidates at once, sorted by pixel, key, front first, number."""
    h, w = camera.height, camera.width
    ids = np.full((len(pattern), h * w), -1, np.int32)
    numbers = np.flatnonzero(usable[faces].all(1))
    corners = points[faces[numbers], :2].astype(np.int64)
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    keep = (area != 0) if two_sided else (area < 0)
    numbers, corners, area = numbers[keep], corners[keep], area[keep]
    front, key = area < 0, keys[faces[numbers]]
    corners[front], key[front] = corners[front][:, [0, 2, 1]], key[front][:, [0, 2, 1]]
    low, high = corners.min(1), corners.max(1)
    a = (corners[:, [1, 2, 0], 1] - corners[:, [2, 0, 1], 1]) * 256
    b = (corners[:, [2, 0, 1], 0] - corners[:, [1, 2, 0], 0]) * 256
    bias = ~((a > 0) | ((a == 0) & (b > 0)))
    inverse = 1.0 / np.abs(area).astype(np.float64)

    def mix(edges: np.ndarray) -> np.ndarray:
        return (edges[:, 0] * key[:, 0] + edges[:, 1] * key[:, 1] + edges[:, 2] * key[:, 2]) * inverse

    kx, ky = mix(a), mix(b)
    for s, offset in enumerate(pattern):
        first = np.maximum((low - offset + 255) >> 8, 0)
        last = np.minimum((high - offset) >> 8, [w - 1, h - 1])
        size = np.maximum(last - first + 1, 0)
        place = first * 256 + offset
        edges = _cross(corners[:, [2, 0, 1]] - corners[:, [1, 2, 0]], place[:, None] - corners[:, [1, 2, 0]])
        start = mix(edges)
        count = size[:, 0] * size[:, 1]
        t = np.repeat(np.arange(len(count)), count)
        step = np.arange(len(t)) - np.repeat(np.cumsum(count) - count, count)
        dx, dy = step % np.maximum(size[t, 0], 1), step // np.maximum(size[t, 0], 1)
        inside = (edges[t] - bias[t] + a[t] * dx[:, None] + b[t] * dy[:, None] >= 0).all(1)
        t, dx, dy = t[inside], dx[inside], dy[inside]
        depth = (start[t] + ky[t] * dy + kx[t] * dx).astype(np.float32)
        target = (first[t, 1] + dy) * w + first[t, 0] + dx
        order = np.lexsort((numbers[t], ~front[t], -depth, target))
        target, which = target[order], numbers[t][order]
        best = np.r_[True, target[1:] != target[:-1]] if len(target) else np.zeros(0, bool)
        ids[s, target[best]] = which[best]
    return ids.reshape(-1, h, w)


def rims(ids: np.ndarray, points: np.ndarray, surface: Surface) -> np.ndarray:
    """Pixels that get all samples: `raster.find_rims`."""
    marked = np.zeros(ids.shape, bool)
    h, w = ids.shape
    place = points[surface.faces, :2].astype(np.int64)
    front = _cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]) < 0
    for down, across in ((0, 1), (1, 0)):
        first = (slice(0, h - down), slice(0, w - across))
        second = (slice(down, h), slice(across, w))
        a, b = ids[first], ids[second]
        corners = surface.faces[a][..., :, None], surface.faces[b][..., None, :]
        same = (corners[0] == corners[1]).any((-2, -1)) & (front[a] == front[b])
        same &= (surface.materials[a] == surface.materials[b]) & (a >= 0) & (b >= 0)
        parted = (a != b) & ~same
        marked[first] |= parted
        marked[second] |= parted
    return marked


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def corner_weights(points: np.ndarray, corners: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Perspective-correct weights (n, 3) at places in subpixels; twice the triangles' area, negative for
    fronts."""
    place = points[corners, :2].astype(np.float64) - at[:, None]
    edges = _cross(place[:, [1, 2, 0]], place[:, [2, 0, 1]])
    weights = edges * points[corners, 6]
    return weights / weights.sum(1, keepdims=True), edges.sum(1, keepdims=True)


def blend(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Σ weights · corner values."""
    return np.einsum("nk,nkc->nc", weights, values)


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.sqrt(np.maximum((values**2).sum(-1, keepdims=True), 1e-12))


def light(
    face: np.ndarray,
    at: np.ndarray,
    weights: np.ndarray,
    area: np.ndarray,
    points: np.ndarray,
    surface: Surface,
    camera: Camera,
    coat: Paint,
    ids: np.ndarray,
    pixel: np.ndarray,
) -> np.ndarray:
    """Reflected linear light of each place: the formulas of `shading._light_block`."""
    corners, side = surface.faces[face], np.where(area < 0, 1.0, -1.0)
    normal = unit(blend(weights, points[corners, 3:6]) * side)
    view = np.tile([0.0, 0.0, 1.0], (len(face), 1))
    if camera.perspective:
        ray = (at / 256 - camera.principal_point) / camera.focal
        view = unit(np.stack([-ray[:, 0], ray[:, 1], np.ones(len(ray))], -1))
    values = blend(weights, coat.corners[face])
    wearing = coat.areas[face] > 0
    if wearing.any():
        uv, uv_faces = uv_of(surface, True)
        spread = np.sqrt(coat.areas[face[wearing]] * 65536 / np.abs(area[wearing, 0]))
        found = texture(coat, spread, blend(weights[wearing], uv[uv_faces[face[wearing]]]))
        values[wearing, :3] = found[:, :3]
        values[wearing, 3] *= found[:, 3]
    kind = surface.materials[face]
    eye = (kind >= SCLERA) & (kind <= PUPIL)
    gaze = surface.gaze[corners[eye]].astype(float)
    scale = np.abs(_cross(gaze[:, 1] - gaze[:, 0], gaze[:, 2] - gaze[:, 0]))
    scale = np.sqrt(scale * 65536 / np.abs(area[eye, 0]))[:, None]
    values[eye, :3] = eyeball(blend(weights[eye], gaze), scale, coat.eye)
    shade = 1 - coat.eye[17] * lid_shade(ids, pixel[eye], scale[:, 0], surface.materials)[:, None]
    values[eye, 5:] *= shade
    values[eye, 3:4] /= shade
    values = np.where(side < 0, coat.inside, values)
    colour, (specular, width, ambient, lamps) = values[:, :3], values[:, 3:].T[..., None]

    up = 0.5 + 0.5 * normal[:, 1:2]
    shut = colour * (1 - ambient)
    sky, ground = coat.studio[:3], coat.studio[3:6]
    total = (ground + (sky - ground) * up) * ambient * (1 + shut + shut**2)
    shine = np.zeros((len(face), 1))
    for row, lamp in enumerate(coat.lamps):
        facing = normal @ lamp[:3, None]
        wrapped = np.maximum(1 + (facing - 1) * coat.studio[8:], 0)
        total = total + lamps * lamp[3:6] * wrapped**2
        if row in (0, 3):  # key and catch
            half = lamp[:3] + view
            cosine = np.maximum((normal * half).sum(1, keepdims=True), 0) ** 2
            cosine = cosine / ((half**2).sum(1, keepdims=True) + 1e-12)
            lobe = width / (cosine * (width - 1) + 1)
            shine = shine + lamp[6] * lobe**2 * np.clip(4 * facing, 0, 1)
    graze = 1 - np.clip((normal * view).sum(1, keepdims=True), 0, 1)
    shine = specular * lamps * shine + coat.studio[6] * graze**3 * ambient * up
    value = coat.studio[7] * (colour * total + shine)
    return np.minimum(value, 0.7) + 0.3 - 0.09 / (np.maximum(value - 0.7, 0) + 0.3)


def smooth(low: Edge, high: Edge, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def texture(coat: Paint, side: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Texture light (n, 4) where a pixel is `side` texels wide: `shading._texture`."""
    mantissa, exponent = np.frexp(np.maximum(side, 1))
    last = len(coat.pyramid.levels) - 1
    level = np.minimum(exponent - 1, last)
    part = np.where(level == last, 0, 2 * mantissa - 1)[:, None]
    result = np.zeros((len(side), 4))
    for number in range(last + 1):
        share = (level == number) * (1 - part[:, 0]) + (level == number - 1) * part[:, 0]
        used = share > 0
        result[used] += share[used, None] * bilinear(coat.pyramid.level(number), uv[used])
    return result


def bilinear(values: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """A picture between its texels; the border goes on for ever."""
    height, width = values.shape[:2]
    x = np.clip(uv[:, 0] * width - 0.5, 0, width - 1)
    y = np.clip((1 - uv[:, 1]) * height - 0.5, 0, height - 1)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(column + 1, width - 1), np.minimum(row + 1, height - 1)
    a, b = (x - column)[:, None], (y - row)[:, None]
    top = values[row, column] * (1 - a) + values[row, right] * a
    return top * (1 - b) + (values[below, column] * (1 - a) + values[below, right] * a) * b


def eyeball(gaze: np.ndarray, scale: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """Colour of the eyeball at gaze places in iris radii, `scale` to the pixel: `shading._band`."""
    sclera, inner_colour, outer, limbus, pupil = eye[:15].reshape(5, 3)
    radius, height = np.linalg.norm(gaze, axis=1, keepdims=True), gaze[:, 1:]
    angle, soft = np.arctan2(height, gaze[:, :1]), 0.7 * scale
    edge = np.maximum(0.05, soft)
    hole = 1 - smooth(eye[15] - edge, eye[15] + edge, radius)
    streak = np.where(radius < 1.1, np.sin(angle * 17) + 0.6 * np.sin(angle * 29 + 1), 0)
    streak = streak * eye[16] * np.maximum(1 - 6 * scale, 0)
    value = (outer + (inner_colour - outer) * (1 - smooth(eye[15], 0.9, radius))) * (1 + streak * (1 - hole))
    value = value * (1 - 0.45 * height)
    value = value + (limbus - value) * smooth(0.66, 1.0, radius)
    value = value + (pupil - value) * hole
    ball = sclera * (1 - np.array([0.15, 0.27, 0.27]) * smooth(1.2, 2.4, radius))
    edge = np.maximum(0.08, soft)
    return value + (ball - value) * smooth(1.02 - edge, 1.02 + edge, radius)


def lid_shade(ids: np.ndarray, pixel: np.ndarray, scale: np.ndarray, materials: np.ndarray) -> np.ndarray:
    """How near the upper lid is, 1 = touching: `shading._lid_shade`."""
    n_samples, _, w = ids.shape
    kind = materials[ids]
    seen = ((ids < 0) | ((kind >= SCLERA) & (kind <= PUPIL))).sum(0) / n_samples  # share that is no lid
    row, column = pixel // w, pixel % w
    way, going, blocked = np.full(len(pixel), 0.5), np.ones(len(pixel), bool), np.zeros(len(pixel), bool)
    for step in range(1, LID_STEPS + 1):
        going &= row >= step
        share = seen[np.maximum(row - step, 0), column]
        way = way + np.where(going, share, 0)
        blocked |= going & (share < 1)
        going &= share == 1
    reach = np.maximum(np.minimum(LID_REACH, LID_STEPS * scale), 1e-12)
    near = np.where(blocked, np.maximum(1 - way * scale / reach, 0), 0)
    return near * near * (3 - 2 * near)


def wire(surface: Surface, points: np.ndarray, face: np.ndarray, at: np.ndarray) -> np.ndarray:
    """How much of a line is at each place, 0…1."""
    ends = points[surface.faces[face], :2].astype(np.float64)
    along = np.roll(ends, -1, 1) - ends
    length = np.sqrt(np.maximum((along**2).sum(-1), 1))
    distance = np.abs(_cross(along, at[:, None] - ends)) / length
    lines = np.where(surface.edges[face], 1 - smooth(50.0, 230.0, distance), 0)
    return 0.75 * lines.max(1)


def data_colour(
    mode: str,
    face: np.ndarray,
    weights: np.ndarray,
    side: np.ndarray,
    points: np.ndarray,
    surface: Surface,
    span: tuple[float, float] | np.ndarray,
) -> np.ndarray:
    """Colours of the modes that show numbers."""
    corners = surface.faces[face]
    if mode == "normals":
        return 0.5 + 0.5 * unit(blend(weights, points[corners, 3:6])) * side
    if mode == "depth":
        z = blend(weights, points[corners, 2:3])
        return np.repeat((span[1] - z) / (span[1] - span[0]), 3, axis=1)
    if mode == "uv":
        uv, uv_faces = uv_of(surface, True)
        place = blend(weights, uv[uv_faces[face]])
        checker = np.floor(place * 32).sum(1) % 2
        return np.c_[place, np.where(checker == 1, 0.6, 0.25)]
    return np.ones((len(face), 3))


def measure(ids: np.ndarray, points: np.ndarray, surface: Surface, with_uv: bool) -> dict[str, np.ndarray]:
    """The data passes at pixel centres."""
    h, w = ids.shape
    rows, columns = np.nonzero(ids >= 0)
    face = ids[rows, columns]
    corners = surface.faces[face]
    weights, area = corner_weights(points, corners, np.stack([columns, rows], -1) * 256.0 + 128.0)
    normal = unit(blend(weights, points[corners, 3:6])) * np.where(area < 0, 1.0, -1.0)
    found = {"face": ids, "barycentric": weights, "normal": normal}
    found["depth"] = blend(weights, points[corners, 2:3])[:, 0]
    if with_uv:
        uv, uv_faces = uv_of(surface, True)
        found["uv"] = blend(weights, uv[uv_faces[face]])
    for name in ("barycentric", "normal", "depth", "uv"):
        if name in found:
            values = found[name].astype(np.float32)
            found[name] = np.zeros((h, w, *values.shape[1:]), np.float32)
            found[name][rows, columns] = values
    return found
