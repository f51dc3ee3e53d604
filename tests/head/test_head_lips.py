"""What people may differ in across their lips: pieces of a cross-section that share a given sum."""

import numpy as np

from scripts.build_head.people.keep_lips import SHARES, kept_pieces, spread_of


def pieces(*spreads: float) -> np.ndarray:
    """(7, 1, 3, 2): each piece varies along y with one coefficient, by these standard deviations."""
    out = np.zeros((len(spreads), 1, 3, 2))
    out[:, 0, 1, 0] = spreads
    return out


def test_the_spread_is_that_of_the_widest_direction() -> None:
    basis = np.zeros((1, 3, 2))
    basis[0, 1], basis[0, 2] = (0.3, 0.4), (0.06, 0.08)
    assert np.allclose(spread_of(basis), np.hypot(0.5, 0.1))


def test_what_fits_stays_as_it_is() -> None:
    few = pieces(*(0.5 * SHARES))
    np.testing.assert_allclose(kept_pieces(few, np.ones((7, 1))), few, atol=1e-15)


def test_what_does_not_fit_goes_to_the_neighbours() -> None:
    """A piece of no more than a third of its length; the whole varies as it did."""
    room = np.full((7, 1), 2.0)
    many = pieces(0.1, 0.1, 0.1, 0.1, 0.2, 0.9, 0.3)
    kept = kept_pieces(many, room)
    np.testing.assert_allclose(kept.sum(0), many.sum(0), atol=1e-12)
    assert (spread_of(kept) <= SHARES[:, None] * room * 1.01).all()
    assert (spread_of(kept)[:4] > spread_of(many)[:4]).all()
