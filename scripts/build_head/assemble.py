"""Template, rig, expressions and people become one `Head`, the package's built-in one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from flametalk.conventions import MILLIMETRES, N_EXPRESSION, N_SHAPE
from flametalk.files import atomic_path
from flametalk.head import Action, Head, Landmarks
from flametalk.head.storage import save_head

from .light import occlusion
from .people import build_people, carried_hinge, close_lips, keep_lips
from .rig import build_mouth_expressions, build_rig, mouth_arkit, speech_actions
from .surface import triangulate
from .template import MATERIALS, Template, build_template
from .upper import build_upper_expressions, emotion_actions, gaze_correctives, upper_arkit

NAME = "builtin-1"
FLAME_REGIONS = (
    "eye_region neck left_eyeball right_eyeball right_ear right_eye_region forehead lips nose scalp "
    "boundary face left_ear left_eye_region"
).split()
SHAPES_MADE = "3: lids and lips close, and lips roll in, in everybody; columns mean what they meant in 1"
HEADER_SIZE = 8  # bytes that hold the length of a safetensors header
LEAST = 1e-6  # metres; smaller displacements count as none, which keeps the file small


def build_head(template: Template | None = None, say: Callable[[str], None] = lambda line: None) -> Head:
    """Everything from scratch, deterministically; `say` hears what is being built."""
    if template is None:
        say("template")
        template = build_template()
    say("rig and expressions")
    rig = build_rig(template)
    displacements = build_upper_expressions(template) | build_mouth_expressions(template, rig)
    names = listed("expressions")
    assert len(names) == N_EXPRESSION and set(names) == set(displacements)
    say("people")
    people = build_people(template)
    shapes = listed("shapes")
    assert len(shapes) == N_SHAPE and set(shapes) == set(people.names)
    shape_basis = people.basis[..., [people.names.index(name) for name in shapes]]
    still = np.max([np.abs(moves).max(1) for moves in displacements.values()], 0) < LEAST
    joint_regressor = carried_hinge(template, rig.joint_regressor, still, shape_basis)
    shape_basis = close_lips(template, rig.skinning, joint_regressor, shape_basis)
    speech = speech_actions(template, rig, displacements)
    recipes = [strengths for strengths, _ in speech.values()]
    recipes += [
        {k: v for k, v in strengths.items() if k != "jaw"} for strengths in emotion_actions().values()
    ]
    recipes += [{"roll_in_upper": 1.0}, {"roll_in_lower": 1.0}]
    shape_basis = keep_lips(template, displacements, recipes, shape_basis)
    say("occlusion")
    triangles, face_of = triangulate(template.quads)
    uv_triangles, _ = triangulate(template.uv_quads)

    head = Head(
        name=NAME,
        template=_tensor(template.vertices),
        faces=_index(triangles),
        shape_basis=_tensor(_quiet(shape_basis)),
        expression_basis=_tensor(_quiet(np.stack([displacements[name] for name in names], -1))),
        pose_basis=_tensor(_quiet(rig.pose_basis + gaze_correctives(template))),
        joint_regressor=_tensor(joint_regressor),
        skinning=_tensor(rig.skinning),
        uv=_tensor(template.uv),
        uv_faces=_index(uv_triangles),
        quads=_index(template.quads),
        uv_quads=_index(template.uv_quads),
        materials=_index(template.material[face_of]),
        occlusion=_tensor(occlusion(template, triangles, displacements, rig, speech)),
        mirror=_index(template.mirror),
        material_names=MATERIALS,
        expression_names=names,
        shape_names=shapes,
        regions={
            name: _index(np.ravel(ids)) for name, ids in template.names.items() if not name[-1].isdigit()
        },
        landmarks={name: _landmarks(mark) for name, mark in template.landmarks.items()},
        info={
            "made by": "scripts/build_head, from code alone",
            "licence": "Apache-2.0",
            "expression unit": "1 = the full natural action",
            "shape unit": "1 = one standard deviation",
            "shapes of people": SHAPES_MADE,
        },
    )
    assert set(FLAME_REGIONS) <= set(head.regions)
    actions = _actions(head, speech)
    return replace(head, actions=actions)


def listed(kind: str) -> tuple[str, ...]:
    """The names of a basis in the order of builtin-1: by effect when it was made, and fixed since then.

    Clips and networks hold their columns in this order.
    """
    return tuple(Path(__file__).with_name(f"{kind}.txt").read_text("utf-8").splitlines())


def _actions(head: Head, speech: dict[str, tuple[dict[str, float], object]]) -> dict[str, Action]:
    """Named poses: single expressions, speech shapes, emotions, and ARKit's 52."""
    zero = (0.0, 0.0, 0.0)
    strengths: dict[str, tuple[dict[str, float], object, object]] = {
        "blink": ({"blink_left": 1.0, "blink_right": 1.0}, zero, zero * 2)
    }
    for name, (weights, jaw) in speech.items():
        strengths[f"speech/{name}"] = (weights, jaw, zero * 2)
    for name, weights in emotion_actions().items():
        weights = dict(weights)
        strengths[f"emotion/{name}"] = (weights, weights.pop("jaw", zero), zero * 2)
    for name, (weights, jaw) in mouth_arkit().items():
        strengths[f"arkit/{name}"] = (weights, jaw, zero * 2)
    for name, (weights, eyes) in upper_arkit().items():
        strengths[f"arkit/{name}"] = (weights, zero, eyes)

    column = {name: i for i, name in enumerate(head.expression_names)}
    actions = {}
    for name, (weights, jaw, eyes) in strengths.items():
        expression = torch.zeros(len(column))
        for key, value in weights.items():
            expression[column[key]] = value
        actions[name] = Action(expression, _tensor(jaw), _tensor(eyes))
    return actions


def write_head(path: Path, template: Template | None = None, say: Callable[[str], None] = print) -> None:
    """Build, write (whole or not at all: readers have the file mapped), and say what came out."""
    head = build_head(template, say)
    with atomic_path(path) as temporary:
        save_head(head, temporary)
        sort_header(temporary)
    size = path.stat().st_size
    say(f"{path}: {head.n_vertices:,} vertices, {len(head.faces):,} triangles, {size:,} bytes")
    for kind, names, basis in (
        ("expression", head.expression_names, head.expression_basis),
        ("shape", head.shape_names, head.shape_basis),
    ):
        largest = (basis.norm(dim=1).amax(0) * MILLIMETRES).tolist()
        pairs = zip(names, largest, strict=True)
        say(f"largest move, {kind}: " + ", ".join(f"{n} {s:.1f} mm" for n, s in pairs))


def sort_header(path: Path) -> None:
    """safetensors writes its metadata in any order; sorted, equal heads are equal files."""
    data = path.read_bytes()
    end = HEADER_SIZE + int.from_bytes(data[:HEADER_SIZE], "little")
    header = json.loads(data[HEADER_SIZE:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    assert len(text) <= end - HEADER_SIZE
    path.write_bytes(data[:HEADER_SIZE] + text.ljust(end - HEADER_SIZE) + data[end:])


def _quiet(basis: np.ndarray) -> np.ndarray:
    return np.where(np.abs(basis).max(axis=1, keepdims=True) < LEAST, 0.0, basis)


def _tensor(values: object) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def _index(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.int32)


def _landmarks(mark: tuple) -> Landmarks:
    faces, weights, *ids = mark
    return Landmarks(_index(faces), _tensor(weights), tuple(int(i) for i in ids[0]) if ids else None)
