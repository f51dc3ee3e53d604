"""The sheet's figures as lines of a page."""

from collections import defaultdict

import numpy as np

from .kinds import CONTACT, HIDDEN, SEEN, crossings_by_kind, parts_of
from .measures import Watcher, face_of_head, lips, skin_of, stretch, volume
from .poses import acted, people, posed, sheet

OWN_REST = "32 people"  # groups that begin so are measured against each person's own rest


def measure(head, say=lambda line: None):
    """group -> one row of figures for each pose."""
    parts, skin, rows = parts_of(head), skin_of(head), defaultdict(list)
    neutral = head.template.double().numpy()
    rests = [posed(head, acted(head, "", "rest", shape=shape)) for shape in people()]
    for pose in sheet(head):
        person = int(pose.name.split()[-1]) if pose.group.startswith(OWN_REST) else None
        rest = neutral if person is None else rests[person]
        vertices = posed(head, pose)
        crossed = crossings_by_kind(parts, vertices)
        rows[pose.group].append(
            {
                "name": pose.name,
                "kinds": {kind: found[:2] for kind, found in crossed.items()},
                "stretch": stretch(skin, vertices, rest),
                "flesh": volume(skin.whole, vertices) / volume(skin.whole, rest),
            }
        )
        say(f"{pose.group}: {pose.name}")
    return rows


def _cell(rows, kind):
    """Most triangles in one pose (depth in mm), — where nothing crosses."""
    count = max(row["kinds"][kind][0] for row in rows)
    depth = max(row["kinds"][kind][1] for row in rows)
    return f"{count} ({depth:.2g})" if count else "—"


def _table(head, rows, figures=True):
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join(["---"] + ["---:" if figures else "---"] * (len(head) - 1)) + " |"
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def crossing_lines(rows):
    """What runs through what."""
    for kinds in ((*SEEN,), (*CONTACT, *HIDDEN)):
        yield from _table(
            ["poses", "", *kinds],
            ([group, str(len(of)), *(_cell(of, kind) for kind in kinds)] for group, of in rows.items()),
        )
        yield ""
    yield "Where something that can be seen runs through something else:"
    yield ""
    for group, of in rows.items():
        for kind in SEEN:
            found = [(row["name"], *row["kinds"][kind]) for row in of if row["kinds"][kind][0]]
            if found:
                worst = sorted(found, key=lambda entry: -entry[2])[:4]
                named = ", ".join(f"{name} {count} ({depth:.2g} mm)" for name, count, depth in worst)
                yield f"- {group}: {kind} in {len(found)} of {len(of)}: {named}"
    yield ""


def form_lines(rows):
    """Edges and volume."""
    yield from _table(
        ["poses", "edges, middle 99 %", "shortest, longest", "flesh"],
        (
            [
                group,
                f"{min(r['stretch'][1] for r in of):.2f} … {max(r['stretch'][2] for r in of):.2f}",
                f"{min(r['stretch'][0] for r in of):.2f} … {max(r['stretch'][3] for r in of):.2f}",
                f"{min(r['flesh'] for r in of):.3f} … {max(r['flesh'] for r in of):.3f}",
            ]
            for group, of in rows.items()
        ),
    )
    yield ""


def contact_lines(head):
    """Lips that close, the lower lip at the teeth, lids that shut: the mean head and 32 people."""
    face, watcher = face_of_head(head), Watcher(head)

    def figures(shape=None):
        closed = lips(face, posed(head, acted(head, "", "speech/MBP", shape=shape)))
        bitten = lips(face, posed(head, acted(head, "", "speech/FV", shape=shape)))
        open_eyes, shut = (
            watcher.pixels(posed(head, acted(head, "", name, shape=shape))) for name in ("rest", "blink")
        )
        return closed.gap, closed.pressed, bitten.to_teeth, 100 * shut / open_eyes

    mean = figures()
    crowd = np.array([figures(shape) for shape in people()])
    names = (
        "M/B/P: widest gap of the lips, mm", "M/B/P: one lip in the other, mm",
        "F/V: lower lip to an upper tooth, mm", "blink: of the eyeball still seen, %",
    )  # fmt: skip
    yield from _table(
        ["contact", "mean head", "32 people: median", "worst", "people without any"],
        (
            [
                name, f"{one:.2f}", f"{np.median(column):.2f}", f"{column.max():.2f}",
                str(int((column <= 0).sum())) if "blink" in name else "",
            ]
            for name, one, column in zip(names, mean, crowd.T, strict=True)
        ),
    )  # fmt: skip
    yield ""


def arkit_lines(head):
    from .arkit import errors, meanings

    known = ([f"`{name}`", meaning] for name, meaning in meanings(head))
    yield from _table(["ARKit", "on this head"], known, figures=False)
    yield ""
    yield from _table(
        ["sent through the 52 and back", "frames", "mean, mm", "worst vertex, mm", "of"],
        (
            [label, str(frames), f"{mean:.3f}", f"{worst:.2f}", f"`{where}`" if where else ""]
            for label, frames, mean, worst, where in errors(head)
        ),
    )
    yield ""
