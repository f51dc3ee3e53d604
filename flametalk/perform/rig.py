"""What the named actions of a head do to its mouth, measured on its surface; and from curves to a clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float64

from ..conventions import JAW_JOINT, N_JOINTS
from ..errors import InputError
from ..head import Action, Head
from ..head.lips import face_height, lip_height

NEEDED = (
    *(f"speech/{s}" for s in "AH AW EE EH FV IH K L MBP OH R SHCH SZ TDN TH UH W".split()),
    *("arkit/jawOpen", "arkit/mouthClose", "arkit/mouthPucker"),
    *("arkit/mouthUpperUpLeft", "arkit/mouthUpperUpRight"),
    *("arkit/browInnerUp", "arkit/browOuterUpLeft", "arkit/browOuterUpRight"),
    *("arkit/eyeWideLeft", "arkit/eyeWideRight", "blink"),
)  # fmt: skip
USUAL_FACE = 0.1155  # metres from the root of the nose to the chin; openings grow with the face
PARTS_LIPS = 4e-4  # metres: an expression that opens the lips more than that gives way to closures
CLOSING = "arkit/mouthClose"
MOVES_LIPS = 0.25  # of the farthest moved vertex: expressions whose lips move that far belong to the mouth


@dataclass(frozen=True, eq=False)
class Rig:
    """The head's actions and, of each at strength 1, the lip gap in metres and the jaw's angle."""

    head: Head
    gaps: Mapping[str, float]
    jaws: Mapping[str, float]
    scale: float
    parts: Float64[np.ndarray, "e"]  # metres by which each expression parts the lips
    lips: Bool[np.ndarray, "e"]  # whether it moves the lips at all

    def action(self, name: str) -> Action:
        return self.head.actions[name]


@lru_cache(maxsize=4)
def rig_of(head: Head) -> Rig:
    """Measured once per head; a head without the actions is refused."""
    missing = [name for name in NEEDED if name not in head.actions]
    if missing:
        raise InputError(
            f"the head '{head.name}' lacks the actions {', '.join(missing[:4])}"
            f"{' …' if len(missing) > 4 else ''}: the performer needs the built-in head (Head.load())"
        )
    rest = _pose(head, torch.zeros(1, head.n_expression), torch.zeros(1, 3))
    at_rest = float(lip_height(head, rest)[0])
    gaps = {}
    for name in NEEDED:
        action = head.actions[name]
        posed = _pose(head, action.expression[None], action.jaw[None])
        gaps[name] = float(lip_height(head, posed)[0]) - at_rest
    moved = head.template + head.expression_basis.permute(2, 0, 1)  # each expression alone, unposed
    parts = (lip_height(head, moved) - at_rest).double().cpu().numpy()
    return Rig(
        head,
        gaps,
        {name: float(head.actions[name].jaw[0]) for name in NEEDED},
        float(face_height(head, rest)[0]) / USUAL_FACE,
        parts,
        _moving_lips(head),
    )


def _moving_lips(head: Head) -> Bool[np.ndarray, "e"]:
    """Expressions that move the lips about as far as anything else."""
    moved = head.expression_basis.norm(dim=1)
    lips = moved[head.regions["lips"].long()].amax(0)
    return (lips > MOVES_LIPS * moved.amax(0)).cpu().numpy()


def _pose(head: Head, expression: torch.Tensor, jaw: torch.Tensor) -> torch.Tensor:
    pose = torch.zeros(len(expression), N_JOINTS, 3).to(head.template)
    pose[:, JAW_JOINT] = jaw.to(head.template)
    return head.vertices(torch.zeros(1, 1).to(head.template), expression.to(head.template), pose)


def pose_face(
    rig: Rig, curves: Mapping[str, Float64[np.ndarray, "frames"]]
) -> tuple[Float64[np.ndarray, "frames e"], Float64[np.ndarray, "frames 3"], Float64[np.ndarray, "frames 6"]]:
    """Expression, jaw and eyes as the sum of actions at the given strengths."""
    names = list(curves)
    strengths = np.stack([curves[name] for name in names], 1)
    actions = [rig.action(name) for name in names]
    expression = strengths @ np.stack([a.expression.double().cpu().numpy() for a in actions])
    jaw = strengths @ np.stack([a.jaw.double().cpu().numpy() for a in actions])
    eyes = strengths @ np.stack([a.eyes.double().cpu().numpy() for a in actions])
    return expression, jaw, eyes
