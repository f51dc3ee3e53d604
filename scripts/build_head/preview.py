"""A small software renderer for looking at the template: z-buffer, smooth normals, three lights, 2 x 2 supersampling."""
import numpy as np
from numba import njit
from PIL import Image, ImageDraw

from .occlusion import vertex_normals
from .surface import triangulate

COLOURS = {"skin": (205, 168, 150), "lips": (190, 126, 118), "sclera": (238, 236, 232), "iris": (92, 112, 122),
           "pupil": (16, 16, 18), "teeth": (240, 234, 220), "gums": (196, 110, 108), "tongue": (196, 104, 104),
           "mouth": (120, 52, 52)}
LIGHTS = (((-0.45, 0.55, 0.75), 0.72), ((0.75, 0.15, 0.55), 0.28), ((0.2, 0.5, -0.85), 0.30))
BACKGROUND = (236, 237, 240)


@njit(cache=True)
def _raster(screen, normals, light, corner_uv, tris, face_of, width, height, zbuf, nbuf, fbuf, lbuf, tbuf):
    for t in range(tris.shape[0]):
        a, b, c = tris[t, 0], tris[t, 1], tris[t, 2]
        x0, y0, x1, y1, x2, y2 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        lo_x, hi_x = max(int(min(x0, x1, x2)), 0), min(int(max(x0, x1, x2)) + 1, width - 1)
        lo_y, hi_y = max(int(min(y0, y1, y2)), 0), min(int(max(y0, y1, y2)) + 1, height - 1)
        for y in range(lo_y, hi_y + 1):
            for x in range(lo_x, hi_x + 1):
                px, py = x + 0.5, y + 0.5
                w0 = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) / area
                w1 = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) / area
                w2 = 1 - w0 - w1
                if w0 >= -1e-6 and w1 >= -1e-6 and w2 >= -1e-6:
                    z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                    if z < zbuf[y, x]:
                        zbuf[y, x] = z
                        fbuf[y, x] = face_of[t]
                        lbuf[y, x] = w0 * light[a] + w1 * light[b] + w2 * light[c]
                        for k in range(2):
                            tbuf[y, x, k] = w0 * corner_uv[t, 0, k] + w1 * corner_uv[t, 1, k] + w2 * corner_uv[t, 2, k]
                        for k in range(3):
                            nbuf[y, x, k] = w0 * normals[a, k] + w1 * normals[b, k] + w2 * normals[c, k]


def camera(yaw, pitch):
    """World to view rotation for a camera turned `yaw` degrees to the subject's left and `pitch` up."""
    y, p = np.radians(yaw), np.radians(pitch)
    turn = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    return nod @ turn


def render(points, quads, colours, yaw=0, pitch=0, centre=(0, -30, 30), span=300, size=500, wire=False, distance=900.0,
           grey=False, light=None, paint=None):
    """An RGB image of the mesh (millimetres) seen by a perspective camera; span is the visible height at the centre.

    paint is (albedo image, uv, uv_quads); without it faces show their flat colours.
    """
    tris, face_of = triangulate(quads)
    view = (points - np.asarray(centre, float)) @ camera(yaw, pitch).T
    depth = distance - view[:, 2]
    n = size * 2
    scale = n / span * distance / depth
    screen = np.c_[n / 2 + view[:, 0] * scale, n / 2 - view[:, 1] * scale, depth]
    normals = vertex_normals(view, tris)
    light = np.ones(len(points)) if light is None else light
    corner_uv = np.zeros((len(tris), 3, 2)) if paint is None else paint[1][triangulate(paint[2])[0]]
    zbuf, fbuf, nbuf = np.full((n, n), 1e9), np.full((n, n), -1), np.zeros((n, n, 3))
    lbuf, tbuf = np.ones((n, n)), np.zeros((n, n, 2))
    _raster(screen, normals, light, corner_uv, tris, face_of, n, n, zbuf, nbuf, fbuf, lbuf, tbuf)
    hit = fbuf >= 0
    nrm = nbuf / np.maximum(np.linalg.norm(nbuf, axis=2, keepdims=True), 1e-9)
    back = nrm[..., 2] < -0.05
    shade = np.full((n, n), 0.20)
    for direction, power in LIGHTS:
        d = np.asarray(direction) / np.linalg.norm(direction)
        shade += power * np.clip(nrm @ d, 0, 1)
    half = np.array([-0.3, 0.35, 1.0])
    gloss = np.clip(nrm @ (half / np.linalg.norm(half)), 0, 1) ** 40
    base = np.full((len(quads), 3), 190.0) if grey else colours
    image = np.empty((n, n, 3))
    image[:] = BACKGROUND
    tone = base[fbuf[hit]] if paint is None else _texels(paint[0], tbuf[hit])
    lit = tone * shade[hit][:, None] + 26 * gloss[hit][:, None]
    lit *= (0.25 + 0.85 * lbuf[hit])[:, None]
    lit[back[hit]] *= [0.55, 0.5, 0.7]
    image[hit] = lit
    if wire:
        _draw_wire(image, screen, quads, zbuf)
    image = np.clip(image, 0, 255).reshape(size, 2, size, 2, 3).mean((1, 3))
    return Image.fromarray(image.astype(np.uint8))


