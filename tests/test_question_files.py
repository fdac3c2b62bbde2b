"""Query files: what their headers say, what is wrong with one, and what a parameter may be."""

from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, Store

from seisaku import cli
from seisaku.config import Config
from seisaku.errors import BadRequest, InputError
from seisaku.questions import Question, read

HEADER = """\
# id: CQ99
# title@ja: 選んだ拠点は
# title@en: Which hub is chosen?
# who: analyst
# class: D* N
# note@ja: 注
# note@en: A note.
# columns@ja: hub=拠点, line=行
# columns@en: hub=Hub, line=Line
# parameter: hub ssk:StartupHub
# parameter-label@ja: hub=拠点
# parameter-label@en: hub=Hub
# featured: 1
"""
QUERY = """\
PREFIX hub: <https://w3id.org/seisaku/id/hub/>
PREFIX ssk: <https://w3id.org/seisaku/def#>

SELECT ?hub {
  VALUES ?hub { hub:tokyo }
}
"""
TOKYO, OKINAWA = (f"https://w3id.org/seisaku/id/hub/{each}" for each in ("tokyo", "okinawa"))


def write(folder: Path, header: str = HEADER, query: str = QUERY, name: str = "cq99.rq") -> Path:
    file = folder / name
    file.write_text(f"{header}\n{query}", encoding="utf-8")
    return file


@pytest.fixture
def question(tmp_path: Path) -> Question:
    write(tmp_path)
    (found,) = read(tmp_path)
    return found


def test_a_header_is_read_whole(question: Question) -> None:
    assert question.id == "CQ99"
    assert question.titles == {"ja": "選んだ拠点は", "en": "Which hub is chosen?"}
    assert question.notes == {"ja": "注", "en": "A note."}
    assert question.columns["en"] == {"hub": "Hub", "line": "Line"}
    assert (question.who, question.classes, question.featured) == ("analyst", ("D*", "N"), True)
    (parameter,) = question.parameters
    assert parameter.name == "hub"
    assert parameter.source == "https://w3id.org/seisaku/def#StartupHub"
    assert parameter.default == TOKYO
    assert parameter.labels == {"ja": "拠点", "en": "Hub"}


def test_the_query_comes_without_its_header_and_runs_as_it_stands(question: Question) -> None:
    assert question.text == QUERY
    assert chosen(question.asking()) == [f"<{TOKYO}>"]


def test_three_lines_are_header_enough(tmp_path: Path) -> None:
    write(tmp_path, "".join(HEADER.splitlines(keepends=True)[:3]))
    (found,) = read(tmp_path)
    assert (found.who, found.classes, found.parameters, found.featured) == (None, (), (), False)
    assert (found.notes, found.columns) == ({}, {})


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("uq02", "cq99", "uq01"):
        write(tmp_path, HEADER.replace("CQ99", name.upper()), name=f"{name}.rq")
    assert [each.id for each in read(tmp_path)] == ["CQ99", "UQ01", "UQ02"]


@pytest.mark.parametrize(
    ("there", "instead", "line", "said"),
    [
        ("# title@ja: ", "# titel@ja: ", 2, "no such key: titel"),
        ("# title@ja: ", "# title: ", 2, "write title@ja and title@en"),
        ("# title@ja: ", "# title@fr: ", 2, "write title@ja and title@en"),
        ("# id: ", "# id@ja: ", 1, "write id for this key"),
        ("# id: CQ99", "# id:", 1, "a header line is"),
        ("# who: analyst", "who: analyst", 4, "a header line is"),
        ("# who: analyst", "# who: everybody", 4, "no such asker: everybody"),
        ("# class: D* N", "# class: D Q", 5, "no such class: Q"),
        ("# who: analyst", "# id: CQ98", 4, "id is there twice"),
        ("# who: analyst", "# title@en: Again", 4, "title@en is there twice"),
        ("hub=Hub, line=Line", "hub Hub", 9, "not a list of name=text"),
        ("# id: CQ99\n", "", 1, "no id in the header"),
        ("# title@en: Which hub is chosen?\n", "", 1, "no title@en in the header"),
        ("ssk:StartupHub", "no:StartupHub", 10, "no prefix for no:StartupHub"),
        ("# parameter: hub", "# parameter: city", 10, "VALUES ?city { … }"),
        (" ssk:StartupHub", "", 10, "write `name prefix:Class`"),
        ("# parameter-label@en: hub=Hub\n", "", 10, "parameter-label@ja and @en"),
        ("parameter-label@en: hub=Hub", "parameter-label@en: hub=Hub, x=X", 12, "no parameter"),
    ],
)
def test_a_fault_in_a_header_is_told_with_file_and_line(
    tmp_path: Path, there: str, instead: str, line: int, said: str
) -> None:
    assert there in HEADER
    file = write(tmp_path, HEADER.replace(there, instead, 1))
    with pytest.raises(InputError) as told:
        read(tmp_path)
    assert str(told.value).startswith(f"{file}:{line}: ")
    assert said in str(told.value)


