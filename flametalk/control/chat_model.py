"""A chat model in a local folder, run by transformers: nothing is downloaded, no code in it is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import FileError
from ..extras import require
from ..files import PathLike
from .language import LanguageModelError, Message

NEEDED = ("config.json", "tokenizer_config.json")
NEW_TOKENS = 1200
SECONDS = 300.0  # of writing


@dataclass(frozen=True, eq=False)
class ChatModel:
    """A causal language model with its tokeniser."""

    folder: Path
    tokenizer: Any
    model: Any
    new_tokens: int = NEW_TOKENS

    @property
    def name(self) -> str:
        return f"the chat model {self.folder.name}"

    def reply(self, messages: Sequence[Message]) -> str:
        """The most probable answer, word by word."""
        import torch

        text = _prompt(self.tokenizer, messages)
        given = self.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        room = getattr(self.model.config, "max_position_embeddings", None)
        if room is not None and given.shape[1] + 16 > room:
            raise LanguageModelError(
                f"{self.name} reads {room} tokens, the request has {given.shape[1]}: choose a larger model"
            )
        most = self.new_tokens if room is None else min(self.new_tokens, room - given.shape[1])
        padding = self.tokenizer.pad_token_id
        with torch.inference_mode():
            written = self.model.generate(
                given.to(self.model.device),
                attention_mask=torch.ones_like(given).to(self.model.device),
                max_new_tokens=most,
                max_time=SECONDS,
                do_sample=False,
                pad_token_id=self.tokenizer.eos_token_id if padding is None else padding,
            )
        return self.tokenizer.decode(written[0, given.shape[1] :], skip_special_tokens=True)


def load_chat_model(folder: PathLike, new_tokens: int = NEW_TOKENS) -> ChatModel:
    """The model in `folder`, as transformers saves it, with safetensors weights; loaded once."""
    path = Path(folder).expanduser()
    missing = [name for name in NEEDED if not (path / name).is_file()]
    if missing or not any(path.glob("*.safetensors")):
        raise FileError(
            path, f"is no chat model: expected {', '.join(NEEDED)} and *.safetensors weights in a folder"
        )
    return _load(path.resolve(), new_tokens)


@lru_cache(maxsize=1)
def _load(path: Path, new_tokens: int) -> ChatModel:
    transformers = require("transformers", "language", "a local chat model")
    kept = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(path), **kept)
        model = transformers.AutoModelForCausalLM.from_pretrained(str(path), use_safetensors=True, **kept)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise FileError(path, f"cannot be loaded as a chat model ({str(error).splitlines()[0]})") from error
    return ChatModel(path, tokenizer, model.eval(), new_tokens)


def _prompt(tokenizer: Any, messages: Sequence[Message]) -> str:
    """By the model's own chat template where it has one."""
    if getattr(tokenizer, "chat_template", None):
        return tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    return "\n\n".join(f"{m['role']}: {m['content']}" for m in messages) + "\n\nassistant:"
