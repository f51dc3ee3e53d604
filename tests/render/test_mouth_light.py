"""Light that an open mouth lets in: most on the front teeth, less behind, none on heads without teeth."""

import numpy as np
import pytest

from flametalk.head import Head
from flametalk.render.looks import SKIN, TEETH
from flametalk.render.surface import MOUTH_LIGHT, MOUTH_REACH, from_head, open_mouth_light

pytestmark = pytest.mark.core


def test_it_fades_behind_the_front_teeth() -> None:
    depth = np.array([0.0, MOUTH_REACH, 3 * MOUTH_REACH], np.float32)
    template = np.zeros((6, 3), np.float32)
    template[:3, 2] = 0.09 - depth
    template[3:, 2] = 0.2  # skin in front of the teeth counts for nothing
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    dark = np.full(6, 0.01, np.float32)
    lit = open_mouth_light(dark, template, faces, np.array([TEETH, SKIN], np.int32))
    np.testing.assert_allclose(lit[:3], [MOUTH_LIGHT, MOUTH_LIGHT / np.e, 0.01], atol=1e-4)
    assert (lit[3:] == dark[3:]).all() and (dark == np.float32(0.01)).all()
    assert open_mouth_light(dark, template, faces, np.full(2, SKIN, np.int32)) is dark


def test_teeth_that_were_baked_in_the_light_stay() -> None:
    template, faces = np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32)
    lit = np.array([0.0, 0.1, MOUTH_LIGHT], np.float32)
    assert open_mouth_light(lit, template, faces, np.array([TEETH], np.int32)) is lit
    head = Head.load()
    assert head.occlusion is not None
    np.testing.assert_array_equal(from_head(head).occlusion, head.occlusion.numpy())


def test_the_mouth_fades_toward_the_throat() -> None:
    head = Head.load()
    assert head.occlusion is not None and head.mirror is not None
    light, depth = head.occlusion.numpy(), head.template[:, 2].numpy()
    np.testing.assert_array_equal(light, light[head.mirror.numpy()])
    for name, front in (("teeth_upper", 0.7), ("teeth_lower", 0.4), ("tongue", 0.2), ("mouth_sack", 0.5)):
        ids = head.regions[name].long().numpy()
        assert light[ids].max() > front, name
        assert light[ids][depth[ids] < 0.055].max(initial=0) < 0.1, name


def test_molars_of_the_built_in_head_are_darker_than_its_incisors() -> None:
    head = Head.load()
    occlusion = from_head(head).occlusion
    crowns = head.regions["teeth_upper"].numpy().reshape(2, 7, -1)  # side, tooth from the middle, vertex
    light = occlusion[crowns].mean(-1)
    assert (np.diff(light, axis=1) < 0).all() and (light[:, 0] > 4 * light[:, 6]).all()
    np.testing.assert_array_equal(light[0], light[1])
