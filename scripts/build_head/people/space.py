"""From authored attributes to 100 components: shared causes, principal components, order."""

from dataclasses import dataclass

import numpy as np

from . import age, asymmetry, ears, eyes, face, mouth, neck, nose, skull
from .anchors import find_anchors
from .carry import displacement, make_carrier, parity
from .factors import FACTORS

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
    """Independent unit-variance sources (n, V*3) with names and whether each is broad: the causes, then the own shares."""
    place = {a.name: k for k, a in enumerate(listed)}
    load = np.zeros((len(FACTORS), len(listed)))
    for row, loadings in enumerate(FACTORS.values()):
        for name, value in loadings.items():
            load[row, place[name]] = value
    shared = (load**2).sum(0)
    assert shared.max() < 1, f"{listed[int(shared.argmax())].name}: loadings explain {shared.max():.2f} of its variance"
    sources = np.vstack([load @ columns, np.sqrt(1 - shared)[:, None] * columns])
    names = [*FACTORS, *place]
    broad = np.array([True] * len(FACTORS) + [a.broad for a in listed])
    return names, sources, broad


def _principal(names, sources, count):
    """The strongest `count` principal components, scaled to keep the sum of variances; named after their main source."""
    gram = sources @ sources.T
    value, vector = np.linalg.eigh(gram)
    order = np.argsort(value)[::-1][:count]
    mix = vector[:, order]
    mix *= np.sign(mix[np.abs(mix).argmax(0), np.arange(count)])
    kept = (value[order].sum() / value.sum()) ** 0.5
    size = np.linalg.norm(sources, axis=1)[:, None]
    titles, taken = [], set()
    for weight in (mix * size).T:
        first, second = [names[i] for i in np.argsort(-np.abs(weight))[:2]]
        sign = "" if weight[names.index(first)] * weight[names.index(second)] > 0 else "less "
        title = f"{first} with {sign}{second}"
        titles.append(title if title not in taken else f"{title}, variant {len(taken)}")
        taken.add(title)
    return titles, mix.T @ sources / kept


def build_people(template):
    """The identity space of a template."""
    listed = attributes(template)
    carrier = make_carrier(template)
    columns = []
    for attribute in listed:
        d, _ = parity(carrier, displacement(carrier, attribute))
        columns.append(d.ravel())
    names, sources, broad = _sources(listed, np.array(columns))
    local = np.flatnonzero(~broad)
    titles, components = _principal([names[i] for i in np.flatnonzero(broad)], sources[broad], N_COMPONENTS - len(local))
    titles += [names[i] for i in local]
    components = np.vstack([components, sources[local]])
    order = np.argsort(-np.linalg.norm(components, axis=1), kind="stable")
    basis = components[order].reshape(N_COMPONENTS, -1, 3).transpose(1, 2, 0) * MILLIMETRE
    return People(tuple(titles[i] for i in order), basis)
