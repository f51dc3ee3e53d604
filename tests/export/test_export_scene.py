"""The scene that exporters write is the head itself, in every frame."""

import numpy as np
import pytest
from export.export_clips import exact_vertices, lively_clip
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.export.scene import Scene, build_scene, evaluate, four_influences
from flametalk.export.settings import ExportSettings
from flametalk.head import Head

pytestmark = pytest.mark.core


def worst(scene: Scene, truth: np.ndarray) -> float:
    return max(float(np.abs(evaluate(scene, k) - truth[k]).max()) for k in range(len(truth)))


@pytest.mark.parametrize("vary", [False, True])
def test_the_built_in_head_is_reproduced(vary: bool) -> None:
    head = Head.load()
    clip = lively_clip(head, vary=vary)
    scene = build_scene(clip, head, ExportSettings())
    assert worst(scene, exact_vertices(clip, head)) < 1e-6
    assert scene.n_main == 50 and scene.target_names[:50] == head.expression_names
    assert scene.skin_joints.shape == (head.n_vertices, 4)
    assert ("mean at rest" in scene.provenance["identity"]) == vary


@pytest.mark.parametrize("vary", [False, True])
def test_a_head_with_dense_correctives_and_five_influences_is_reproduced(vary: bool) -> None:
    head = tiny_head(v=40, seed=2)
    clip = lively_clip(head, vary=vary)
    scene = build_scene(clip, head, ExportSettings())
    assert worst(scene, exact_vertices(clip, head)) < 1e-6
    assert scene.skin_joints.shape == (40, 8), "five joints move a vertex: four slots would lose one"
    lost = four_influences(scene)[1]
    assert 0 < lost < 0.25
    assert len(scene.target_names) == len(set(scene.target_names)) == len(scene.targets)


def test_correctives_are_few() -> None:
    """Entries without effect, or with the same effect as another, cost no target."""
    head = Head.load()
    opening = np.zeros((5, 3), np.float32)
    opening[:, 0] = np.linspace(0, 0.3, 5)
    jaw_only = build_scene(Clip.neutral(5, jaw=opening), head, ExportSettings())
    assert jaw_only.target_names[50:] == ("jaw_r22", "jaw_r23")
    assert worst(jaw_only, exact_vertices(Clip.neutral(5, jaw=opening), head)) < 1e-6
    still = build_scene(Clip.neutral(2), head, ExportSettings())
    assert still.target_names[50:] == ()


def test_the_mean_identity_is_used_when_asked() -> None:
    head = Head.load()
    clip = lively_clip(head, vary=True)
    scene = build_scene(clip, head, ExportSettings(identity="mean"))
    constant = clip.replace(shape=clip.shape.mean(0, dtype=np.float64))
    assert worst(scene, exact_vertices(constant, head)) < 1e-6
    assert "its mean was used" in scene.provenance["identity"]


def test_polygons_and_triangles_are_the_same_surface() -> None:
    head = Head.load()
    scene = build_scene(Clip.neutral(1), head, ExportSettings())
    for corners, polygons in ((scene.faces, scene.polygons), (scene.uv_faces, scene.uv_polygons)):
        assert corners is not None and polygons is not None
        for face, owner in zip(corners[::97], scene.polygon_of_face[::97], strict=True):
            assert set(face) <= set(polygons[owner])
    sizes = np.where(scene.polygons[:, 3] < 0, 1, 2)
    assert (np.bincount(scene.polygon_of_face) == sizes).all()


def test_rest_translations_lead_to_the_places() -> None:
    head = Head.load()
    scene = build_scene(Clip.neutral(1), head, ExportSettings())
    assert np.allclose(scene.translations[0], scene.rest_translations)
    assert np.allclose(scene.rest_translations[[0, 1, 2]].sum(0), scene.places[2])
