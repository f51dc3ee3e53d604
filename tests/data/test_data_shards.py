"""The store: what is written comes back, in parts too; what is damaged is named."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from data.corpora import PLAN, performance, write_corpus

from flametalk.data.shards import Corpus, Performance, read_info, shard_path, write_shard
from flametalk.errors import FileError, FormatError, InputError, UnknownNameError

pytestmark = pytest.mark.core


def same(read: Performance, written: Performance) -> None:
    assert read.name == written.name
    assert read.info == written.info
    for name in ("motion", "linguistic", "amplitude", "emotion"):
        got, gave = getattr(read, name), getattr(written, name)
        assert got.dtype == np.float32
        assert np.array_equal(got, gave.astype(np.float16).astype(np.float32))
    if written.audio is None:
        assert read.audio is None
    else:
        assert np.abs(read.audio.samples - written.audio.samples).max() <= 0.5 / 32768


def test_everything_comes_back(tmp_path: Path) -> None:
    made = write_corpus(tmp_path)
    corpus = Corpus.open(tmp_path)
    assert corpus.complete
    assert len(corpus) == len(made) == corpus.info.count()
    for read, written in zip(corpus, made, strict=True):
        same(read, written)
    same(corpus[-1], made[-1])
    assert corpus.info.space.width == 162
    assert corpus.info.seed == 7
    assert corpus.info.made_for == "builtin-1"
    assert corpus.info.shards == PLAN
    same(pickle.loads(pickle.dumps(corpus))[3], made[3])  # data loaders send it to other processes


def test_splits(tmp_path: Path) -> None:
    made = write_corpus(tmp_path)
    assert [len(Corpus.open(tmp_path, split)) for split in ("train", "valid", "test")] == [5, 2, 1]
    same(Corpus.open(tmp_path, "valid")[1], made[2])
    with pytest.raises(UnknownNameError, match="valid"):
        Corpus.open(tmp_path, "validation")


def test_an_unfinished_corpus_shows_what_is_there(tmp_path: Path) -> None:
    made = write_corpus(tmp_path, leave_out=frozenset({1, 2}))
    corpus = Corpus.open(tmp_path)
    assert not corpus.complete
    assert corpus.names == (made[0].name, made[6].name, made[7].name)
    same(corpus[2], made[7])
    with pytest.raises(IndexError):
        corpus[3]


def test_same_performances_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_corpus(tmp_path / folder)
    for number in range(len(PLAN)):
        first, second = (shard_path(tmp_path / folder, number).read_bytes() for folder in ("a", "b"))
        assert first == second


def test_what_cannot_be_stored_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    bad = performance("bad")
    bad.motion[3, 3] = np.nan
    with pytest.raises(InputError, match="motion"):
        write_shard(tmp_path, 0, [bad])
    bad.motion[3, 3] = 1e6  # beyond half precision
    with pytest.raises(InputError, match="motion"), np.errstate(over="ignore"):
        write_shard(tmp_path, 0, [bad])
    assert not list(tmp_path.iterdir())


def test_damage_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="corpus make"):
        Corpus.open(tmp_path)
    write_corpus(tmp_path)
    text = (tmp_path / "corpus.json").read_text()
    whole = shard_path(tmp_path, 2).read_bytes()
    for wrong in (whole[:1000], whole[:-50], b"\xff" * 64):
        shard_path(tmp_path, 2).write_bytes(wrong)
        with pytest.raises(FormatError, match="shard-00002"):
            Corpus.open(tmp_path)
    shard_path(tmp_path, 2).write_bytes(shard_path(tmp_path, 1).read_bytes())
    with pytest.raises(FormatError, match="2 performances"):
        Corpus.open(tmp_path)
    shard_path(tmp_path, 2).write_bytes(whole)
    for change, words in (
        ({"version": 99}, "upgrade"),
        ({"format": "other"}, "other"),
        ({"shards": [["nowhere", 3]]}, "split"),
        ({"shards": 3}, "damaged"),
        ({"space": None}, "damaged"),
    ):
        (tmp_path / "corpus.json").write_text(json.dumps(json.loads(text) | change))
        with pytest.raises(FormatError, match=words):
            read_info(tmp_path)
    (tmp_path / "corpus.json").write_text(text[: len(text) // 2])
    with pytest.raises(FormatError, match="damaged"):
        read_info(tmp_path)
