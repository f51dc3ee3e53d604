"""What rules add to a learned clip, and say so: contacts where a phone asks for one, eyes that live.

A small model knows what mouths do most of the time, less what lasts two frames or comes by chance. So lips
are brought together in every b, p, m that is heard, the lower lip to the teeth in every f, v, and blinks and
gaze are the performer's. What a sound does not foretell, slow sway and how high brows go, is learned too
small, and is enlarged toward the spread that it was learned from. The clip's provenance names these rules.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter1d

from .audio.features import AudioFeatures
from .audio.phones import N_PHONES
from .clip import Clip
from .head import Head
from .motion.finish import clamp_jaw
from .perform.beats import find_beats
from .perform.contact import contact
from .perform.eyes import move_eyes
from .perform.mouth import BITES, SNEER, TOUCHES, TUCK, UPPER_LIP
from .perform.phone_shapes import LIP_MEETS_TEETH
from .perform.rig import NEEDED, PARTS_LIPS, Rig, pose_face, rig_of
from .perform.score import Score, score_from_features

RULES = "lips meet in heard b, p, m, lip and teeth in f, v; blinks and gaze; wider sway and brows"
SURE = 0.1  # probability from which a contact is made: one that is missing is seen sooner than one too many
MEET = 2e-4  # metres between lips that meet
EYES = 2  # stream of chance, as the performer's
FREE_LIDS = 0.3  # of a blink: how far lids may hang that are not blinking
SWAY, WIDER_SWAY = 0.6, 1.6  # seconds (σ) of slow head motion, and by how much it is enlarged
BROWS, WIDER_BROWS = "brow", 1.8  # expressions whose names begin so, away from where they mostly are
WIDE = ("arkit/eyeWideLeft", "arkit/eyeWideRight")
JAW = "arkit/jawOpen"


@dataclass(frozen=True, eq=False)
class Mouth:
    """What is changed: expressions and the jaw's opening."""

    expression: Float64[np.ndarray, "t e"]
    jaw: Float64[np.ndarray, "t"]


def can_mend(features: AudioFeatures, head: Head) -> bool:
    """Rules read phones and move named actions: other ears and other heads do without."""
    heard = features.provenance.get("linguistic", "")
    phones = features.linguistic.shape[1] == N_PHONES and "phone" in heard
    return phones and all(name in head.actions for name in NEEDED)


def mend(clip: Clip, features: AudioFeatures, head: Head, seed: int) -> Clip:
    """`clip` with lips that meet and living eyes; as it is where the rules have nothing to go by.

    The seed decides on blinks and gaze, never on the lips.
    """
    if not can_mend(features, head):
        return clip
    rig, score = rig_of(head), score_from_features(features)
    clip = enliven(clip, head)
    mouth = Mouth(clip.expression.astype(np.float64), clip.jaw[:, 0].astype(np.float64))
    lips = score.phones @ TOUCHES >= score.phones @ BITES  # the likelier contact is made, not both by half
    shut = contact(replace(score, phones=score.phones * lips[:, None]), TOUCHES, SURE)
    bite = contact(replace(score, phones=score.phones * ~lips[:, None]), BITES, SURE)
    mouth = bite_lip(bring_together(mouth, shut, rig), bite * (1.0 - shut), rig)
    expression, eyes = open_eyes(mouth.expression, clip.head, score, rig, seed)
    jaw = clip.jaw.copy()
    jaw[:, 0] = mouth.jaw
    return clip.replace(
        expression=expression,
        jaw=clamp_jaw(jaw),
        eyes=eyes,
        provenance={**clip.provenance, "rules": RULES},
    )


def enliven(clip: Clip, head: Head) -> Clip:
    """Slow head motion and the play of the brows, enlarged about their middle; nods stay as they are."""
    slow = gaussian_filter1d(clip.head, SWAY * clip.fps, axis=0, mode="nearest")
    turned = clip.head + (WIDER_SWAY - 1.0) * (slow - slow.mean(0))
    names = head.expression_names[: clip.expression.shape[1]]
    brows = [k for k, name in enumerate(names) if name.startswith(BROWS)]
    expression = clip.expression.copy()
    usual = np.median(expression[:, brows], axis=0)
    wider = usual + WIDER_BROWS * (expression[:, brows] - usual)
    expression[:, brows] = np.clip(wider, np.minimum(usual, 0.0), np.maximum(usual, 1.0))
    return clip.replace(head=turned.astype(np.float32), expression=expression)


def bring_together(mouth: Mouth, shut: Float64[np.ndarray, "t"], rig: Rig) -> Mouth:
    """Where `shut` is 1, all that opens the lips is scaled back until they meet; smiles and the like stay."""
    n = mouth.expression.shape[1]
    parts = rig.parts[:n]
    by_jaw = rig.gaps[JAW] / rig.jaws[JAW]  # metres a radian
    opens = np.maximum(mouth.expression * parts, 0.0)
    closes = np.minimum(mouth.expression * parts, 0.0).sum(1)
    jaw = np.maximum(mouth.jaw * by_jaw, 0.0)
    total = opens.sum(1) + jaw
    left = np.clip((MEET - closes) / np.maximum(total, 1e-9), 0.0, 1.0)
    keep = 1.0 - shut * (1.0 - left)
    opening = mouth.expression * parts > 0.0
    return Mouth(
        np.where(opening, mouth.expression * keep[:, None], mouth.expression),
        np.where(mouth.jaw > 0.0, mouth.jaw * keep, mouth.jaw),
    )


def bite_lip(mouth: Mouth, bite: Float64[np.ndarray, "t"], rig: Rig) -> Mouth:
    """Where `bite` is 1, jaw and all that parts the lips are as in an f; smiles and the like stay."""
    n = mouth.expression.shape[1]
    one = np.ones(1)
    curves = {f"speech/{LIP_MEETS_TEETH}": one, **dict.fromkeys(UPPER_LIP, -SNEER * one)}
    form, jaw, _ = pose_face(rig, curves)
    way = bite[:, None] * (np.abs(rig.parts[:n]) > PARTS_LIPS)
    return Mouth(
        mouth.expression + way * (form[:, :n] - mouth.expression),
        mouth.jaw + bite * (jaw[0, 0] - TUCK - mouth.jaw),
    )


def open_eyes(
    expression: Float64[np.ndarray, "t e"],
    head: Float32[np.ndarray, "t 3"],
    score: Score,
    rig: Rig,
    seed: int,
) -> tuple[Float32[np.ndarray, "t e"], Float32[np.ndarray, "t 6"]]:
    """Blinks and gaze by rule, steadied against the motion of this head."""
    chance = np.random.default_rng([seed, EYES])
    moved = move_eyes(score, find_beats(score), head.astype(np.float64), chance)
    n = expression.shape[1]
    lids = rig.action("blink").expression.cpu().numpy()[:n] > 0.0
    hanging = np.clip(expression[:, lids], 0.0, FREE_LIDS)
    changed = expression.copy()
    changed[:, lids] = np.maximum(hanging, moved.blink[:, None])
    for name in WIDE:
        wide = rig.action(name).expression.cpu().numpy()[:n] > 0.0
        changed[:, wide] = expression[:, wide] * (1.0 - moved.blink)[:, None] + moved.wide[:, None]
    return changed.astype(np.float32), moved.turn.astype(np.float32)
