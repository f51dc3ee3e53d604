"""ARKit's 52 in the head's own terms and back, with what the solver leaves over, in millimetres."""

import numpy as np
import torch

from flametalk.clip import Clip
from flametalk.conventions import MILLIMETRES, N_SHAPE
from flametalk.motion.arkit import arkit_table, from_arkit, to_arkit
from flametalk.motion.arkit_names import ARKIT_NAMES, N_ARKIT

OTHER = {"left": "right", "right": "left"}
LEAST = 0.02  # strengths below are not named


def _sides(parts):
    """`x_left` and `x_right` of the same strength are one entry."""
    out = []
    for name, value in parts.items():
        stem, _, side = name.rpartition("_")
        other = parts.get(f"{stem}_{OTHER.get(side)}", np.inf)
        if side in ("left", "right") and abs(other - value) < 0.005:
            if side == "right":
                continue
            name = f"{stem} both"
        out.append(f"{name.replace('_', ' ')} {value:.2g}")
    return out


def meanings(head):
    """ARKit name -> what it is on this head."""
    expression, jaw, eyes = arkit_table(head).split()
    for k, name in enumerate(ARKIT_NAMES):
        strong = np.flatnonzero(np.abs(expression[k]) >= LEAST)
        parts = _sides({head.expression_names[i]: expression[k][i] for i in strong})
        for label, turn in (("jaw", jaw[k]), ("left eye", eyes[k][:3]), ("right eye", eyes[k][3:])):
            degrees = np.degrees(turn)
            if np.abs(degrees).max() > 0.05:
                parts.append(f"{label} " + " ".join(f"{d:.1f}°" for d in degrees))
        yield name, ", ".join(parts)


def _apart(head, clip, again):
    """Per frame, the mean and the greatest distance between two clips' faces."""
    face = head.regions["face"].long()
    a, b = (c.vertices(head)[:, face].double() for c in (clip, again))
    away = (a - b).norm(dim=-1) * MILLIMETRES
    return away.mean(1).numpy(), away.amax(1).numpy()


def _round_trip(head, clip):
    return _apart(head, clip, from_arkit(to_arkit(clip, head, steady=0.0), head))


def _named(head, start):
    return [name for name in head.actions if name.startswith(start)]


def actions_clip(head, start):
    """Every action whose name begins so, a frame each."""
    chosen = [head.actions[name] for name in _named(head, start)]
    rows = [torch.stack([getattr(a, part) for a in chosen]).numpy() for part in ("expression", "jaw", "eyes")]
    still = np.zeros((len(chosen), 3))
    return Clip(
        shape=np.zeros(N_SHAPE), expression=rows[0], jaw=rows[1], eyes=rows[2], head=still,
        made_for=head.name,
    )  # fmt: skip


def errors(head):
    """(what, frames, mean mm, worst mm, name of the worst) of faces sent through the 52 weights and back."""
    one = np.eye(N_ARKIT, dtype=np.float32)
    random = np.random.default_rng(0).uniform(0, 0.5, (100, N_ARKIT)).astype(np.float32)
    random *= np.random.default_rng(1).random((100, N_ARKIT)) < 0.2
    own = Clip.neutral(head.n_expression, expression=np.eye(head.n_expression), made_for=head.name)
    cases = {
        "each of the 52 at 1": from_arkit(one, head),
        "random mixtures of the 52": from_arkit(random, head),
        "speech shapes": actions_clip(head, "speech/"),
        "emotions": actions_clip(head, "emotion/"),
        "the 50 expressions at 1": own,
    }
    for label, clip in cases.items():
        mean, worst = _round_trip(head, clip)
        names = {"speech shapes": _named(head, "speech/"), "emotions": _named(head, "emotion/")}
        names |= {"each of the 52 at 1": ARKIT_NAMES, "the 50 expressions at 1": head.expression_names}
        where = names[label][worst.argmax()] if label in names else ""
        yield label, clip.n_frames, float(mean.mean()), float(worst.max()), where
