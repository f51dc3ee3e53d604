"""`flametalk templates`: emotion templates of lifted sessions."""

import argparse

from ..errors import InputError
from .options import add_command


def add(commands) -> None:
    parser = add_command(
        commands,
        "templates",
        run,
        "Build emotion templates from lifted sessions, or show them.",
        "flametalk templates build MEAD_lifted --keep",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    build = actions.add_parser(
        "build",
        help="the mean expression of each emotion's sessions",
        description=(
            "For each emotion, the mean expression over all frames of all its sessions (3DXTalker, table 7). "
            "Sessions are clip files, or folders of 3DXTalker codes, named after their emotion, such as "
            "M003_front_angry_level_3_001."
        ),
        allow_abbrev=False,
    )
    build.add_argument("folder", metavar="DIR")
    build.add_argument("-o", "--output", metavar="FILE", help="x.safetensors")
    build.add_argument("--keep", action="store_true", help="use them for every clip made for that head")
    build.add_argument("--level", type=int, metavar="N", help="only sessions of this level (MEAD: 1 to 3)")
    build.add_argument("--layout", metavar="NAME", help="of the sessions, where the files do not tell")
    build.add_argument("--quiet", action="store_true", help="no line per session")
    show = actions.add_parser("show", help="what a file of templates holds", allow_abbrev=False)
    show.add_argument("file", metavar="FILE")


def run(options: argparse.Namespace) -> None:
    from ..control.template_build import build_templates
    from ..control.template_files import load_templates, save_templates, template_file

    if options.action == "show":
        _print(load_templates(options.file))
        return
    if not options.output and not options.keep:
        raise InputError("say where the templates go: -o x.safetensors, or --keep, or both")
    found = build_templates(options.folder, options.level, options.layout, None if options.quiet else print)
    _print(found)
    targets = [options.output] if options.output else []
    targets += [template_file(found.made_for or "flame")] if options.keep else []
    for target in targets:
        save_templates(found, target)
        print(f"wrote {target}")


def _print(templates) -> None:
    import numpy as np

    print(f"made for {templates.made_for or 'any head'}; {templates.info.get('source', 'unknown source')}")
    frames, sessions = templates.info.get("frames", {}), templates.info.get("sessions", {})
    for name, one in templates.emotions.items():
        size = float(np.linalg.norm(one.expression))
        counted = f", {frames[name]} frames of {sessions[name]} sessions" if name in frames else ""
        print(f"  {name:<9} size {size:.3f}{counted}")
    print(f"  neutral   {'known' if templates.neutral is not None else 'not among the sessions'}")
