"""python -m scripts.build_head.people.check: what the identity space promises, in figures."""

import time
from pathlib import Path

import numpy as np

from flametalk.render.camera import perspective
from flametalk.render.cpu import CpuRenderer, Settings
from flametalk.render.surface import from_faces

from ..crossing import candidates, crossings
from ..storage import cached_template
from ..surface import triangulate
from ..template import MATERIALS
from ..upper import build_upper_expressions
from .measure import HUMAN_SD, make_ruler, measure
from .space import build_people

OUT = Path(__file__).resolve().parents[3] / "out"
SAMPLES, MEASURED, CROSSED, PEEPED = 200, 1000, 30, 100
EYE_MARGIN, INNER_MARGIN = 6, 7
SLIVER = 1e-4


def components(people):
    rms = np.sqrt((people.basis**2).sum(1).mean(0)) * 1e3
    flat = people.basis.reshape(-1, people.basis.shape[2])
    unit = flat / np.linalg.norm(flat, axis=0)
    cosine = np.abs(unit.T @ unit)[np.triu_indices(flat.shape[1], 1)]
    ordered = bool((np.diff(rms) <= 1e-9).all())
    yield f"components {len(people.names)}, distinct names {len(set(people.names))}, ordered {ordered}"
    yield "effect (rms mm): " + ", ".join(
        f"{name} {value:.3f}"
        for name, value in (
            ("first", rms[0]),
            ("tenth", rms[9]),
            ("median", np.median(rms)),
            ("last", rms[-1]),
        )
    )
    yield f"cosine between components: mean {cosine.mean():.3f}, above 0.5: {np.mean(cosine > 0.5):.1%}"


def symmetry(template, people):
    mirrored = people.basis[template.mirror] * np.array([-1, 1, 1])[None, :, None]
    same = np.abs(people.basis - mirrored).max((0, 1))
    opposite = np.abs(people.basis + mirrored).max((0, 1))
    worst = np.minimum(same, opposite).max()
    count = np.sum(same <= opposite), np.sum(same > opposite)
    yield f"symmetric {count[0]}, antisymmetric {count[1]}, worst error {worst * 1e3:.1e} mm"


def eyes(template, people, heads):
    n, worst, gaps, apertures, shear = template.names, {}, [], [], 0.0
    for side, joint in (("left", 3), ("right", 4)):
        ball = n[f"{side}_eyeball"]
        centre = template.joints[joint]
        arm = template.vertices[ball] - centre
        moved = heads[:, ball]
        middle = 0.5 * (moved[:, -1] + moved[:, 0])[:, None]
        rest = template.vertices[ball] - 0.5 * (template.vertices[ball[-1]] + template.vertices[ball[0]])
        scale = ((moved - middle) * rest).sum((1, 2)) / (rest**2).sum()
        shear = max(shear, np.abs(moved - middle - scale[:, None, None] * rest).max())
        radius = np.median(np.linalg.norm(arm, axis=1))
        new_centre = moved[:, 0] - scale[:, None] * arm[0]
        corners = template.vertices[[n[f"canthus_{w}_{side}"][0] for w in ("inner", "outer")]]
        for ring in (EYE_MARGIN, INNER_MARGIN):
            ids = n[f"eye_rings_{side}"][ring]
            gap0 = np.linalg.norm(template.vertices[ids] - centre, axis=1) - radius
            away = np.linalg.norm(template.vertices[ids][:, None] - corners, axis=2).min(1)
            on_ball = (gap0 < 2.0e-3) & (away > 4.5e-3)
            gap = np.linalg.norm(heads[:, ids] - new_centre[:, None], axis=2) - (scale * radius)[:, None]
            gaps.append((gap - gap0)[:, on_ball].ravel())
        up, low = n[f"lid_margin_upper_{side}"][9], n[f"lid_margin_lower_{side}"][9]
        apertures.append((heads[:, up] - heads[:, low])[:, 1])
        worst[side] = scale
    gaps = np.concatenate(gaps) * 1e3
    scale = np.concatenate(list(worst.values()))
    yield (
        f"eyes: ball scale {scale.mean():.3f} +- {scale.std():.3f} ({scale.min():.3f}..{scale.max():.3f}), "
        f"off a sphere {shear * 1e3:.1e} mm; lid gap change {gaps.min():+.2f}..{gaps.max():+.2f} mm, "
        f"99 % within {np.percentile(np.abs(gaps), 99):.2f}"
    )


def blink(template, heads):
    """How far the lids' inner edges stay apart along the middle of the lid, once blink is added."""
    closing = build_upper_expressions(template)
    n, apart, rest = template.names, [], []
    for side in ("left", "right"):
        up, low = (n[f"lid_rings_{lid}_{side}"][INNER_MARGIN, 3:16] for lid in ("upper", "lower"))
        shut = closing[f"blink_{side}"]
        apart.append(((heads[:, up] + shut[up]) - (heads[:, low] + shut[low]))[..., 1].max(1))
        rest.append((template.vertices + shut)[up, 1] - (template.vertices + shut)[low, 1])
    change = (np.concatenate(apart) - np.max(rest)) * 1e3
    yield (
        f"blink: lids stay open {change.mean():+.2f} +- {change.std():.2f} mm against the template, "
        f"at most {change.max():+.2f}"
    )


def mouth(template, people, heads):
    n = template.names
    upper, lower = n["mouth_sack_rings_upper"][:2], n["mouth_sack_rings_lower"][:2]
    seam = np.abs(people.basis[upper] - people.basis[lower]).max() * 1e3
    yield f"lips: largest difference across the seam {seam:.1e} mm for one standard deviation"


