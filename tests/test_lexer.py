"""The tokens of a query are those of SPARQL 1.1, so that a keyword is told from what looks so."""

import pytest

from seisaku.errors import BadQuery
from seisaku.lexer import decoded, tokens


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SERVICE", "word"),
        ("?service", "variable"),
        ("$service", "variable"),
        ("ex:service", "name"),
        ("service:", "name"),
        ("service:x", "name"),
        (":service", "name"),
        ("東北:圏", "name"),
        (r"ex:a\,b", "name"),
        ("ex:a.b", "name"),
        ("ex:%2Fservice", "name"),
        ("_:service", "blank"),
        ("<http://example.org/service>", "iri"),
        ("<>", "iri"),
        ('"service"', "string"),
        ("'service'", "string"),
        (r'"a\"service"', "string"),
        ('"""a"b""service"""', "string"),
        ("'''a\nservice'''", "string"),
        ("@en-service", "tag"),
        ("1.5e-3", "number"),
        (".5", "number"),
        ("&&", "mark"),
        ("<=", "mark"),
        ("{", "mark"),
    ],
)
def test_one_token_is_read_whole(text: str, kind: str) -> None:
    assert kinds(text) == [(kind, text)]


def test_comments_and_white_space_are_no_tokens() -> None:
    assert kinds("ASK # SERVICE <x>\n\t{}") == [("word", "ASK"), ("mark", "{"), ("mark", "}")]


def test_a_fragment_in_an_iri_is_no_comment() -> None:
    assert kinds("<http://example.org/#a> a") == [("iri", "<http://example.org/#a>"), ("word", "a")]


def test_less_than_is_no_iri() -> None:
    assert [kind for kind, _ in kinds("?a < ?b")] == ["variable", "mark", "variable"]


def test_a_statement_that_ends_in_a_name_ends_before_its_point() -> None:
    assert kinds("ex:a.") == [("name", "ex:a"), ("mark", ".")]


def test_tokens_know_their_line_and_column() -> None:
    places = [(token.text, token.line, token.column) for token in tokens('ASK\n { "a\\"" ?東 }')]
    assert places == [("ASK", 1, 1), ("{", 2, 2), ('"a\\""', 2, 4), ("?東", 2, 10), ("}", 2, 13)]


def test_lines_are_counted_through_a_long_string() -> None:
    last = list(tokens('"""a\nb\n""" ?x'))[-1]
    assert (last.line, last.column) == (3, 5)


def test_a_long_string_that_is_not_closed_is_an_error_with_its_place() -> None:
    with pytest.raises(BadQuery) as caught:
        list(tokens('ASK {\n ?s ?p """SERVICE }'))
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_escapes_are_read_as_their_characters() -> None:
    assert decoded(r"\u0053ERV\U00000049CE") == "SERVICE"


def test_an_escape_of_no_character_is_replaced() -> None:
    assert decoded(r"\uD800\UFFFFFFFF") == "\ufffd\ufffd"


def test_ten_thousand_brackets_are_read_without_recursion() -> None:
    assert len(list(tokens("{" * 10_000))) == 10_000


@pytest.mark.parametrize("part", ["a-", "1-", "a.", "_-", "a-1.", "é-"])
def test_a_long_run_that_is_no_name_is_read_once(part: str) -> None:
    assert "".join(token.text for token in tokens(part * 50_000)) == part * 50_000


def test_a_name_after_such_a_run_is_read_as_a_name() -> None:
    assert [kind for kind, _ in kinds("a-b ex:c 1-2 :d")][-4:] == [
        "number",
        "mark",
        "number",
        "name",
    ]
    assert kinds("a-b ex:c")[-1] == ("name", "ex:c")
