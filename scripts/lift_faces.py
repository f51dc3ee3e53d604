"""Random faces of the built-in head with everything known about them: what lifting is measured on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from flametalk.conventions import JAW_JOINT, LEFT_EYE, N_JOINTS, N_SHAPE, RIGHT_EYE, ROOT
from flametalk.head import Head
from flametalk.render import TONES, Camera, CpuRenderer, Settings, from_head

SIZE = 512
PEOPLE = 0.8  # spread of shapes, as in the corpus
YAW, PITCH, ROLL = 35.0, 15.0, 10.0  # degrees
FIELD_OF_VIEW = (14.0, 40.0)  # degrees
FILLS = (0.45, 0.7)  # part of the picture's height that a head takes
GAPE = (0.2, 0.5)  # radians by which jaws of gaping faces are open


@dataclass(frozen=True, eq=False)
class Face:
    """One picture and its truth."""

    picture: np.ndarray
    camera: Camera
    shape: np.ndarray
    expression: np.ndarray
    pose: np.ndarray  # (5, 3)
    vertices: np.ndarray  # (v, 3), posed

    @property
    def landmarks(self) -> np.ndarray:
        return self.camera.project(self.vertices)[0]


def random_pose(chance: np.random.Generator, head: Head) -> tuple[np.ndarray, np.ndarray]:
    """Expression and pose: an emotion, a speech shape, lids, jaw, gaze and a turn of the head."""
    actions = head.actions
    expression = np.zeros(head.n_expression)
    pose = np.zeros((N_JOINTS, 3))
    for family, chance_of in (("emotion/", 0.6), ("speech/", 0.7)):
        names = sorted(name for name in actions if name.startswith(family))
        action, strength = actions[str(chance.choice(names))], chance.uniform(0.2, 1.0)
        if chance.random() < chance_of:
            expression += strength * action.expression.numpy()
            pose[JAW_JOINT] += strength * action.jaw.numpy()
    if chance.random() < 0.3:
        expression += chance.uniform(0, 1) * actions["blink"].expression.numpy()
    pose[JAW_JOINT, 0] += max(0.0, chance.normal(0, 0.08))
    gaze = chance.normal(0, (0.1, 0.2))
    pose[LEFT_EYE, :2] = pose[RIGHT_EYE, :2] = gaze
    degrees = np.array(
        [chance.uniform(-PITCH, PITCH), chance.uniform(-YAW, YAW), chance.uniform(-ROLL, ROLL)]
    )
    pose[ROOT] = np.radians(degrees)
    return np.clip(expression, -1, 1.2), pose


def random_faces(head: Head, count: int, seed: int, gaping: bool = False) -> Iterator[Face]:
    """Rendered people; the same for the same seed. `gaping` ones have the mouth wide open."""
    surface, looks = from_head(head), ["skin", *sorted(TONES)]
    for index in range(count):
        chance = np.random.default_rng([seed, index])
        shape = PEOPLE * chance.standard_normal(N_SHAPE)
        expression, pose = random_pose(chance, head)
        if gaping:
            pose[JAW_JOINT, 0] = max(pose[JAW_JOINT, 0], chance.uniform(*GAPE))
        rows = [torch.from_numpy(np.asarray(x, np.float32))[None] for x in (shape, expression, pose)]
        vertices = head.vertices(*rows)[0].numpy()
        camera = _camera(chance)
        colour = tuple(float(c) for c in chance.uniform(30, 230, 3))
        renderer = CpuRenderer(Settings(look=str(chance.choice(looks)), background=colour))
        picture = renderer.render(vertices, surface, camera).colour
        assert picture is not None
        yield Face(picture, camera, shape, expression, pose, vertices)


def _camera(chance: np.random.Generator) -> Camera:
    """Looks along −z at the head, from as far as its field of view asks."""
    view = np.radians(chance.uniform(*FIELD_OF_VIEW))
    focal = SIZE / 2 / np.tan(view / 2)
    away = focal * 0.25 / (SIZE * chance.uniform(*FILLS))
    aside = chance.uniform(-0.03, 0.03, 2)
    return Camera(
        SIZE, SIZE, focal, np.diag([1.0, -1.0, -1.0]), np.array([aside[0], -0.03 + aside[1], away + 0.05])
    )
