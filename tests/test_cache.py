"""The cache: what is in it is right, and it stays within its bytes."""

from pathlib import Path

import pytest

from seisaku.answers import Answer
from seisaku.cache import OVERHEAD, AnswerCache, Key
from seisaku.config import Config
from seisaku.query import FORMATS, Request, answer, prepare
from seisaku.workers import WorkerPool

KEY = Key("digest", "ASK {}", "text/csv", (), ())


def kept(size: int) -> Answer:
    return Answer("text/csv", size, bytes(size))


def test_what_was_used_last_stays() -> None:
    cache = AnswerCache(16 * (OVERHEAD + 100 + 4))
    keys = [KEY._replace(text=f"{n:01x}") for n in range(20)]
    for key in keys[:16]:
        cache.put(key, kept(100))
    assert cache.get(keys[0])
    cache.put(keys[16], kept(100))
    assert cache.get(keys[0])
    assert cache.get(keys[1]) is None
    assert cache.bytes <= cache.longest


def test_an_answer_that_would_take_the_room_of_many_is_not_kept() -> None:
    cache = AnswerCache(80_000)
    cache.put(KEY, kept(10_000))
    assert cache.get(KEY) is None
    assert cache.bytes == 0


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    cache = AnswerCache(0)
    cache.put(KEY, kept(1))
    assert cache.get(KEY) is None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "data.nq"
    file.write_text(
        "<urn:a> <urn:p> <urn:b> <urn:g> .\n<urn:c> <urn:p> <urn:d> <urn:h> .\n", encoding="utf-8"
    )
    return file


def asked(pool: WorkerPool, text: str, form: str = "json", *graphs: str) -> Request:
    return prepare(pool, text, lambda _offered: FORMATS[form], graphs)


def test_an_answer_is_kept_and_given_again_without_a_worker(file: Path) -> None:
    with WorkerPool([file], Config(workers=1)) as pool:
        first = answer(pool, "SELECT * { GRAPH ?g { ?s ?p ?o } }", lambda offered: offered[0])
    # its workers are gone, and it answers still
    again = answer(pool, "SELECT * { GRAPH ?g { ?s ?p ?o } }", lambda offered: offered[0])
    assert again is first


def test_text_format_and_graphs_each_make_another_key(file: Path) -> None:
    with WorkerPool([file], Config(workers=1)) as pool:
        requests = [
            asked(pool, "SELECT * { ?s ?p ?o }"),
            asked(pool, "SELECT * { ?s ?p ?o } "),
            asked(pool, "SELECT * { ?s ?p ?o }", "csv"),
            asked(pool, "SELECT * { ?s ?p ?o }", "json", "urn:g"),
            asked(pool, "SELECT * { ?s ?p ?o }", "json", "urn:g", "urn:h"),
            prepare(pool, "SELECT * { ?s ?p ?o }", lambda offered: offered[0], (), ("urn:g",)),
        ]
        assert len({each.key(pool) for each in requests}) == 6
        assert len({each.tag(pool) for each in requests}) == 6
        bodies = [each.answer(pool).body for each in requests]
        assert bodies == [each.answer(pool).body for each in requests]
        assert pool.answers.hits == 6


@pytest.mark.parametrize("call", ["RAND()", "NOW()", "UUID()", "STRUUID()", "BNODE()", "rand ()"])
def test_what_changes_each_time_is_not_kept_and_has_no_tag(file: Path, call: str) -> None:
    with WorkerPool([file], Config(workers=1)) as pool:
        request = asked(pool, f"SELECT ({call} AS ?x) {{ }}")
        assert request.tag(pool) is None
        first, second = request.answer(pool), request.answer(pool)
        assert first is not second
        assert first.body != second.body or call in ("BNODE()", "NOW()")


def test_other_data_other_tags(file: Path) -> None:
    with WorkerPool([file], Config(workers=1)) as pool:
        before = asked(pool, "ASK {}").tag(pool)
    with WorkerPool([file], Config(workers=1)) as pool:
        assert asked(pool, "ASK {}").tag(pool) == before
    with WorkerPool([file], Config(workers=1), union_default_graph=True) as pool:
        assert asked(pool, "ASK {}").tag(pool) != before
    with file.open("a", encoding="utf-8") as opened:
        opened.write("<urn:e> <urn:p> <urn:f> .\n")
    with WorkerPool([file], Config(workers=1)) as pool:
        assert asked(pool, "ASK {}").tag(pool) != before


def test_a_long_answer_lies_in_a_file_without_a_name_and_gives_its_room_back(
    tmp_path: Path,
) -> None:
    file = tmp_path / "many.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(20_000))
    file.write_text("".join(lines), encoding="utf-8")
    with WorkerPool([file], Config(workers=1, spool=3_000_000)) as pool:
        query = "SELECT * { ?s ?p ?o }"
        for _ in range(4):  # of which two at a time would not fit
            found = answer(pool, query, lambda offered: offered[0])
            assert found.file is not None
            assert found.size == len(found.body) == len(b"".join(found.pieces())) > 1_500_000
            assert Path(f"/proc/self/fd/{found.file.fileno()}").readlink().name.count("deleted")
            del found
