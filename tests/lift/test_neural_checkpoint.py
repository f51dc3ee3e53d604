"""Official checkpoints: written in their layout, read back; hostile and broken ones are refused."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from official_emoca import CHECKPOINT, NARROW, SMALL, WORSE, random_networks, write_deca, write_emoca

from flametalk.errors import AssetError, FileError, FormatError, InputError, UnsafeFileError
from flametalk.lift.neural.checkpoint import find_checkpoint, read_checkpoint
from flametalk.lift.neural.store import (
    added_encoders,
    encoder_file,
    load_emoca,
    load_encoder,
    read_emoca,
    save_encoder,
)

pytestmark = pytest.mark.core


def same(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, its = network.state_dict(), other.state_dict()
    return mine.keys() == its.keys() and all(torch.equal(mine[k], its[k]) for k in mine)


def test_an_emoca_folder_is_read_back(tmp_path: Path) -> None:
    networks = random_networks()
    write_emoca(tmp_path, random_networks(seed=1), WORSE)
    best = write_emoca(tmp_path, networks)
    assert best.parent.name == "deca-epoch=10-val_loss"  # the slash of the name made a folder
    model, asset = read_emoca(tmp_path, SMALL, NARROW)
    assert asset.path == best and asset.networks == ("E_flame", "E_expression", "E_detail", "D_detail")
    assert all(same(model.networks[name], networks[name]) for name in networks)
    assert not asset.unexpected
    assert asset.ignored == {
        "flame": 3, "render": 2, "uv_face_eye_mask": 1, "fixed_uv_dis": 1, "perceptual_loss": 1
    }  # fmt: skip
    assert model.made_for == "flame2020"


def test_deca_is_read_back(tmp_path: Path) -> None:
    networks = random_networks()
    write_deca(tmp_path / "data" / "deca_model.tar", networks)
    model, asset = read_emoca(tmp_path, SMALL, NARROW)
    assert asset.networks == ("E_flame", "E_detail", "D_detail") and model.E_expression is None
    assert all(same(model.networks[name], networks[name]) for name in model.networks)


def test_older_torch_files_are_read(tmp_path: Path) -> None:
    networks = random_networks()
    content = {n: networks[n].state_dict() for n in ("E_flame", "E_detail", "D_detail")}
    torch.save(content, tmp_path / "deca_model.tar", _use_new_zipfile_serialization=False)
    assert same(read_emoca(tmp_path, SMALL, NARROW)[0].E_flame, networks["E_flame"])


def test_unexpected_prefixes_are_reported(tmp_path: Path) -> None:
    extra = {
        "deca.E_magic.weight": torch.zeros(2),
        "other": torch.zeros(1),
        "deca.E_flame.encoder.fc.weight": torch.zeros(3),
    }
    write_emoca(tmp_path, random_networks(), state=extra)
    _, asset = read_emoca(tmp_path, SMALL, NARROW)
    assert asset.unexpected == {"E_magic": 1, "other": 1, "E_flame.encoder": 1}
    assert "E_magic (1)" in str(asset)


def test_a_missing_or_misshapen_weight_is_named(tmp_path: Path) -> None:
    networks = random_networks()
    weights = networks["E_flame"].state_dict()
    del weights["encoder.layer3.0.conv2.weight"]
    torch.save({"E_flame": weights}, tmp_path / "a.tar")
    with pytest.raises(FormatError, match=r"lacks 1 of .*encoder\.layer3\.0\.conv2\.weight"):
        read_emoca(tmp_path / "a.tar", SMALL, NARROW)
    weights = networks["E_flame"].state_dict()
    weights["layers.2.bias"] = torch.zeros(7)
    torch.save({"E_flame": weights}, tmp_path / "b.tar")
    with pytest.raises(FormatError, match=r"layers\.2\.bias.*\(7,\), expected \(236,\)"):
        read_emoca(tmp_path / "b.tar", SMALL, NARROW)


def test_poses_from_the_expression_encoder_are_refused(tmp_path: Path) -> None:
    networks = random_networks()
    state = {"deca.E_expression.layers.2.weight": torch.zeros(53, 16)}
    write_emoca(tmp_path, networks, state=state)
    with pytest.raises(FormatError, match="reads 53 numbers"):
        read_emoca(tmp_path, SMALL, NARROW)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(tmp_path: Path, value: float) -> None:
    weights = random_networks()["E_flame"].state_dict()
    weights["layers.0.bias"][3] = value
    torch.save({"E_flame": weights}, tmp_path / "x.tar")
    with pytest.raises(FormatError, match="NaN"):
        read_checkpoint(tmp_path / "x.tar")


class Evil:
    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("place", ["callbacks", "weights", "top"])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, place: str, old: bool) -> None:
    mark = tmp_path / "was here"
    content: dict = {"state_dict": {"deca.E_flame.a": torch.zeros(1)}, "callbacks": {}}
    if place == "callbacks":
        content["callbacks"] = {"x": Evil(mark)}
    elif place == "weights":
        content["state_dict"]["deca.E_flame.b"] = Evil(mark)
    else:
        content = {"state_dict": Evil(mark)}
    torch.save(content, tmp_path / "x.ckpt", _use_new_zipfile_serialization=not old)
    with pytest.raises(UnsafeFileError, match="mkdir"):
        read_checkpoint(tmp_path / "x.ckpt")
    assert not mark.exists()


def test_broken_files_end_in_one_clear_error(tmp_path: Path) -> None:
    whole = write_deca(tmp_path / "whole" / "deca_model.tar", random_networks()).read_bytes()
    for name, content in {
        "cut.tar": whole[: len(whole) // 2],
        "text.tar": b"hello " * 100,
        "zeros.tar": bytes(1000),
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match=name):
            read_checkpoint(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.tar")
    with pytest.raises(FormatError, match="a list, a dictionary was expected"):
        read_checkpoint(tmp_path / "list.tar")
    torch.save({"model": {}}, tmp_path / "other.tar")
    with pytest.raises(FormatError, match="has no E_flame, only: model"):
        read_checkpoint(tmp_path / "other.tar")


def test_the_best_checkpoint_of_a_folder(tmp_path: Path) -> None:
    for name in (CHECKPOINT, WORSE, "coarse/checkpoints/last.ckpt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert find_checkpoint(tmp_path) == tmp_path / CHECKPOINT
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no single checkpoint"):
        find_checkpoint(empty)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = write_deca(tmp_path / "outside" / "deca_model.tar", random_networks())
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a=1.ckpt").symlink_to(outside)
    with pytest.raises(FileError, match="leads out of the folder"):
        find_checkpoint(tmp_path / "inside")


def test_our_own_file_brings_everything_back(tmp_path: Path) -> None:
    write_emoca(tmp_path, random_networks())
    model, _ = read_emoca(tmp_path, SMALL, NARROW)
    save_encoder(model, tmp_path / "m.safetensors")
    again = load_encoder(tmp_path / "m.safetensors")
    assert again.sizes == SMALL and again.made_for == model.made_for
    assert all(same(again.networks[name], net) for name, net in model.networks.items())
    picture = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    assert np.array_equal(again.encode(picture).expression, model.encode(picture).expression)
    (tmp_path / "n.safetensors").write_bytes((tmp_path / "m.safetensors").read_bytes()[:-100])
    with pytest.raises(FormatError):
        load_encoder(tmp_path / "n.safetensors")


def test_models_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    write_emoca(tmp_path / "EMOCA", random_networks())
    model, _ = read_emoca(tmp_path / "EMOCA", SMALL, NARROW)
    with pytest.raises(AssetError, match="assets add emoca"):
        load_emoca("mine")
    save_encoder(model, encoder_file("mine"), "mine")
    assert added_encoders() == ["mine"] and load_emoca("mine").name == "mine"
    with pytest.raises(InputError, match="no model's name"):
        encoder_file("../mine")
