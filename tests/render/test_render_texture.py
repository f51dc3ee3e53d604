"""Textures: closed forms of the sampling, halvings that keep the light, painted skins."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from render_meshes import ball, flat_camera, on_screen

from flametalk.errors import FormatError, InputError
from flametalk.head import Head
from flametalk.render import CpuRenderer, Settings, frame_head, from_faces, from_head
from flametalk.render.colours import encode, linear
from flametalk.render.looks import CLAY, LOOKS, SCLERA, SKIN_LOOK, Lamp, Studio
from flametalk.render.packing import paint
from flametalk.render.reference import ReferenceRenderer, bilinear
from flametalk.render.skin import (
    MASKS,
    TONES,
    PaintedSkin,
    Tone,
    compose,
    cropped,
    load_masks,
    painted_skin,
    shine,
)
from flametalk.render.texture import build_pyramid, read_texture

QUAD = np.array([[0, 2, 1], [0, 3, 2]])
UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)


def quad(texture, side=16.0, **fields):
    """A square at the top left of `flat_camera`, with the texture upright on it."""
    vertices = on_screen([(0, 0), (side, 0), (side, side), (0, side)])
    return vertices, from_faces(QUAD, 4, uv=UV, uv_faces=QUAD, texture=texture, **fields)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3)).astype(np.uint8)


def colours_under(renderer, texture, side=16.0, size=16):
    """What a quad reflects in a white, even light: the texture itself."""
    vertices, surface = quad(texture, side)
    black, ahead = (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)
    off = Lamp(ahead, black, 0.0)
    studio = Studio(Lamp(ahead, (0.5, 0.5, 0.5), 0.0), off, off, off, sky=black, ground=black, rim=0.0)
    look = replace(LOOKS["skin"], studio=studio)
    picture = renderer(Settings(look=look, antialias=1)).render(vertices, surface, flat_camera(size, size))
    return linear(picture.colour) / 0.5  # below the shoulder


BOTH = pytest.mark.parametrize("renderer", [CpuRenderer, ReferenceRenderer])


@BOTH
def test_one_texel_a_pixel_is_the_texture(renderer):
    texture = noise(16, 16)
    assert np.abs(colours_under(renderer, texture) - linear(texture)).max() < 0.012


@BOTH
def test_between_texels_is_the_mean_of_light(renderer):
    texture = np.zeros((1, 2, 3), np.uint8)
    texture[0, 1] = 255
    found = colours_under(renderer, texture)[8, :, 0]
    expected = np.clip((np.arange(16) + 0.5) / 16 * 2 - 0.5, 0, 1)
    assert np.abs(found - expected).max() < 0.012


@BOTH
@pytest.mark.parametrize("shrink", [2, 4, 8])
def test_far_away_is_the_mean_of_what_a_pixel_covers(renderer, shrink):
    texture = noise(16, 16)
    n = 16 // shrink
    means = linear(texture).reshape(n, shrink, n, shrink, 3).mean((1, 3))
    assert np.abs(colours_under(renderer, texture, float(n))[:n, :n] - means).max() < 0.015


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_halvings_keep_the_light(height, width, seed):
    pyramid = build_pyramid(read_texture(noise(height, width, seed=seed)))
    sizes = [tuple(row[1:]) for row in pyramid.levels.tolist()]
    assert sizes[0] == (width, height)
    assert sizes[1:] == [(-(-w // 2), -(-h // 2)) for w, h in sizes[:-1]]
    for k in range(len(sizes) - 1):
        fine, coarse = pyramid.level(k), pyramid.level(k + 1)
        odd = np.pad(fine, ((0, fine.shape[0] % 2), (0, fine.shape[1] % 2), (0, 0)), "edge")
        assert np.allclose(odd.mean((0, 1)), coarse.mean((0, 1)), atol=0.008)


def test_a_plain_texture_is_a_plain_colour():
    texture = np.full((64, 32, 3), (200, 120, 90), np.uint8)
    for side in (3.0, 16.0, 200.0):
        found = colours_under(CpuRenderer, texture, side)[:3, :3]
        assert np.abs(found - linear((200, 120, 90))).max() < 0.012


def dressed(texture, **fields):
    vertices, faces, _ = ball(16)
    rng = np.random.default_rng(3)
    uv = (vertices[:, :2] * 5 + 0.5).astype(np.float32) + rng.normal(0, 0.01, (len(vertices), 2)).astype("f4")
    return vertices, from_faces(faces, len(vertices), uv=uv, uv_faces=faces, texture=texture, **fields)


@pytest.mark.parametrize("size", [24, 90, 240])
@pytest.mark.parametrize("antialias", [1, 4])
def test_kernel_and_twin_agree(size, antialias):
    vertices, surface = dressed(noise(61, 128))
    camera = frame_head(vertices, "three-quarter", size, size)
    options = Settings(look="tan", antialias=antialias)
    a, b = (r(options).render(vertices, surface, camera).colour for r in (CpuRenderer, ReferenceRenderer))
    assert np.quantile(np.abs(a.astype(int) - b).max(-1), 0.999) <= 1


def test_looks_without_a_tone_do_not_show_textures():
    vertices, bare = dressed(None)
    _, surface = dressed(noise(32, 32))
    camera = frame_head(vertices, "front", 64, 64)
    for look in (CLAY, SKIN_LOOK):
        a, b = (CpuRenderer(Settings(look=look)).render(vertices, s, camera).colour for s in (bare, surface))
        assert (a == b).all()
    worn = CpuRenderer(Settings(look="skin")).render(vertices, surface, camera).colour
    plain = CpuRenderer(Settings(look="skin")).render(vertices, bare, camera).colour
    assert (worn != plain).any()


def test_only_skin_and_lips_wear_the_texture():
    _, faces, _ = ball(16)
    vertices, surface = dressed(noise(32, 32), materials=np.full(len(faces), SCLERA))
    _, bare = dressed(None, materials=np.full(len(faces), SCLERA))
    camera = frame_head(vertices, "front", 64, 64)
    a, b = (CpuRenderer(Settings(look="skin")).render(vertices, s, camera).colour for s in (surface, bare))
    assert (a == b).all()


def test_textures_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="needs uv"):
        from_faces(QUAD, texture=noise(4, 4))
    with pytest.raises(InputError, match="expected"):
        read_texture(np.zeros((4, 4), np.uint8))
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(FormatError, match="is not a picture"):
        read_texture(tmp_path / "a.png")
    with pytest.raises(FormatError, match="skin masks"):
        load_masks(tmp_path / "a.png")
    Image.fromarray(noise(4, 4)).save(tmp_path / "b.png")
    assert (read_texture(tmp_path / "b.png")[..., :3] == noise(4, 4)).all()
    with pytest.raises(FormatError, match="skin masks"):
        load_masks(tmp_path / "b.png")


def empty_masks(**changes):
    return {name: np.zeros((4, 4), np.float32) for name in MASKS} | {
        "mottle": np.full((4, 4), 0.5, np.float32),
        **changes,
    }


def test_without_masks_the_albedo_is_the_tone():
    for tone in TONES.values():
        assert (compose(empty_masks(), tone) == np.array(tone.skin)).all()
    assert (shine(empty_masks()) == 255).all()


def test_a_full_mask_takes_its_colour():
    full, tone = (
        np.ones((4, 4), np.float32),
        Tone((200, 150, 120), (90, 40, 30), (20, 10, 5), (1, 2, 3), brows=1),
    )
    assert (compose(empty_masks(brows=full), tone) == (20, 10, 5)).all()
    assert (shine(empty_masks(brows=full)) == 0).all()
    assert (compose(empty_masks(scalp=full), cropped(tone)) == (20, 10, 5)).all()
    assert (shine(empty_masks(scalp=full), 0.8) == 51).all() and (shine(empty_masks(scalp=full)) == 255).all()
    mixed = 0.2 * linear(tone.skin) + 0.8 * linear(tone.lip)
    assert np.abs(compose(empty_masks(lips=full), tone)[0, 0].astype(int) - encode(mixed)).max() <= 1


def test_the_built_in_head_wears_its_skin_and_others_do_not():
    head = Head.load()
    surface = from_head(head)
    assert isinstance(surface.texture, PaintedSkin)
    assert painted_skin("flame2023") is None
    own = from_head(head, texture=noise(8, 8))
    assert own.texture.shape == (8, 8, 4)

    # the masks belong to this head's texture coordinates: lips on lips, nothing on the crown
    masks = load_masks(surface.texture.path, 512)
    middle = surface.uv[surface.uv_faces].mean(1)
    lips = surface.materials == 1
    skin = surface.materials == 0
    on = [bilinear(masks["lips"][..., None], middle[where]).mean() for where in (lips, skin)]
    assert on[0] > 0.4 > 0.05 > on[1]
    coat = paint(surface, LOOKS["tan"])
    assert ((coat.areas > 0) == (lips | skin)).all()
    assert paint(surface, LOOKS["clay"]).areas.max() == 0


def test_short_hair_covers_the_scalp_and_leaves_the_face():
    masks = load_masks(painted_skin("builtin-1").path, 256)
    for tone in TONES.values():
        shaven, shorn = (compose(masks, t).astype(int) for t in (tone, cropped(tone)))
        covered = masks["scalp"] > 0.8
        assert np.abs(shorn[covered] - tone.hair).mean() < np.abs(shaven[covered] - tone.hair).mean() / 2
        assert (shorn == shaven)[masks["scalp"] == 0].all()
