"""The tracker's habits: how they are stored and found out, and landmarks in a mirror."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from damaged_tables import refuses
from safetensors.torch import load_file, save_file
from scipy.optimize import linear_sum_assignment

from flametalk.errors import FormatError
from flametalk.head import Head
from flametalk.lift.habits import LAYOUT, NUMBERS, TABLE, habits_of, read_habits, write_habits
from flametalk.lift.marks import LEFT_IRIS, OUTLINE, RIGHT_IRIS, plain_marks, with_habits
from flametalk.lift.mirror import MIRROR, unmirrored
from flametalk.lift.unknowns import joint_rotations
from scripts.calibrate_landmarks import answers_of, outline_of

pytestmark = pytest.mark.core


def test_the_table_comes_back(tmp_path: Path) -> None:
    table = habits_of(Head.load())
    assert table is not None and table.head == Head.load().name
    write_habits(table, tmp_path / "h.safetensors", {"faces": "3"})
    again = read_habits(tmp_path / "h.safetensors")
    assert again.ids == table.ids and again.head == table.head
    for name in NUMBERS:
        torch.testing.assert_close(getattr(again, name), getattr(table, name), rtol=0, atol=0)
    assert habits_of(replace(Head.load(), name="flame2020")) is None


def test_damaged_tables(tmp_path: Path) -> None:
    good = load_file(TABLE)
    broken = {
        "ways": good["ways"][:, :-1],
        "spread": good["spread"] * torch.nan,
        "outline_ways": good["outline_ways"][1:],
        "answers": good["answers"][1:],
    }
    path = tmp_path / "h.safetensors"
    refuses(read_habits, TABLE, LAYOUT, broken, "a table of a tracker's habits", path)
    save_file({**good, "ids": good["ids"].flip(0)}, path, {"layout": LAYOUT, "head": "builtin-1"})
    with pytest.raises(FormatError, match="calibrate_landmarks"):
        with_habits(plain_marks(Head.load()), read_habits(path))


def test_habits_are_found_again() -> None:
    """Errors that follow an answer are foretold for faces that were not looked at."""
    chance = torch.Generator().manual_seed(0)
    faces, seen, n = 1600, 1500, 4
    rotations = joint_rotations(0.4 * torch.randn(faces, 10, generator=chance, dtype=torch.float64))
    coefficients = torch.randn(faces, 150, generator=chance, dtype=torch.float64)
    answers = torch.zeros(n, 3, 1 + 150 + 45, dtype=torch.float64)
    answers[..., 0] = torch.randn(n, 3, generator=chance, dtype=torch.float64) * 3
    answers[1, :, 120] = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    features = (rotations - torch.eye(3, dtype=torch.float64)).flatten(1)
    columns = torch.cat([torch.ones(faces, 1, dtype=torch.float64), coefficients, features], 1)
    away = torch.einsum("fxc,nck,fk->fnx", rotations[:, 0, :2], answers, columns)
    found, rest = answers_of(away[:seen], coefficients[:seen], rotations[:seen])
    told = torch.einsum("fxc,nck,fk->fnx", rotations[seen:, 0, :2], found, columns[seen:])
    wrong = (told - away[seen:]).square().mean().sqrt()
    assert float(wrong) < 0.05 * float(away.square().mean().sqrt())
    assert float(rest.square().mean().sqrt()) < 0.05 * float(away.square().mean().sqrt())
    across = 2.0 + columns[:, 151:160] @ torch.linspace(-3, 3, 9, dtype=torch.float64)
    shift, left = outline_of(across[:, None].repeat(1, len(OUTLINE)), rotations)
    assert shift.shape == (len(OUTLINE), 10) and float(left.square().mean().sqrt()) < 0.05 * float(
        across.std()
    )


def test_the_mirror_is_that_of_the_head() -> None:
    """The head is symmetric: each of its landmarks in the mirror lies nearest to its counterpart."""
    head = Head.load()
    ids = head.landmarks["mediapipe"].ids
    assert ids is not None and len(ids) > 150
    points = head.landmark_points(head.template[None], "mediapipe")[0].numpy()
    apart = np.linalg.norm((points * (-1, 1, 1))[:, None] - points, axis=-1)
    rows, columns = linear_sum_assignment(apart)
    assert apart[rows, columns].max() < 1e-3
    assert [ids[k] for k in columns] == [MIRROR[ids[k]] for k in rows]


def test_a_mirror_twice_is_no_mirror() -> None:
    twice = np.array(MIRROR)[list(MIRROR)]
    np.testing.assert_array_equal(twice, np.arange(478))
    for right, left in ((33, 263), (61, 291), (RIGHT_IRIS, LEFT_IRIS), (234, 454), (70, 300)):
        assert MIRROR[right] == left
    for middle in (1, 4, 0, 17, 152, 10):
        assert MIRROR[middle] == middle
    marks = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    again = unmirrored(unmirrored(marks, 640), 640)
    np.testing.assert_allclose(again, marks, atol=1e-4)
