"""`flametalk assets`: the user's own model files."""

import argparse

from ..errors import InputError
from .options import add_command

KINDS = {
    "flame": "a FLAME model: generic_model.pkl, FLAME2020.zip, FLAME2023Open.zip …",
    "masks": "FLAME_masks.pkl: named regions",
    "landmarks": "landmark_embedding.npy and its kin, mediapipe_landmark_embedding.npz",
    "uv": "head_template.obj: texture coordinates",
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
    add.add_argument("--name", help="flame: name for a file that is not recognised; others: which head")
    add.add_argument("--member", help="flame: which file of an archive, such as female_model.pkl")
    actions.add_parser("list", help="what can be loaded by name", allow_abbrev=False)
    remove = actions.add_parser("remove", help="delete an added head", allow_abbrev=False)
    remove.add_argument("name")


def run(options: argparse.Namespace) -> None:
    from ..head import assets

    if options.action == "list":
        print("\n".join(str(asset) for asset in assets.list_assets()))
    elif options.action == "remove":
        print(f"removed {assets.remove_asset(options.name)}")
    elif options.kind == "flame":
        print(assets.add_flame(options.file, options.name, options.member))
    elif options.member:
        raise InputError("--member goes with flame archives only")
    else:
        attach = {"masks": assets.add_masks, "landmarks": assets.add_landmarks, "uv": assets.add_uv}
        print("\n".join(str(asset) for asset in attach[options.kind](options.file, options.name)))
