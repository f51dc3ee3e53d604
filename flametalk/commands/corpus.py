"""`flametalk corpus make|info`: performances to learn from, made here."""

import argparse
from collections import Counter
from pathlib import Path

from .options import add_command


def add(commands) -> None:
    parser = commands.add_parser(
        "corpus",
        help="make procedural performances to train with, and look at them",
        description="Make procedural performances to train with, and look at them.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    make = add_command(
        actions,
        "make",
        run_make,
        "Let synthetic voices speak and the performer act; goes on where it was stopped.",
        "flametalk corpus make corpus --hours 5 --workers 2",
    )
    make.add_argument("folder", metavar="DIR")
    make.add_argument(
        "--hours", type=float, default=5.0, metavar="H", help="for training; default: %(default)s"
    )
    make.add_argument(
        "--tests", type=int, default=40, metavar="N", help="test performances; default: %(default)s"
    )
    make.add_argument("--seed", type=int, default=0, metavar="S", help="default: %(default)s")
    make.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes; the result does not depend on it"
    )
    info = add_command(actions, "info", run_info, "Say what a corpus holds.", "flametalk corpus info corpus")
    info.add_argument("folder", metavar="DIR")


def run_make(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..data.make import make_corpus, plan_corpus
    from ..data.shards import shard_path
    from ..head import Head

    head = Head.load()
    info = plan_corpus(options.hours, options.seed, head, options.tests)
    folder = Path(options.folder).expanduser()
    there = sum(p.performances for n, p in enumerate(info.shards) if shard_path(folder, n).exists())
    with tqdm(total=info.count(), initial=there, unit="performance", dynamic_ncols=True) as bar:
        for number in make_corpus(folder, info, head, options.workers):
            bar.update(info.shards[number].performances)
    run_info(options)


def run_info(options: argparse.Namespace) -> None:
    from ..data.shards import SPLITS, Corpus

    corpus = Corpus.open(options.folder)
    info = corpus.info
    size = sum(path.stat().st_size for path in corpus.folder.glob("shard-*.safetensors"))
    state = "complete" if corpus.complete else f"{len(corpus)} of {info.count()} performances so far"
    print(f"{corpus.folder}: {state}, {size / 2**20:,.0f} MiB, seed {info.seed}")
    print(f"  motion: {info.space.name}, {info.fps:g} frames a second, made for {info.made_for}")
    for part, what in info.features.items():
        print(f"  {part}: {what}")
    for split in SPLITS:
        stories = Corpus.open(options.folder, split).stories
        hours = sum(float(story["seconds"]) for story in stories) / 3600.0
        languages = Counter(str(story["language"]) for story in stories)
        named = ", ".join(f"{language} {count}" for language, count in languages.most_common())
        voices = len({story["voice"]["name"] for story in stories})
        print(f"  {split}: {len(stories)} performances, {hours:.2f} h, {voices} voices ({named})")
