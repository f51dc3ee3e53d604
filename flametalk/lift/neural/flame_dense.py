"""Clips with EMOCA's detail as dense meshes: what `clip.render(detail=True)` draws for a FLAME head."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Float32

from ...clip import Clip
from ...conventions import N_DETAIL, N_EXPRESSION
from ...errors import AssetError, InputError
from ...head import Head
from ...normals import vertex_normals
from ...render import Surface, from_faces
from .deca_data import load_deca_data
from .decoder import DetailDecoder
from .flame_detail import dense_vertices, outward_faces
from .store import added_encoders, load_emoca


def dense_flame_surface(head: Head) -> Surface:
    """The triangles of DECA's dense mesh, counter-clockwise seen from outside."""
    data = load_deca_data()
    template = head.template.cpu().numpy().astype(np.float32)
    faces = head.faces.cpu().numpy().astype(np.int32)
    still = dense_vertices(template[None], faces, np.zeros((1, 256, 256), np.float32), data)[0]
    return from_faces(outward_faces(still, data, template, faces), len(still))


def dense_flame_frames(
    clip: Clip, head: Head, chunks: Iterable[Float[np.ndarray, "t n 3"]]
) -> Iterator[Float32[np.ndarray, "t v 6"]]:
    """Places and normals of the dense mesh, a chunk of the clip's frames after the other."""
    data, decoder = load_deca_data(), detail_decoder(clip)
    faces = head.faces.cpu().numpy().astype(np.int32)
    outward = dense_flame_surface(head).faces
    start = 0
    for chunk in chunks:
        span = slice(start, start + len(chunk))
        start += len(chunk)
        for k, frame in enumerate(np.asarray(chunk, np.float32)):
            heights = _heights(decoder, clip, span.start + k)
            dense = dense_vertices(frame[None], faces, heights, data)[0]
            yield np.concatenate([dense, vertex_normals(dense, outward)], -1)[None]


def _heights(decoder: DetailDecoder, clip: Clip, frame: int) -> Float32[np.ndarray, "1 256 256"]:
    assert clip.detail is not None
    expression = np.zeros((1, N_EXPRESSION), np.float32)
    given = clip.expression[frame, :N_EXPRESSION]
    expression[0, : len(given)] = given
    parts = (clip.jaw[frame][None], expression, clip.detail[frame][None])
    with torch.inference_mode():
        return decoder(*(torch.from_numpy(np.array(part)) for part in parts)).numpy()


def detail_decoder(clip: Clip) -> DetailDecoder:
    """That of the model that the clip was lifted with, else of the only added one that has any."""
    if clip.detail is None or clip.detail.shape[1] != N_DETAIL:
        raise InputError(f"this clip has no detail code of {N_DETAIL} numbers: lift it with EMOCA, or DECA")
    lift = clip.provenance.get("lift", {})
    named = lift.get("encoder") if isinstance(lift, dict) else None
    names = [named] if named in added_encoders() else added_encoders()
    found = [decoder for name in names if (decoder := _decoder(name)) is not None]
    if len(found) != 1:
        there = ", ".join(added_encoders()) or "none"
        raise AssetError(
            f"detail on FLAME needs the model that the clip was lifted with ({named or 'not known'}); added: "
            f"{there}. Add it: flametalk assets add emoca DIR"
        )
    return found[0]


@lru_cache(maxsize=2)
def _decoder(name: str) -> DetailDecoder | None:
    return load_emoca(name).D_detail
