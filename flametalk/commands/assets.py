"""`flametalk assets`: the user's own model files."""

import argparse

from ..errors import InputError
from .options import add_command

KINDS = {
    "flame": "a FLAME model: generic_model.pkl, FLAME2020.zip, FLAME2023Open.zip …",
    "masks": "FLAME_masks.pkl: named regions",
    "landmarks": "landmark_embedding.npy and its kin, mediapipe_landmark_embedding.npz",
    "uv": "head_template.obj: texture coordinates",
    "emoca": "a folder of EMOCA or DECA: encoders (and the data files of detail, where they are in it)",
}


def add(commands) -> None:
    parser = add_command(
        commands,
        "assets",
        run,
        "Add, list and remove your own model files.",
        "flametalk assets add flame FLAME2020.zip",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    kinds = "\n".join(f"  {kind:<10} {what}" for kind, what in KINDS.items())
    add = actions.add_parser(
        "add",
        help="check a file, convert it, keep it",
        description=f"Kinds of file:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    add.add_argument("file", metavar="FILE")
    add.add_argument("--name", help="flame, emoca: name to keep it by; others: which head")
    add.add_argument("--member", help="flame: which file of an archive, such as female_model.pkl")
    actions.add_parser("list", help="what can be loaded by name", allow_abbrev=False)
    remove = actions.add_parser("remove", help="delete an added head or encoder", allow_abbrev=False)
    remove.add_argument("name")


def run(options: argparse.Namespace) -> None:
    from ..head import assets

    if options.action == "list":
        print("\n".join(str(asset) for asset in assets.list_assets()))
        _list_encoders()
    elif options.action == "remove":
        print(f"removed {_remove_encoder(options.name) or assets.remove_asset(options.name)}")
    elif options.kind == "flame":
        print(assets.add_flame(options.file, options.name, options.member))
    elif options.member:
        raise InputError("--member goes with flame archives only")
    elif options.kind == "emoca":
        _add_emoca(options)
    else:
        attach = {"masks": assets.add_masks, "landmarks": assets.add_landmarks, "uv": assets.add_uv}
        print("\n".join(str(asset) for asset in attach[options.kind](options.file, options.name)))


def _add_emoca(options: argparse.Namespace) -> None:
    from ..lift.neural.deca_data import find_deca_data, read_deca_data, save_deca_data
    from ..lift.neural.store import add_emoca

    print(add_emoca(options.file, options.name))
    if find_deca_data(options.file) is not None:
        print(f"  data files of detail: {save_deca_data(read_deca_data(options.file))}")


def _list_encoders() -> None:
    from ..lift.neural.store import added_encoders, encoder_file

    for name in added_encoders():
        print(f"{name}: encoders of faces\n  file: {encoder_file(name)}")


def _remove_encoder(name: str):
    """Its file, where there is an encoder of that name."""
    from ..lift.neural.store import added_encoders, encoder_file

    if name not in added_encoders():
        return None
    encoder_file(name).unlink()
    return encoder_file(name)