def _texels(albedo, uv):
    """Bilinear look-up; v = 1 is the image's first row."""
    size = np.array(albedo.shape[1::-1])
    at = np.clip(uv * [1, -1] + [0, 1], 0, 1) * size - 0.5
    low = np.clip(np.floor(at).astype(int), 0, size - 2)
    x, y = low.T
    a, b = (at - low).T[:, :, None]
    row = lambda r: (1 - a) * albedo[r, x] + a * albedo[r, x + 1]
    return (1 - b) * row(y) + b * row(y + 1)


def _draw_wire(image, screen, quads, zbuf):
    n = len(image)
    edges = np.vstack([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    edges = np.unique(np.sort(edges[(edges >= 0).all(1)], 1), axis=0)
    a, b = screen[edges[:, 0]], screen[edges[:, 1]]
    t = np.linspace(0, 1, 60)[None, :, None]
    p = (a[:, None] + t * (b - a)[:, None]).reshape(-1, 3)
    x, y = p[:, 0].astype(int), p[:, 1].astype(int)
    ok = (x >= 0) & (y >= 0) & (x < n) & (y < n)
    x, y, z = x[ok], y[ok], p[ok, 2]
    seen = z < zbuf[y, x] + 0.6
    image[y[seen], x[seen]] = 0.45 * image[y[seen], x[seen]] + [10, 20, 50]


VIEWS = {
    "front": dict(yaw=0, centre=(0, -38, 30), span=320),
    "three_quarter": dict(yaw=38, pitch=0, centre=(0, -38, 20), span=320),
    "profile": dict(yaw=90, centre=(0, -38, 8), span=320),
    "face": dict(yaw=0, centre=(0, -40, 70), span=165),
    "face_turned": dict(yaw=32, centre=(0, -40, 70), span=165),
    "eye": dict(yaw=8, centre=(31, 0, 75), span=56),
    "below": dict(yaw=0, pitch=-32, centre=(0, -48, 90), span=70),
    "mouth": dict(yaw=18, centre=(0, -67, 90), span=72),
    "ear": dict(yaw=78, centre=(75, -18, -8), span=86),
    "back": dict(yaw=155, centre=(0, -38, 0), span=320),
    "wire": dict(yaw=12, centre=(10, -35, 70), span=165, wire=True),
    "wire_side": dict(yaw=62, centre=(40, -45, 20), span=250, wire=True),
}


def sheet(points, quads, colours, names, columns=3, size=460, **more):
    """A contact sheet of named views."""
    rows = -(-len(names) // columns)
    page = Image.new("RGB", (columns * size, rows * size), BACKGROUND)
    for i, name in enumerate(names):
        tile = render(points, quads, colours, size=size, **{**VIEWS[name], **more})
        ImageDraw.Draw(tile).text((6, 4), name, fill=(60, 60, 60))
        page.paste(tile, ((i % columns) * size, (i // columns) * size))
    return page
