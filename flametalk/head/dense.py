"""The head on a finer mesh that can carry detail.

Triangles of the face are cut into `cuts`² each; new vertices are lifted toward the planes of their corners'
normals (Phong tessellation), so that the finer mesh is rounder, and moved along the normal by the detail
heights. Where the fine part ends its edges stay straight, so that there is no crack. The coarse vertices keep
their numbers; the new ones follow.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int32

from ..errors import InputError
from ..normals import fill_normals
from .dense_kernel import fine_frame
from .detail import DetailBasis, load_detail
from .model import Head

CUTS = 4  # each edge of a fine triangle is cut into as many
ROUND = 0.7  # share of the way to the corners' tangent planes
FADE = 3  # rings of coarse triangles over which detail and roundness begin at the fine part's border
BENT = (34.0, 16.0)  # degrees from face to vertex normal where a place is a sharp edge, and where it is even
CLOSED = ("mouth_sack", "lid_tuck_left", "lid_tuck_right")  # regions that stay coarse: nobody sees them


@dataclass(frozen=True, eq=False)
class DenseMesh:
    """How the fine mesh hangs on the coarse one."""

    n_coarse: int
    corners: Int32[np.ndarray, "d 3"]  # coarse vertices of each new vertex
    weights: Float32[np.ndarray, "d 3"]
    roundness: Float32[np.ndarray, "n"]  # per coarse vertex, 0 … 1
    coarse_faces: Int32[np.ndarray, "f 3"]
    faces: Int32[np.ndarray, "g 3"]
    parents: Int32[np.ndarray, "g"]  # the coarse triangle of each
    uv: Float32[np.ndarray, "m 2"]
    uv_faces: Int32[np.ndarray, "g 3"]
    vertex_uv: Float32[np.ndarray, "v 2"]  # of every vertex, for sampling; NaN where the skin is not fine
    basis: DetailBasis
    heights: Any  # (v, 128) sparse, metres

    @property
    def n_vertices(self) -> int:
        return self.n_coarse + len(self.corners)

    def vertices(
        self, coarse: Float[np.ndarray, "t n 3"], code: Float[np.ndarray, "#t 128"] | None = None
    ) -> Float32[np.ndarray, "t v 3"]:
        """The fine mesh of every frame; without a code only rounder."""
        return self.frames(coarse, code)[..., :3]

    def frames(
        self, coarse: Float[np.ndarray, "t n 3"], code: Float[np.ndarray, "#t 128"] | None = None
    ) -> Float32[np.ndarray, "t v 6"]:
        """Positions and unit normals: smooth ones of the coarse mesh, tilted by the heights' slope."""
        coarse = np.ascontiguousarray(coarse, np.float32)
        if coarse.ndim != 3 or coarse.shape[1:] != (self.n_coarse, 3):
            raise InputError(f"vertices have shape {coarse.shape}, expected (frames, {self.n_coarse}, 3)")
        out = np.empty((len(coarse), self.n_vertices, 6), np.float32)
        height = np.zeros(self.n_vertices, np.float32)
        slope = np.empty((self.n_vertices, 4), np.float32)
        normals = np.empty((self.n_coarse, 3), np.float32)
        last = None
        for k, frame in enumerate(coarse):
            if code is not None and (last is None or not np.array_equal(last, code[k % len(code)])):
                last = code[k % len(code)]
                height = (self.heights @ last).astype(np.float32)
            fill_normals(frame, self.coarse_faces, normals)
            fine_frame(
                frame, normals, self.faces, self.corners, self.weights, self.roundness, height,
                np.float32(ROUND), slope, out[k],
            )  # fmt: skip
        return out

    def spread(self, values: Float[np.ndarray, "n *c"]) -> np.ndarray:
        """Values of the coarse vertices on all vertices."""
        values = np.asarray(values)
        fine = np.einsum("dk,dk...->d...", self.weights, values[self.corners])
        return np.concatenate([values, fine]).astype(values.dtype)