@pytest.mark.parametrize("query", ["", "\n \n"])
def test_a_file_without_a_query_is_told(tmp_path: Path, query: str) -> None:
    write(tmp_path, query=query)
    with pytest.raises(InputError, match=r"cq99\.rq:13: no empty line and query"):
        read(tmp_path)


def test_a_parameter_has_one_default(tmp_path: Path) -> None:
    write(tmp_path, query=QUERY.replace("}\n}", "} VALUES ?hub { hub:okinawa }\n}"))
    with pytest.raises(InputError, match="VALUES"):
        read(tmp_path)


def test_two_files_cannot_have_one_id(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, name="other.rq")
    with pytest.raises(InputError, match=r"other\.rq: the id CQ99 is that of cq99\.rq too"):
        read(tmp_path)


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    for name in ("a.rq", "b.rq"):
        write(tmp_path, "# id: \n", name=name)
    with pytest.raises(InputError) as told:
        read(tmp_path)
    assert len(str(told.value).splitlines()) == 2


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "cq99.rq").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"cq99\.rq: cannot be read"):
        read(tmp_path)


def test_a_choice_takes_the_place_of_the_default(question: Question) -> None:
    assert chosen(question.asking(hub=OKINAWA)) == [f"<{OKINAWA}>"]


def test_a_choice_takes_each_place_of_the_default(tmp_path: Path) -> None:
    write(tmp_path, query=QUERY.replace("}\n}", "}\n  { VALUES ?hub { hub:tokyo } }\n}"))
    (found,) = read(tmp_path)
    assert chosen(found.asking(hub=OKINAWA)) == [f"<{OKINAWA}>"]


@pytest.mark.parametrize(
    "value",
    [
        "hub:okinawa> } SERVICE <http://example.org/",
        "https://example.org/> } { ?s ?p ?o } VALUES ?x { <urn:a",
        "https://example.org/\\u003E",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "okinawa",
        "",
        "?hub",
        "UNDEF",
    ],
)
def test_nothing_but_an_absolute_iri_gets_into_a_query(question: Question, value: str) -> None:
    with pytest.raises(BadRequest, match="hub takes an absolute IRI"):
        question.asking(hub=value)


def test_a_parameter_that_is_not_there_is_refused_with_those_that_are(question: Question) -> None:
    with pytest.raises(BadRequest, match="CQ99 has no parameter “city”; it has hub"):
        question.asking(city=TOKYO)


def test_a_question_without_parameters_takes_none(tmp_path: Path) -> None:
    write(tmp_path, "".join(HEADER.splitlines(keepends=True)[:3]))
    (found,) = read(tmp_path)
    with pytest.raises(BadRequest, match="CQ99 has no parameters; “hub” was given"):
        found.asking(hub=TOKYO)


def test_the_choices_are_the_members_of_a_class_or_of_a_scheme(question: Question) -> None:
    store = Store()
    store.update("""
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX ssk: <https://w3id.org/seisaku/def#>
        INSERT DATA {
          <urn:b> a ssk:StartupHub ; rdfs:label "乙"@ja , "B"@en .
          <urn:a> a ssk:StartupHub ; skos:inScheme ssk:StartupHub .
          <urn:a> skos:prefLabel "甲"@ja , "A"@en .
          <urn:c> a ssk:Program ; rdfs:label "丙"@ja , "C"@en .
        }""")
    solutions = store.query(question.parameters[0].choices)
    assert isinstance(solutions, QuerySolutions)
    assert [[str(term) for term in row] for row in solutions] == [
        ["<urn:a>", '"甲"@ja', '"A"@en'],
        ["<urn:b>", '"乙"@ja', '"B"@en'],
    ]


@pytest.mark.parametrize("command", [["check"], ["serve"]])
def test_the_commands_tell_a_bad_query_file_before_they_serve(
    command: list[str],
    root: Path,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(root / "data" / "queries", "# titel: x\n")
    monkeypatch.setenv("SEISAKU_ROOT", str(root))
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))
    assert cli.main(command) == 1
    assert "cq99.rq:1: no such key: titel" in capsys.readouterr().err


def chosen(query: str) -> list[str]:
    solutions = Store().query(query)
    assert isinstance(solutions, QuerySolutions)
    return [str(row["hub"]) for row in solutions]
