"""From authored attributes to 100 components: shared causes, principal components, order, closing eyes."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from . import age, asymmetry, ears, eyes, face, mouth, neck, nose, skull
from .anchors import find_anchors
from .carry import displacement, make_carrier, parity
from .close_lids import close_lids
from .factors import FACTORS
from .seat_teeth import seat_teeth

N_COMPONENTS = 100
MILLIMETRE = 1e-3
MODULES = (skull, face, nose, eyes, mouth, ears, neck, age, asymmetry)


@dataclass(frozen=True)
class People:
    names: tuple[str, ...]
    """What each component mainly does."""
    basis: np.ndarray
    """(V, 3, 100) metres for one standard deviation, largest root-mean-square displacement first."""


def attributes(template):
    """Every authored attribute of a template."""
    anchors = find_anchors(template)
    return [attribute for module in MODULES for attribute in module.attributes(anchors)]


def _sources(listed, columns):
    """Names, independent unit-variance sources (n, V*3), which are broad: the causes, then the own shares."""
    place = {a.name: k for k, a in enumerate(listed)}
    load = np.zeros((len(FACTORS), len(listed)))
    for row, loadings in enumerate(FACTORS.values()):
        for name, value in loadings.items():
            load[row, place[name]] = value
    shared = (load**2).sum(0)
    assert shared.max() < 1, (
        f"{listed[int(shared.argmax())].name}: loadings explain {shared.max():.2f} of its variance"
    )
    sources = np.vstack([load @ columns, np.sqrt(1 - shared)[:, None] * columns])
    names = [*FACTORS, *place]
    broad = np.array([False] * len(FACTORS) + [a.broad for a in listed])
    return names, sources, broad


def _attention(template):
    """(V,) how much a motion there is noticed: more on the face, most on eyes, nose and lips."""
    weight = np.ones(len(template.vertices))
    weight[template.names["face"]] = 3.0
    for region in ("eye_region", "nose", "lips"):
        weight[template.names[region]] = 8.0
    return weight


def _principal(names, sources, count, attention):
    """The `count` strongest principal components, grown to keep the sum of variances, and their names."""
    seen = sources * np.sqrt(np.repeat(attention, 3))
    value, vector = np.linalg.eigh(seen @ seen.T)
    value, mix = value[::-1], vector[:, ::-1][:, :count]
    grown = (value.sum() / value[:count].sum()) ** 0.5
    mix = _varimax(mix)
    titles, sign = _titles(names, mix)
    return titles, grown * (mix * sign).T @ sources


def _varimax(mix, rounds=60):
    """The rotation of orthonormal columns that makes each column mean few sources."""
    turn = np.eye(mix.shape[1])
    for _ in range(rounds):
        now = mix @ turn
        left, _, right = np.linalg.svd(mix.T @ (now**3 - now * (now**2).mean(0)))
        turn = left @ right
    return mix @ turn


def _titles(names, weights):
    """Per column of weights (sources, columns): its own main source with the strongest other, its sign."""
    own, column = linear_sum_assignment(-np.abs(weights) / np.linalg.norm(weights, axis=0))
    titles, sign = [""] * weights.shape[1], np.ones(weights.shape[1])
    for i, k in zip(own, column, strict=True):
        sign[k] = np.sign(weights[i, k])
        j = next(j for j in np.argsort(-np.abs(weights[:, k])) if j != i)
        word = "more" if sign[k] * weights[j, k] > 0 else "less"
        titles[k] = (
            f"{names[i]}, {word} {names[j]}" if abs(weights[j, k]) > 0.4 * abs(weights[i, k]) else names[i]
        )
    return titles, sign


def build_people(template):
    """The identity space of a template."""
    listed = attributes(template)
    carrier = make_carrier(template)
    columns = [parity(carrier, displacement(carrier, attribute))[0].ravel() for attribute in listed]
    names, sources, broad = _sources(listed, np.array(columns))
    local, wide = np.flatnonzero(~broad), np.flatnonzero(broad)
    count = N_COMPONENTS - len(local)
    titles, components = _principal([names[i] for i in wide], sources[wide], count, _attention(template))
    titles += [names[i] for i in local]
    components = np.vstack([components, sources[local]])
    order = np.argsort(-np.linalg.norm(components, axis=1), kind="stable")
    basis = components[order].reshape(N_COMPONENTS, -1, 3).transpose(1, 2, 0) * MILLIMETRE
    basis = seat_teeth(template, close_lids(template, basis))
    return People(tuple(titles[i] for i in order), np.ascontiguousarray(basis))