@lru_cache(maxsize=2)
def dense_mesh(head: Head, cuts: int = CUTS) -> DenseMesh:
    """The fine mesh of a head that has a detail basis (made once: some seconds)."""
    basis = load_detail(head.name)
    if head.uv is None or head.uv_faces is None:
        raise InputError(f"head {head.name} has no texture coordinates; detail lies in texture space")
    if not 1 <= cuts <= 8:
        raise InputError(f"cuts is {cuts}, expected 1 to 8")
    faces = head.faces.cpu().numpy().astype(np.int32)
    uv = head.uv.cpu().numpy().astype(np.float32)
    uv_faces = head.uv_faces.cpu().numpy().astype(np.int32)
    chosen = _fine_part(head, faces, uv_faces, basis.at(uv))
    inside = _inside(faces, chosen, head.n_vertices)
    roundness = inside * _smooth_places(head.template.cpu().numpy(), faces)
    fine = _cut(faces[chosen], uv_faces[chosen], uv, cuts, head.n_vertices)
    kept = np.flatnonzero(~chosen)
    parents = np.concatenate([kept, np.repeat(np.flatnonzero(chosen), cuts * cuts)]).astype(np.int32)
    vertex_uv = np.full((head.n_vertices, 2), np.nan, np.float32)
    vertex_uv[faces[chosen]] = uv[uv_faces[chosen]]
    vertex_uv = np.concatenate([vertex_uv, fine.uv[: len(fine.corners)]])
    known = ~np.isnan(vertex_uv[:, 0])
    return DenseMesh(
        n_coarse=head.n_vertices,
        corners=fine.corners,
        weights=fine.weights,
        roundness=roundness,
        coarse_faces=faces,
        faces=np.concatenate([faces[kept], fine.faces]),
        parents=parents,
        uv=np.concatenate([uv, fine.uv]),
        uv_faces=np.concatenate([uv_faces[kept], fine.uv_faces]),
        vertex_uv=vertex_uv,
        basis=basis,
        heights=_heights(basis, vertex_uv, known, np.concatenate([inside, _spread(fine, inside)])),
    )


def _heights(basis: DetailBasis, uv: np.ndarray, known: np.ndarray, fade: np.ndarray) -> Any:
    """The basis at every vertex, nothing where the fine part ends."""
    from scipy.sparse import diags

    found = basis.at(np.where(known[:, None], uv, -1.0))
    return (diags((fade * known).astype(np.float32)) @ found).tocsr().astype(np.float32)


def _fine_part(head: Head, faces: np.ndarray, uv_faces: np.ndarray, heights: Any) -> np.ndarray:
    """Which triangles are cut: those that any component reaches."""
    closed = np.zeros(head.n_vertices, bool)
    for name in CLOSED:
        if name in head.regions:
            closed[head.regions[name].long().numpy()] = True
    reach = np.asarray(abs(heights).sum(1)).ravel() > 0
    return reach[uv_faces].any(1) & ~closed[faces].any(1)


def _inside(faces: np.ndarray, chosen: np.ndarray, n: int) -> Float32[np.ndarray, "n"]:
    """Per vertex, 0 outside the fine part and on its border, then rising to 1 within `FADE` rings."""
    edges = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    own = edges[np.repeat(chosen, 3)]
    _, place, count = np.unique(
        own[:, 0].astype(np.int64) * n + own[:, 1], return_inverse=True, return_counts=True
    )
    inside = np.zeros(n, np.float32)
    inside[faces[chosen]] = 1
    inside[own[count[place.ravel()] == 1]] = 0
    for ring in range(1, FADE):
        low = inside.copy()
        np.minimum.at(low, edges[:, 0], inside[edges[:, 1]] + np.float32(ring / FADE))
        np.minimum.at(low, edges[:, 1], inside[edges[:, 0]] + np.float32(ring / FADE))
        inside = np.minimum(inside, low)
    return inside


