"""WavLM and emotion2vec: the real classes on tiny random weights in the layout of the released files."""

import contextlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from audio_samples import RATE, pink, tone
from torch.nn import functional

from flametalk.audio import encoders
from flametalk.audio.emotion2vec import LABELS, load_emotion2vec
from flametalk.audio.emotion2vec_network import Emotion2Vec, Sizes, alibi
from flametalk.audio.features import extract_features
from flametalk.audio.mood import EMOTIONS
from flametalk.audio.signal import Audio
from flametalk.audio.wavlm import load_wavlm
from flametalk.errors import AssetError, FormatError, InputError, UnsafeFileError

TINY = Sizes(
    channels=16, width=32, heads=2, hidden=64, first_blocks=1, blocks=2, positions=2, position_kernel=19,
    extra_tokens=3, labels=9,
)  # fmt: skip


def _random_network() -> Emotion2Vec:
    torch.manual_seed(0)
    network = Emotion2Vec(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        network.modality_encoders["AUDIO"].alibi_scale.copy_(torch.tensor([1.3, -0.4]).view(1, 1, 2, 1, 1))
    return network.eval()


def _save(
    folder: Path, wrapper: str | None = "model", prefix: str = "d2v_model.", drop: str | None = None, **beside
) -> Emotion2Vec:
    network = _random_network()
    weights = {
        (key if key.startswith("proj") else prefix + key): value
        for key, value in network.state_dict().items()
        if key != drop
    }
    weights[prefix + "modality_encoders.AUDIO.decoder.proj.weight"] = torch.zeros(
        3, 3
    )  # only training needs it
    folder.mkdir(exist_ok=True)
    torch.save({wrapper: weights, **beside} if wrapper else weights, folder / "model.pt")
    names = [
        "生气/angry",
        "厌恶/disgusted",
        "恐惧/fearful",
        "开心/happy",
        "中立/neutral",
        "其他/other",
        "难过/sad",
        "吃惊/surprised",
        "<unk>",
    ]
    (folder / "tokens.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return network


# --- emotion2vec -----------------------------------------------------------------------------------


@pytest.mark.core
@pytest.mark.parametrize(
    ("wrapper", "prefix"),
    [("model", "d2v_model."), ("state_dict", ""), ("model_state_dict", "module."), (None, "d2v_model.")],
)
def test_every_layout_of_the_file(tmp_path: Path, wrapper: str | None, prefix: str) -> None:
    network = _save(tmp_path / "m", wrapper, prefix)
    encoder = load_emotion2vec(tmp_path / "m")
    assert encoder.labels == LABELS and encoder.width == 32
    sound = 0.1 * pink(RATE)
    found = encoder.features(sound)
    assert found.shape == (50, 32)
    heard = functional.layer_norm(torch.from_numpy(sound), (RATE,))
    heard = functional.pad(heard, (encoders.SIDE, encoders.SIDE))[None]
    with torch.inference_mode():
        np.testing.assert_allclose(found, network(heard)[0].numpy(), atol=1e-5)


@pytest.mark.core
def test_scores_are_those_of_the_classifier(tmp_path: Path) -> None:
    network = _save(tmp_path / "m")
    encoder = load_emotion2vec(tmp_path / "m")
    features = encoder.features(0.1 * pink(RATE))
    with torch.inference_mode():
        parts = torch.softmax(network.proj(torch.from_numpy(features.mean(0))), 0).numpy()
    scores = encoder.scores(features)
    kept = parts[[0, 1, 2, 3, 4, 6, 7]].sum()
    assert set(scores) == set(EMOTIONS) and scores["contempt"] == 0.0
    assert scores["sad"] == pytest.approx(parts[6] / kept, rel=1e-4)
    assert scores["fear"] == pytest.approx(parts[2] / kept, rel=1e-4)
    assert sum(scores.values()) == pytest.approx(1.0)


@pytest.mark.core
def test_older_scale_and_options_beside(tmp_path: Path) -> None:
    network = _save(tmp_path / "m")
    content = torch.load(tmp_path / "m" / "model.pt", weights_only=True)
    key = "d2v_model.modality_encoders.AUDIO.alibi_scale"
    content["model"][key] = content["model"][key][0]
    torch.save({**content, "cfg": None, "epoch": 3}, tmp_path / "m" / "model.pt")
    found = load_emotion2vec(tmp_path / "m").network.state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(found[name].cpu(), value), name


@pytest.mark.core
@pytest.mark.parametrize(
    "drop",
    [
        "blocks.1.attn.qkv.weight",
        "proj.bias",
        "modality_encoders.AUDIO.extra_tokens",
        "modality_encoders.AUDIO.context_encoder.norm.weight",
    ],
)
def test_a_missing_weight_is_an_error(tmp_path: Path, drop: str) -> None:
    _save(tmp_path / "m", drop=drop)
    with pytest.raises(FormatError, match=drop.rpartition(".")[0].replace(".", r"\.")):
        load_emotion2vec(tmp_path / "m")


class _Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('the file was run')",))


@pytest.mark.core
def test_code_in_the_file_is_not_run(tmp_path: Path) -> None:
    _save(tmp_path / "m", cfg=_Bomb())
    with contextlib.suppress(UnsafeFileError, FormatError):  # refused, or read with the rest left inert
        load_emotion2vec(tmp_path / "m")
    (tmp_path / "m" / "model.pt").write_bytes(pickle.dumps(_Bomb()))
    with pytest.raises((UnsafeFileError, FormatError)):
        load_emotion2vec(tmp_path / "m")


@pytest.mark.core
def test_folders_that_are_not_the_model(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="is not a folder"):
        load_emotion2vec(tmp_path / "none")
    with pytest.raises(AssetError, match=r"lacks model\.pt"):
        load_emotion2vec(tmp_path)
    with pytest.raises(InputError, match="is a URL"):
        load_emotion2vec("https://x.org/model")
    torch.save({"model": {"a": torch.zeros(3)}}, tmp_path / "model.pt")
    with pytest.raises(FormatError, match="not an emotion2vec model"):
        load_emotion2vec(tmp_path)
    (tmp_path / "model.pt").write_bytes((tmp_path / "model.pt").read_bytes()[:200])
    with pytest.raises(FormatError, match="not a readable torch file"):
        load_emotion2vec(tmp_path)


@pytest.mark.core
def test_bias_falls_with_distance() -> None:
    bias = alibi(5, 12)
    slopes = [2.0**-k for k in range(1, 9)] + [2.0**-0.5, 2.0**-1.5, 2.0**-2.5, 2.0**-3.5]
    np.testing.assert_allclose(bias[:, 0, 1], -np.array(slopes), rtol=1e-6)
    np.testing.assert_allclose(bias[3], bias[3].T)
    assert (bias[:, 2, 2] == 0).all() and bias[0, 0, 4] == -2.0


# --- WavLM -----------------------------------------------------------------------------------------


def _wavlm(folder: Path, **options) -> Path:
    transformers = pytest.importorskip("transformers")
    config = transformers.WavLMConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, conv_dim=[16] * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4, **options,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.WavLMModel(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("length", [16_000, 15_999, 16_001, 640, 1, 32_080])
def test_fifty_vectors_a_second(tmp_path: Path, length: int) -> None:
    model = load_wavlm(_wavlm(tmp_path / "m"))
    features = model.features(np.full(length, 0.1, np.float32))
    assert features.shape == (-(-length // 320), 32) and model.width == 32


def test_is_the_model_of_transformers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = _wavlm(tmp_path / "m")
    sound = 0.1 * pink(RATE)
    with torch.inference_mode():
        network = transformers.WavLMModel.from_pretrained(folder).eval()
        expected = network(torch.from_numpy(np.pad(sound, encoders.SIDE))[None]).last_hidden_state[0].numpy()
        plain = network(torch.from_numpy(sound)[None]).last_hidden_state[0]
    assert len(plain) == 49 and len(expected) == 50
    np.testing.assert_allclose(load_wavlm(folder).features(sound), expected, atol=1e-5)


def test_normalisation_is_asked_for_by_the_folder(tmp_path: Path) -> None:
    folder = _wavlm(tmp_path / "m")
    sound = 0.3 + 0.1 * pink(RATE)
    plain = load_wavlm(folder).features(sound)
    other = _wavlm(tmp_path / "n")
    (other / "preprocessor_config.json").write_text(json.dumps({"do_normalize": True}))
    normalised = load_wavlm(other).features(sound)
    assert np.abs(plain - normalised).max() > 1e-3
    np.testing.assert_allclose(load_wavlm(other).features(3 * sound), normalised, atol=1e-3)


def test_long_sound_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_wavlm(_wavlm(tmp_path / "m"))
    sound = 0.1 * pink(6 * RATE)
    whole = model.features(sound)
    monkeypatch.setattr(encoders, "PART", 75)
    monkeypatch.setattr(encoders, "CONTEXT", 50)
    parts = model.features(sound)
    assert parts.shape == whole.shape
    assert np.abs(parts - whole).mean() < 0.25 * whole.std()  # the first layer normalises over all it hears


def test_missing_wavlm_weights_are_an_error(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = _wavlm(tmp_path / "m") / "model.safetensors"
    weights = load_file(path)
    del weights["encoder.layers.1.attention.k_proj.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(FormatError, match=r"lacks 1 weights of its network, e\.g\. encoder\.layers\.1"):
        load_wavlm(tmp_path / "m")


def test_wavlm_folders_that_are_not(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"lacks config\.json"):
        load_wavlm(tmp_path)
    folder = _wavlm(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "hubert"}))
    with pytest.raises(FormatError, match="expected 'wavlm'"):
        load_wavlm(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(FormatError, match="not readable JSON"):
        load_wavlm(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(AssetError, match=r"lacks model\.safetensors"):
        load_wavlm(folder)


# --- both, as features -----------------------------------------------------------------------------


def test_features_say_what_ran(tmp_path: Path) -> None:
    _wavlm(tmp_path / "wavlm-tiny")
    _save(tmp_path / "emotion-tiny")
    sound = Audio(np.concatenate([np.zeros(RATE, np.float32), tone(200.0).samples]), RATE)
    features = extract_features(
        sound,
        fps=30.0,
        linguistic=f"wavlm:{tmp_path / 'wavlm-tiny'}",
        emotion=f"emotion2vec:{tmp_path / 'emotion-tiny'}",
    )
    assert features.linguistic.shape == (60, 32) and features.emotion.shape == (60, 32)
    assert features.provenance["linguistic"] == "WavLM (32, wavlm-tiny)"
    assert features.provenance["emotion"] == "emotion2vec (32, emotion-tiny)"
    jump = np.abs(np.diff(features.linguistic, axis=0)).sum(1)
    assert abs(int(jump.argmax()) - 29) <= 2  # the tone begins with frame 30
