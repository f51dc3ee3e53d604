"""The script that trains the ear: phones in time, parts on disk, examples, and that it learns."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from flametalk.audio.cepstra import FILTERS
from flametalk.audio.ear_network import EarNetwork, Listener, hops_between
from flametalk.audio.moonshine import CENTRE, STRIDE, WIDTH
from flametalk.audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from flametalk.audio.spectrum_ear import Spectral, SpectrumEar, evened
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
    spectrum = np.zeros((n_hops, FILTERS), np.float32)
    takes = [(rows, spectrum, (np.arange(n_hops) // 4).astype(np.uint8))]
    noise, train_ear.NOISE = train_ear.NOISE, 0.0
    try:
        given, before, part, phones = train_ear.heard(takes, np.random.default_rng(0))
    finally:
        train_ear.NOISE = noise
    each = torch.arange(len(given))[:, None]
    told = torch.lerp(given[each, before, 0], given[each, before + 1, 0], part)
    np.testing.assert_allclose(told.numpy() - 0.5, phones.numpy() * 4 + 1.5, atol=2.0)
    assert given.shape[1:] == (train_ear.ROWS, WIDTH) and phones.shape[1] == train_ear.HOPS


def test_spectra_and_phones_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    spectrum = np.repeat((np.arange(900) // 4)[:, None], FILTERS, 1).astype(np.float32)
    takes = [(np.zeros((1, WIDTH), np.float16), spectrum, (np.arange(900) // 4).astype(np.uint8))]
    for name in ("FORMANTS", "TILT", "HISS"):
        monkeypatch.setattr(train_ear, name, 0.0)
    cuts, phones = train_ear.seen(takes, np.random.default_rng(0))
    assert cuts.shape == (train_ear.BATCH, train_ear.HOPS, FILTERS)
    np.testing.assert_allclose(cuts.numpy(), phones.numpy()[..., None].repeat(FILTERS, 2), atol=1e-4)


def test_other_throats_move_what_is_at_a_frequency(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope over frequency is read at other frequencies; curve and noise have the spread that is asked."""
    spectrum = np.tile(np.arange(FILTERS, dtype=np.float32), (train_ear.HOPS, 1))
    monkeypatch.setattr(train_ear, "TILT", 0.0)
    monkeypatch.setattr(train_ear, "HISS", 0.0)
    chance = np.random.default_rng(0)
    moved = np.stack([train_ear.varied(spectrum, chance)[0] for _ in range(200)]) - spectrum[0]
    assert np.abs(moved).max() <= train_ear.FORMANTS * (FILTERS - 1) + 0.5 + 1e-4
    assert moved[:, 20].std() > 2.0 * moved[:, 2].std()
    monkeypatch.setattr(train_ear, "HISS", 0.4)
    assert (train_ear.varied(0.0 * spectrum, chance)).std() == pytest.approx(0.4, rel=0.05)


def test_they_learn_and_parts_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_ear, "BATCH", 4)
    chance = np.random.default_rng(0)
    voices = chance.normal(size=(N_PHONES, WIDTH)).astype(np.float32)
    colours = chance.normal(0.0, 2.0, size=(N_PHONES, FILTERS)).astype(np.float32)
    takes: list[train_ear.Take] = []
    for _ in range(4):
        phones = np.repeat(chance.integers(N_PHONES, size=40), 10).astype(np.uint8)
        before, _ = hops_between(400 * 160 // STRIDE, 0, 400)
        rows = np.zeros((400 * 160 // STRIDE, WIDTH), np.float32)
        rows[before] = voices[phones]
        takes.append((rows.astype(np.float16), colours[phones].astype(np.float16), phones))
    path = tmp_path / "part.npz"
    np.savez(
        path,
        rows=np.concatenate([rows for rows, _, _ in takes]),
        spectra=np.concatenate([spectra for _, spectra, _ in takes]),
        phones=np.concatenate([phones for _, _, phones in takes]),
        n_rows=[len(rows) for rows, _, _ in takes],
        n_hops=[len(phones) for _, _, phones in takes],
    )
    again = train_ear.read_part(path)
    for take, other in zip(takes, again, strict=True):
        for a, b in zip(take, other, strict=True):
            np.testing.assert_array_equal(a, b)
    even = [(rows, evened(spectrum.astype(np.float32)), phones) for rows, spectrum, phones in again]
    first, second = EarNetwork().eval(), SpectrumEar().eval()
    learned = (
        train_ear.train(Listener, partial(train_ear.heard, again), 60, 0),
        train_ear.train(Spectral, partial(train_ear.seen, even), 60, 0),
    )
    for networks, one in zip((first.listeners, second.spectral), learned, strict=True):
        for network in networks:
            network.load_state_dict(one.state_dict())
    untaught = SpectrumEar().eval()
    assert train_ear.heard_right(first, untaught, again) > 0.5
    assert train_ear.heard_right(first, second, again) > 0.7


def test_a_network_that_was_trained_is_not_trained_again(tmp_path: Path) -> None:
    file, made = tmp_path / "spectral-0.safetensors", []

    def trained() -> Spectral:
        made.append(Spectral())
        return made[-1]

    first, second = Spectral(), Spectral()
    train_ear.fill(first, file, trained)
    train_ear.fill(second, file, trained)
    assert len(made) == 1
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.slow
def test_a_part_is_made_the_same_way_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("espeakng_loader")
    monkeypatch.setattr(train_ear, "PER_PART", 2)
    parts = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        train_ear.make_part(folder, "train", 1, 0)
        parts.append(train_ear.read_part(train_ear.part_path(folder, "train", 1, 0)))
    for take, other in zip(*parts, strict=True):
        for a, b in zip(take, other, strict=True):
            np.testing.assert_array_equal(a, b)
