"""The sheet: all that the head is looked at in. Every pose has a group, a name, and coefficients."""

from dataclasses import dataclass

import numpy as np
import torch

from flametalk.conventions import N_EXPRESSION, N_SHAPE

PEOPLE, SEED = 32, 1  # as in `build_head.pictures`
LEVELS = (0.5, 1.0, 1.5)
GAPING = {  # expressions that need an open jaw: degrees
    "mouth_close": 20.0, "tongue_out": 12.0, "tongue_up": 12.0, "tongue_back": 14.0, "tongue_side": 14.0,
    "bite": 5.0,
}  # fmt: skip
GAZE = 30.0  # degrees
JAWS = (5, 10, 15, 20, 25, 30)
OF_PEOPLE = (
    "rest", "blink", "speech/MBP", "speech/FV", "speech/TH", "speech/AH", "speech/OH", "emotion/angry",
    "emotion/contempt", "emotion/disgust", "emotion/fear", "emotion/happy", "emotion/sad", "emotion/surprise",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pose:
    group: str
    name: str
    expression: torch.Tensor  # (e,)
    joints: torch.Tensor  # (5, 3)
    shape: torch.Tensor  # (s,)


def _pose(group, name, expression=None, joints=None, shape=None):
    return Pose(
        group,
        name,
        torch.zeros(N_EXPRESSION) if expression is None else expression,
        torch.zeros(5, 3) if joints is None else joints,
        torch.zeros(N_SHAPE) if shape is None else shape,
    )


def acted(head, group, name, level=1.0, shape=None, label=None):
    """A named action."""
    if name == "rest":
        return _pose(group, label or name, shape=shape)
    action, joints = head.actions[name], torch.zeros(5, 3)
    joints[2], joints[3:] = action.jaw * level, action.eyes.reshape(2, 3) * level
    return _pose(group, label or name, action.expression * level, joints, shape)


def people():
    """(32, 100) shapes, one standard deviation a coefficient."""
    return torch.randn(PEOPLE, N_SHAPE, generator=torch.Generator().manual_seed(SEED))


def _gaze(head, pitch, yaw, closed):
    joints = torch.zeros(5, 3)
    joints[3:] = torch.tensor(np.radians([pitch, yaw, 0.0]), dtype=torch.float32)
    expression = head.actions["blink"].expression * closed
    return _pose("gaze", f"{pitch:+g} {yaw:+g}, {closed:g} closed", expression, joints)


def _expressions(head):
    for k, name in enumerate(head.expression_names):
        for sign in (1.0, -1.0) if name.endswith("side") else (1.0,):
            strength, joints = torch.zeros(N_EXPRESSION), torch.zeros(5, 3)
            strength[k], joints[2, 0] = sign, np.radians(GAPING.get(name, 0.0))
            yield _pose("expressions", f"{name} {sign:g}", strength, joints)


def sheet(head):
    """All poses."""
    yield _pose("rest", "rest")
    for name in head.actions:
        if name.startswith("speech/"):
            yield acted(head, "speech", name)
    for name in head.actions:
        if name.startswith("emotion/"):
            for level in LEVELS:
                yield acted(head, f"emotions × {level:g}", name, level)
    yield from _expressions(head)
    for level in (0.25, 0.5, 0.75, 1.0):
        yield acted(head, "blink", "blink", level, label=f"blink {level:g}")
    for closed in (0.0, 0.5, 1.0):
        for pitch in (-GAZE, 0.0, GAZE):
            for yaw in (-GAZE, 0.0, GAZE):
                yield _gaze(head, pitch, yaw, closed)
    for angle in JAWS:
        joints = torch.zeros(5, 3)
        joints[2, 0] = np.radians(angle)
        yield _pose("jaw 5° to 30°", f"jaw {angle}", joints=joints)
    for name in OF_PEOPLE:
        for k, shape in enumerate(people()):
            yield acted(head, f"32 people, {name}", name, shape=shape, label=f"person {k}")


def posed(head, pose):
    """Vertices (v, 3) in metres."""
    made = head.vertices(pose.shape[None], pose.expression[None], pose.joints[None])
    return made[0].double().numpy()
