"""The script that trains the ear: phones in time, parts on disk, examples, and that it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch

from flametalk.audio.ear_network import hops_between
from flametalk.audio.moonshine import CENTRE, STRIDE, WIDTH
from flametalk.audio.phones import PHONE_INDEX, SILENCE
from scripts import train_ear


def test_phones_of_hops() -> None:
    phones = train_ear.spoken((("AA", 0.1, 0.2), ("B", 0.2, 0.203)), 30)
    assert (phones[10:20] == PHONE_INDEX["AA"]).all() and phones[20] == PHONE_INDEX["B"]
    assert (phones[:10] == SILENCE).all() and (phones[21:] == SILENCE).all()


def test_examples_keep_rows_and_phones_together() -> None:
    """Rows that hold their own time, phones that are the hop's number: both must tell the same time."""
    n_rows, n_hops = 240, 240 * STRIDE // 160
    time = (CENTRE + STRIDE * np.arange(n_rows)) / 160.0
    rows = np.repeat(time[:, None], WIDTH, 1).astype(np.float32)
    takes = [(rows, (np.arange(n_hops) // 4).astype(np.uint8))]
    noise, train_ear.NOISE = train_ear.NOISE, 0.0
    try:
        given, before, part, phones = train_ear.examples(takes, np.random.default_rng(0))
    finally:
        train_ear.NOISE = noise
    each = torch.arange(len(given))[:, None]
    told = torch.lerp(given[each, before, 0], given[each, before + 1, 0], part)
    np.testing.assert_allclose(told.numpy() - 0.5, phones.numpy() * 4 + 1.5, atol=2.0)
    assert given.shape[1:] == (train_ear.ROWS, WIDTH) and phones.shape[1] == train_ear.HOPS


def test_it_learns_and_parts_come_back(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    voices = chance.normal(size=(42, WIDTH)).astype(np.float32)
    takes: list[train_ear.Take] = []
    for _ in range(4):
        phones = np.repeat(chance.integers(42, size=40), 10).astype(np.uint8)
        before, _ = hops_between(400 * 160 // STRIDE, 0, 400)
        rows = np.zeros((400 * 160 // STRIDE, WIDTH), np.float32)
        rows[before] = voices[phones]
        takes.append((rows.astype(np.float16), phones))
    path = tmp_path / "part.npz"
    np.savez(
        path,
        rows=np.concatenate([rows for rows, _ in takes]),
        phones=np.concatenate([phones for _, phones in takes]),
        n_rows=[len(rows) for rows, _ in takes],
        n_hops=[len(phones) for _, phones in takes],
    )
    again = train_ear.read_part(path)
    for (a, b), (c, d) in zip(takes, again, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
    network = train_ear.train(again, 60, 0)
    assert train_ear.heard_right(network, again) > 0.5


@pytest.mark.slow
def test_a_part_is_made_the_same_way_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("espeakng_loader")
    monkeypatch.setattr(train_ear, "PER_PART", 2)
    parts = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        train_ear.make_part(folder, "train", 1, 0)
        parts.append(train_ear.read_part(train_ear.part_path(folder, "train", 1, 0)))
    for (a, b), (c, d) in zip(*parts, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
