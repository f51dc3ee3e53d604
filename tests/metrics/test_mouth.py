"""Mouth aperture against openings that are known."""

import numpy as np
import pytest

from flametalk.clip import Clip
from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.metrics import closure_rate, lip_gaps, mouth_aperture


def opening(head: Head, strengths: np.ndarray) -> Clip:
    action = head.actions["arkit/jawOpen"]
    return Clip.neutral(len(strengths), jaw=strengths[:, None] * action.jaw.numpy(), made_for=head.name)


def test_a_closed_mouth_is_closed_and_a_jaw_opens_it_steadily() -> None:
    head = Head.load()
    aperture = mouth_aperture(opening(head, np.linspace(0, 1, 9)), head)
    assert aperture[0] < 0.005
    assert (np.diff(aperture) > 0).all()
    assert 0.1 < aperture[-1] < 0.5


def test_turning_the_head_changes_nothing() -> None:
    head = Head.load()
    clip = opening(head, np.full(4, 0.4))
    turned = clip.replace(head=np.random.default_rng(0).normal(0, 0.4, (4, 3)), translation=np.ones((4, 3)))
    np.testing.assert_array_equal(mouth_aperture(turned, head), mouth_aperture(clip, head))


def test_aperture_is_gap_over_the_height_of_the_face() -> None:
    head = Head.load()
    clip = opening(head, np.full(2, 0.4))
    person = clip.replace(shape=np.random.default_rng(1).normal(size=(2, 100)))
    for each in (clip, person):
        heights = lip_gaps(each, head) / mouth_aperture(each, head)
        assert (heights > 0.08).all()
        assert (heights < 0.16).all()


def test_closure_rate_counts_spans() -> None:
    head = Head.load()
    clip = opening(head, np.array([0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5]))
    assert closure_rate(clip, [(0.07, 0.13), (0.2, 0.28)], head) == 0.5
    with pytest.raises(InputError, match="spans"):
        closure_rate(clip, [], head)
