"""`flametalk assets add emoca` and `flametalk train encoder`."""

from pathlib import Path

import numpy as np
import pytest
import torch
from official_emoca import SMALL, random_networks, write_emoca

from flametalk.cli import main
from flametalk.lift.neural import load_emoca, store
from flametalk.lift.neural.encoder import Sizes
from flametalk.lift.neural.training import recipe

pytestmark = pytest.mark.core


def test_emoca_is_added_listed_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        store, "Sizes", lambda **own: Sizes(**own) if own else SMALL
    )  # the layout is official, the networks are small
    networks = random_networks()
    del networks["D_detail"]
    folder = tmp_path / "EMOCA_v2_lr_mse_20"
    write_emoca(folder, networks, state={"deca.E_new.x": torch.zeros(1)})
    assert main(["assets", "add", "emoca", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "emoca_v2_lr_mse_20: encoders for flame2020" in said
    assert "E_flame, E_expression, E_detail" in said and "unexpected in the file: E_new (1)" in said
    model = load_emoca("emoca_v2_lr_mse_20")
    picture = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    expected = networks["E_expression"](torch.from_numpy(picture).permute(0, 3, 1, 2))
    np.testing.assert_allclose(model.encode(picture).expression, expected.detach(), rtol=1e-4, atol=1e-5)
    assert main(["assets", "list"]) == 0 and "emoca_v2_lr_mse_20" in capsys.readouterr().out
    assert main(["assets", "remove", "emoca_v2_lr_mse_20"]) == 0
    assert main(["assets", "add", "emoca", str(tmp_path / "nothing")]) == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_encoder_is_trained_and_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(recipe.SIZES, "small", Sizes((1, 1, 1, 1), 4, 16, 48))
    out = tmp_path / "e.safetensors"
    first = ["--steps", "2", "--batch", "3", "--held-out", "3", "--quiet"]
    assert main(["train", "encoder", "-o", str(out), *first]) == 0
    said = capsys.readouterr().out
    assert "mean face  face" in said and "encoder    face" in said and "steps      2" in said
    assert load_emoca(out).made_for == "builtin-1"
    torch.jit.save(torch.jit.trace(torch.nn.AvgPool2d(8), torch.rand(1, 3, 48, 48)), str(tmp_path / "r.pt"))
    second = ["--expression", str(out), "--emotion-recogniser", str(tmp_path / "r.pt")]
    assert main(["train", "encoder", "-o", str(tmp_path / "f.safetensors"), *second, *first]) == 0
    assert "emotion" in capsys.readouterr().out
    assert load_emoca(tmp_path / "f.safetensors").E_expression is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "x.pt"], "written as .safetensors"),
        (["-o", "x.safetensors", "--size", "huge"], "unknown size of encoder 'huge'"),
        (["-o", "x.safetensors", "--lip-reader", "r.pt"], "--expression FILE"),
        (["-o", "x.safetensors", "--steps", "0"], "steps is 0"),
    ],
)
def test_wrong_options(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "encoder", *words]) == 2
    assert message in capsys.readouterr().err
