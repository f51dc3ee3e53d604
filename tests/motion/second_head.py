"""Another head that does the same things with nothing in common: other mesh, person, size, place and basis.

It is the dual of the built-in head's mesh (a vertex in every quad, a face around every vertex) on another
person, without tongue and teeth, with a statistical basis instead of named actions. What it should look like
under a clip of the built-in head is known exactly, since its vertices are averages of that head's.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.sparse import csr_matrix

from flametalk.clip import Clip
from flametalk.head import Head, Landmarks

FLAME_REGIONS = (
    "eye_region neck left_eyeball right_eyeball right_ear right_eye_region forehead lips nose scalp "
    "boundary face left_ear left_eye_region"
).split()
PLACE = np.array([0.01, -0.03, 0.02])


@dataclass(frozen=True)
class SecondHead:
    head: Head
    source: Head
    person: np.ndarray
    average: csr_matrix  # (v', v)
    scale: float

    def truth(self, clip: Clip) -> np.ndarray:
        """The vertices that the clip's motion should give."""
        upright = clip.replace(head=np.zeros((clip.n_frames, 3)), neck=None, translation=None)
        on_person = upright.replace(shape=self.person)
        vertices = on_person.vertices(self.source).numpy()
        return np.stack([self.average @ frame for frame in vertices]) * self.scale + PLACE


def second_head(source: Head, seed: int = 5, components: int = 50, scale: float = 1.05) -> SecondHead:
    rng = np.random.default_rng(seed)
    person = rng.normal(0, 0.7, source.n_shape)
    polygons = [[v for v in quad if v >= 0] for quad in source.quads.tolist()]
    gone = set(torch.cat([source.regions[n] for n in ("tongue", "teeth_upper", "teeth_lower")]).tolist())
    gone |= set(torch.cat([source.regions[n] for n in ("gums_upper", "gums_lower", "mouth_sack")]).tolist())
    polygons = [polygon for polygon in polygons if not gone.issuperset(polygon)]
    sizes = np.array([len(polygon) for polygon in polygons])
    rows, columns = np.repeat(np.arange(len(polygons)), sizes), np.concatenate(polygons)
    entries = (np.repeat(1 / sizes, sizes), (rows, columns))
    average = csr_matrix(entries, (len(polygons), source.n_vertices))

    def carried(values: torch.Tensor) -> torch.Tensor:
        flat = average @ values.reshape(len(values), -1).numpy()
        return torch.from_numpy(flat.reshape(-1, *values.shape[1:]).astype(np.float32))

    template = source.template + source.shape_basis @ torch.from_numpy(person).float()
    basis = _statistics(source, rng, components)
    faces, around = _dual_faces(polygons)
    joints = source.joint_regressor.numpy() @ template.numpy()
    regressor = np.stack([_regressor(average @ template.numpy(), joint) for joint in joints])
    skinning = carried(source.skinning)
    head = Head(
        name="second-1",
        template=carried(template) * scale + torch.from_numpy(PLACE).float(),
        faces=torch.from_numpy(faces),
        shape_basis=carried(source.shape_basis) * scale,
        expression_basis=carried(basis) * scale,
        pose_basis=carried(source.pose_basis) * scale,
        joint_regressor=torch.from_numpy(regressor.astype(np.float32)),
        skinning=skinning / skinning.sum(1, keepdim=True),
        regions={name: _region(source, name, polygons) for name in FLAME_REGIONS},
    )
    marks = source.landmark_points(template[None])[0].numpy() * scale + PLACE
    found = _landmarks(head, source, marks, around)
    return SecondHead(replace(head, landmarks={"ibug68": found}), source, person, average, scale)


def _regressor(vertices: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """Weights that sum to 1 and give the joint: of what is near it, and the least correction of them."""
    weights = np.exp(-((vertices - joint) ** 2).sum(1) / 0.03**2)
    weights /= weights.sum()
    system = np.concatenate([vertices, np.ones((len(vertices), 1))], 1).T
    return weights + np.linalg.pinv(system) @ (np.append(joint, 1.0) - system @ weights)


def _statistics(source: Head, rng: np.random.Generator, components: int) -> torch.Tensor:
    """A basis as a data set would give it: principal components, a standard deviation each."""
    samples = rng.uniform(0, 1, (400, source.n_expression)) * (rng.random((400, source.n_expression)) < 0.3)
    mean = samples.mean(0)
    flat = source.expression_basis.flatten(0, 1).numpy().astype(np.float64)
    gram = flat.T @ flat
    left = np.linalg.cholesky(gram + 1e-12 * np.eye(len(gram)))
    _, spread, axes = np.linalg.svd((samples - mean) @ left, full_matrices=False)
    mixing = np.linalg.solve(left.T, axes[:components].T) * spread[:components] / np.sqrt(len(samples))
    return source.expression_basis @ torch.from_numpy(mixing.astype(np.float32))


def _dual_faces(polygons: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """A fan of triangles for every vertex that polygons surround, and that vertex."""
    leaving = {
        (polygon[k], polygon[(k + 1) % len(polygon)]): number
        for number, polygon in enumerate(polygons)
        for k in range(len(polygon))
    }
    before = {
        (number, polygon[k]): polygon[k - 1]
        for number, polygon in enumerate(polygons)
        for k in range(len(polygon))
    }
    faces, around, done = [], [], set()
    for (vertex, _), first in leaving.items():
        if vertex in done:
            continue
        done.add(vertex)
        ring, at = [first], leaving.get((vertex, before[first, vertex]))
        while at is not None and at != first:
            ring.append(at)
            at = leaving.get((vertex, before[at, vertex]))
        if at == first:
            faces += [[ring[0], ring[k], ring[k + 1]] for k in range(1, len(ring) - 1)]
            around += [vertex] * (len(ring) - 2)
    return np.array(faces, np.int32), np.array(around)


def _region(source: Head, name: str, polygons: list[list[int]]) -> torch.Tensor:
    inside = set(source.regions[name].tolist())
    found = [k for k, polygon in enumerate(polygons) if inside.issuperset(polygon)]
    return torch.tensor(found, dtype=torch.int32)


def _landmarks(head: Head, source: Head, marks: np.ndarray, around: np.ndarray) -> Landmarks:
    """The nearest places to `marks`, on the same lip: closed lips lie on one another."""
    corners = head.template.numpy()[head.faces.numpy()].astype(np.float64)
    own = source.faces[source.landmarks["ibug68"].faces.long()].numpy()
    faces, weights = [], []
    for mark, vertices in zip(marks, own, strict=True):
        tried = []
        for face in np.flatnonzero(np.isin(around, vertices)):
            a, b, c = corners[face]
            solved = np.linalg.lstsq(np.stack([b - a, c - a], 1), mark - a, rcond=None)[0]
            share = np.clip([1 - solved.sum(), *solved], 0, None)
            share /= share.sum()
            tried.append((float(np.linalg.norm(share @ corners[face] - mark)), int(face), share))
        _, face, share = min(tried, key=lambda one: one[0])
        faces.append(face)
        weights.append(share)
    return Landmarks(torch.tensor(faces, dtype=torch.int32), torch.tensor(np.array(weights)).float())
