"""Local chat models in the official layout: one of random weights, one wired by hand to write a script."""

import json
from pathlib import Path

import pytest
from control.spoken_clips import accents

from flametalk.control.chat_model import load_chat_model
from flametalk.control.language import LanguageModelError, write_script
from flametalk.control.pose import script_for
from flametalk.errors import FileError, MissingExtraError

ANSWER = '{"version": 1, "yaw": {"waves": [{"hertz": 0.3, "amount": 7}]}}'
PIECES = ["<s>", "</s>", "<unk>", "?", "assistant:", *[ANSWER[k : k + 9] for k in range(0, len(ANSWER), 9)]]


def _save(folder: Path, wired: bool, positions: int = 60_000) -> Path:
    """A Llama of a few thousand weights with its tokeniser.

    Wired, each piece of the answer is followed by the next: embeddings are one-hot, attention and MLP give
    nothing, and the output layer is the table of successors. Every other word is "?".
    """
    transformers = pytest.importorskip("transformers")
    import tokenizers
    import torch

    words = {piece: k for k, piece in enumerate(PIECES)}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="?"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    inner.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    size = 4 * ((len(PIECES) + 3) // 4)
    config = transformers.LlamaConfig(
        vocab_size=len(PIECES), hidden_size=size, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=positions,
        tie_word_embeddings=False, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(config)
    if wired:
        answer = [*range(5, len(PIECES))]  # "assistant:" leads to the first, the last to the end
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "layers" in name and "norm" not in name:
                    weight.zero_()
            model.model.embed_tokens.weight.zero_()
            model.lm_head.weight.zero_()
            for k in range(len(PIECES)):
                model.model.embed_tokens.weight[k, k] = 1.0
            for piece, after in zip([4, *answer], [*answer, 1], strict=True):
                model.lm_head.weight[after, piece] = 10.0
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder, safe_serialization=True)
    return folder


def test_a_model_that_writes_a_script(tmp_path: Path) -> None:
    written = script_for("lively", accents(), f"local:{_save(tmp_path / 'wired', True)}")
    assert written.script.to_json() == json.loads(ANSWER)
    assert written.by == "the chat model wired"


def test_a_model_that_babbles(tmp_path: Path) -> None:
    model = load_chat_model(_save(tmp_path / "random", False), new_tokens=20)
    with pytest.raises(LanguageModelError, match="the chat model random was asked 2 times"):
        write_script(model, "lively", accents())
    folder = _save(tmp_path / "random2", False)
    written = script_for("calm", accents(), f"local:{folder}", fallback=True)
    assert "since a model failed" in written.by


def test_a_model_that_reads_too_little(tmp_path: Path) -> None:
    model = load_chat_model(_save(tmp_path / "short", True, positions=64))
    with pytest.raises(LanguageModelError, match="reads 64 tokens"):
        write_script(model, "lively", accents())


@pytest.mark.core
def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is no chat model"):
        load_chat_model(tmp_path / "none")
    for name in ("config.json", "tokenizer_config.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    with pytest.raises((FileError, MissingExtraError), match=r"cannot be loaded|pip install"):
        load_chat_model(tmp_path)


def test_pickled_weights_and_code_are_refused(tmp_path: Path) -> None:
    folder = _save(tmp_path / "m", True)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(FileError, match="safetensors"):
        load_chat_model(folder)
    folder = _save(tmp_path / "code", True)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"},
        "model_type": "evil",
    }
    (folder / "config.json").write_text(json.dumps(config))
    owned = tmp_path / "owned"
    (folder / "evil.py").write_text(
        f"open({str(owned)!r}, 'w').write('x')\nclass Config: pass\nclass Model: pass\n"
    )
    with pytest.raises(FileError, match="cannot be loaded"):
        load_chat_model(folder)
    assert not owned.exists()
