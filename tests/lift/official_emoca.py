"""Checkpoints in exactly the layout of DECA's and EMOCA's, with random weights.

EMOCA's are Lightning's: callbacks keyed by classes of a package that is not installed here, states of the
optimiser, buffers of the head and of the renderer, loss networks, and a slash in the name of the file.
"""

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from flametalk.lift.neural.decoder import DetailDecoder
from flametalk.lift.neural.encoder import Encoder, Sizes

SMALL = Sizes(blocks=(1, 1, 1, 1), width=4, hidden=16, pixels=64)
NARROW = 16
CHECKPOINT = "detail/checkpoints/deca-epoch=10-val_loss/dataloader_idx_0=3.25521111.ckpt"
WORSE = "detail/checkpoints/deca-epoch=03-val_loss/dataloader_idx_0=9.44489288.ckpt"
CALLBACKS = (
    ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
    ("pytorch_lightning.callbacks.early_stopping", "EarlyStopping"),
)


def random_networks(sizes: Sizes = SMALL, narrow: int = NARROW, seed: int = 0) -> dict[str, torch.nn.Module]:
    """Networks with weights and running statistics that are not those of a fresh network."""
    torch.manual_seed(seed)
    networks = {
        "E_flame": Encoder(236, sizes),
        "E_expression": Encoder(50, sizes),
        "E_detail": Encoder(128, sizes),
        "D_detail": DetailDecoder(narrow),
    }
    for network in networks.values():
        stir(network)
    return networks


def stir(network: torch.nn.Module) -> None:
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(part.weight, 0.7, 1.3)
            torch.nn.init.normal_(part.bias, 0, 0.1)
    network.eval()


def buffers() -> dict[str, Tensor]:
    """What a reader does not need."""
    return {
        "deca.flame.faces_tensor": torch.zeros(9976, 3, dtype=torch.int64),
        "deca.flame.v_template": torch.zeros(5023, 3),
        "deca.flame.eye_pose": torch.zeros(1, 6),
        "deca.render.dense_faces": torch.zeros(1, 4, 3, dtype=torch.int64),
        "deca.render.constant_factor": torch.ones(9),
        "deca.uv_face_eye_mask": torch.ones(1, 1, 256, 256),
        "deca.fixed_uv_dis": torch.zeros(256, 256),
        "deca.perceptual_loss.vgg.0.weight": torch.zeros(4, 3, 3, 3),
    }


@contextmanager
def callback_classes() -> Iterator[list[type]]:
    """Classes of Lightning's names, importable while a checkpoint is written."""
    made = []
    for module, name in CALLBACKS:
        made.append(type(name, (), {"__module__": module}))
        parts = module.split(".")
        for k in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:k]), types.ModuleType(".".join(parts[:k])))
        setattr(sys.modules[module], name, made[-1])
    try:
        yield made
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "pytorch_lightning"]:
            del sys.modules[name]


def write_emoca(folder: Path, networks: dict[str, torch.nn.Module], name: str = CHECKPOINT, **more) -> Path:
    """A folder as EMOCA's download has it."""
    state = {f"deca.{n}.{k}": v for n, net in networks.items() for k, v in net.state_dict().items()}
    state |= buffers() | more.pop("state", {})
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with callback_classes() as classes:
        content = {
            "epoch": 10,
            "global_step": 12345,
            "pytorch-lightning_version": "1.4.9",
            "state_dict": state,
            "callbacks": {
                classes[0]: {"best_model_score": torch.tensor(3.2), "best_model_path": "/ps/scratch/x.ckpt"},
                classes[1]: {"wait_count": 0, "best_score": torch.tensor(3.2)},
            },
            "optimizer_states": [{"state": {}, "param_groups": [{"lr": 1e-5, "params": [0, 1]}]}],
            "lr_schedulers": [],
            **more,
        }
        torch.save(content, path)
    (folder / "cfg.yaml").write_text("detail:\n  model:\n    deca_class: ExpDECA\n")
    return path


def write_deca(path: Path, networks: dict[str, torch.nn.Module]) -> Path:
    """`deca_model.tar`: a plain dictionary."""
    content = {n: networks[n].state_dict() for n in ("E_flame", "E_detail", "D_detail")}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**content, "opt": {"state": {}}, "global_step": 7, "batch_size": 8}, path)
    return path