def peeping(template, heads):
    """How often teeth, gums or tongue can be seen through the closed face, from three sides."""
    tris, face_of = triangulate(template.quads)
    hidden = np.isin(template.material[face_of], [MATERIALS.index(m) for m in ("teeth", "gums", "tongue")])
    surface = from_faces(tris.astype(np.int32), len(template.vertices))
    renderer, target = CpuRenderer(Settings(look="clay")), np.array([0.0, -0.07, 0.08])
    seen = np.zeros(len(heads), int)
    for i, p in enumerate(heads):
        for side in ([0, 0, 0.9], [0.5, 0, 0.74], [-0.5, -0.25, 0.7]):
            camera = perspective(target + side, target, 240, 240, 0.12)
            face = renderer.render(p.astype(np.float32), surface, camera, ("face",)).face
            seen[i] += hidden[face[face >= 0]].sum()
    yield f"teeth, gums or tongue seen through the face: {np.sum(seen > 0)} of {len(heads)} people"


def faces(template, heads):
    tris, _ = triangulate(template.quads)
    v = template.vertices
    cross = lambda p: np.cross(p[tris[:, 1]] - p[tris[:, 0]], p[tris[:, 2]] - p[tris[:, 0]])  # noqa: E731
    normal = cross(v)
    area = np.linalg.norm(normal, axis=1)
    longest = np.linalg.norm(v[tris] - v[np.roll(tris, 1, 1)], axis=2).max(1)
    sliver = area / longest < SLIVER
    flips, small, turned = np.zeros(len(tris), int), 1.0, 1.0
    for p in heads:
        now = cross(p)
        size = np.linalg.norm(now, axis=1)
        cosine = (now * normal).sum(1) / (size * area)
        flips += cosine < 0
        small, turned = min(small, (size / area)[~sliver].min()), min(turned, cosine[~sliver].min())
    yield (
        f"faces of {len(heads)} people: turned over {flips[~sliver].sum()}, smallest area ratio {small:.2f}, "
        f"largest turn {np.degrees(np.arccos(turned)):.0f} degrees; "
        f"of the template's {sliver.sum()} faces thinner than {SLIVER * 1e3} mm: {flips[sliver].sum()}"
    )


def self_crossing(template, heads):
    """Faces of the skin that cut through it where they do not in the template."""
    tris, _ = triangulate(template.quads)
    tris = tris[np.isin(tris, template.names["skin"]).all(1)]
    pairs = candidates(template.vertices, tris, slack=2e-3)
    rest = crossings(template.vertices, tris, pairs)
    parts = {
        "lids": np.concatenate([template.names[f"eye_rings_{s}"].ravel() for s in ("left", "right")]),
        "mouth": np.union1d(template.names["lips"], template.names["mouth_sack"]),
        "nostrils": np.union1d(template.names["nostril_left"], template.names["nostril_right"]),
        "ears": np.union1d(template.names["left_ear"], template.names["right_ear"]),
    }
    count = dict.fromkeys((*parts, "elsewhere"), 0)
    for p in heads:
        new = tris[np.setdiff1d(crossings(p, tris, pairs), rest)]
        inside = {name: np.isin(new, ids).any(1) for name, ids in parts.items()}
        for name, hit in inside.items():
            count[name] += int(hit.sum())
        count["elsewhere"] += int((~np.any(list(inside.values()), axis=0)).sum())
    per_head = ", ".join(f"{name} {n / len(heads):.2f}" for name, n in count.items())
    yield f"faces that cross others: template {len(rest)}; new ones a person: {per_head}"


def rim(template, heads):
    ids = template.names["rim"]
    moved = np.linalg.norm(heads[:, ids] - template.vertices[ids], axis=2) * 1e3
    yield f"bust rim moves at most {moved.max():.2f} mm"


def anthropometry(template, people, n=MEASURED):
    ruler = make_ruler(template)
    draws = np.random.default_rng(7).standard_normal((n, people.basis.shape[2]))
    ids = np.unique([v for a, b, _ in ruler.pairs.values() for v in (a, b)])
    heads = np.zeros((n, *template.vertices.shape), np.float32)
    heads[:, ids] = template.vertices[ids] + np.einsum("vck,nk->nvc", people.basis[ids], draws)
    rest = measure(ruler, template.vertices[None])
    for name, value in measure(ruler, heads).items():
        yield (
            f"{name:16s} template {rest[name][0]:6.1f}  mean {value.mean():6.1f}  sd {value.std():5.2f}"
            f"  human sd {HUMAN_SD[name]:4.1f}  ratio {value.std() / HUMAN_SD[name]:.2f}"
        )


def report(template, people):
    draws = np.random.default_rng(3).standard_normal((SAMPLES, people.basis.shape[2]))
    heads = template.vertices + np.einsum("vck,nk->nvc", people.basis, draws, optimize=True)
    yield from components(people)
    yield from symmetry(template, people)
    yield from eyes(template, people, heads)
    yield from blink(template, heads)
    yield from mouth(template, people, heads)
    yield from faces(template, heads)
    yield from peeping(template, heads[:PEEPED])
    yield from self_crossing(template, heads[:CROSSED])
    yield from rim(template, heads)
    yield from anthropometry(template, people)


def main():
    template = cached_template(OUT)
    begin = time.perf_counter()
    people = build_people(template)
    print(f"people built in {time.perf_counter() - begin:.1f} s")
    for line in report(template, people):
        print(line)


if __name__ == "__main__":
    main()