def _smooth_places(template: np.ndarray, faces: np.ndarray) -> Float32[np.ndarray, "n"]:
    """1 where the mesh is even, 0 at edges such as a lid's or a nostril's, which must keep their form."""
    a, b, c = (template[faces[:, k]].astype(np.float64) for k in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros(template.shape)
    for k in range(3):
        np.add.at(normals, faces[:, k], flat)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-18)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-18)
    worst = np.ones(len(template))
    for k in range(3):
        np.minimum.at(worst, faces[:, k], (flat * normals[faces[:, k]]).sum(1))
    sharp, even = (np.cos(np.radians(angle)) for angle in BENT)
    return np.clip((worst - sharp) / (even - sharp), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class _Fine:
    corners: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    uv: np.ndarray  # of the new vertices first, then extra ones along the texture's seams
    uv_faces: np.ndarray


def _spread(fine: _Fine, values: np.ndarray) -> np.ndarray:
    """0 on the straight edges, too: a new vertex is as round as its least round corner allows."""
    return (fine.weights * values[fine.corners]).sum(1)


def _cut(faces: np.ndarray, uv_faces: np.ndarray, uv: np.ndarray, cuts: int, first: int) -> _Fine:
    """Every triangle as cuts² smaller ones; vertices on shared edges are shared."""
    steps = [(i, j, cuts - i - j) for i in range(cuts + 1) for j in range(cuts + 1 - i)]
    weights = np.array(steps) / cuts
    slot = {step: k for k, step in enumerate(steps)}
    small = [[slot[i, j, k], slot[i - 1, j + 1, k], slot[i - 1, j, k + 1]] for i, j, k in steps if i > 0] + [
        [slot[i, j, k], slot[i - 1, j, k + 1], slot[i, j - 1, k + 1]] for i, j, k in steps if i > 0 and j > 0
    ]
    local = np.array(small)
    # a vertex is known by its corners and shares, in the order of the corners
    corner = np.repeat(faces[:, None], len(steps), 1).reshape(-1, 3)
    share = np.tile(np.array(steps), (len(faces), 1))
    corner = np.where(share > 0, corner, -1)
    order = np.argsort(corner, axis=1, kind="stable")
    key = np.concatenate([np.take_along_axis(corner, order, 1), np.take_along_axis(share, order, 1)], 1)
    unique, sample, number = np.unique(key, axis=0, return_index=True, return_inverse=True)
    number = number.ravel()
    old = unique[:, 5] == cuts  # a corner itself: all shares on the last, greatest one
    ids = np.empty(len(unique), np.int64)
    ids[old] = unique[old, 2]
    ids[~old] = first + np.arange((~old).sum())
    grid = ids[number].reshape(len(faces), len(steps))
    made = sample[~old]
    places = np.einsum("sk,fkc->fsc", weights, uv[uv_faces]).reshape(-1, 2)
    corners = np.repeat(faces[:, None], len(steps), 1).reshape(-1, 3)[made]
    # texture coordinates: one for each vertex and, where the texture has a seam, one for each side
    spot = np.round(places * 2**20).astype(np.int64)
    both = np.concatenate([ids[number][:, None], spot], 1)
    seams, seen, at = np.unique(both, axis=0, return_index=True, return_inverse=True)
    main = np.full(len(made), -1)
    new = seams[:, 0] >= first
    main[seams[new, 0] - first] = np.flatnonzero(new)
    rest = np.setdiff1d(np.arange(len(seams)), main)
    rank = np.empty(len(seams), np.int64)
    rank[main], rank[rest] = np.arange(len(main)), len(main) + np.arange(len(rest))
    listed = places[seen[np.concatenate([main, rest])]]
    return _Fine(
        corners=corners.astype(np.int32),
        weights=weights[made % len(steps)].astype(np.float32),
        faces=grid[:, local].reshape(-1, 3).astype(np.int32),
        uv=listed.astype(np.float32),
        uv_faces=(len(uv) + rank[at.ravel()])
        .reshape(len(faces), -1)[:, local]
        .reshape(-1, 3)
        .astype(np.int32),
    )
