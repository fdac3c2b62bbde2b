"""The style of the Turtle files, as far as it makes a change readable: one way to write a thing.

No formatter does it. Of the three that were tried (November 2026), prttl 1.0 refuses files with
comments, rdflib's longturtle drops them, and turtlefmt 0.1.2 joins each list into one line.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import REPOSITORY

FILES = sorted(
    file
    for folder in ("ontology", "data", "shapes")
    for file in (REPOSITORY / folder).rglob("*.ttl")
)
LONG_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
COMMENT = re.compile(r"(^|\s)#.*$")
PREFIX = re.compile(r"@prefix ([\w-]*): <([^>]*)> \.")
NAMES = ("rdfs:label", "skos:prefLabel")


def faults(text: str) -> Iterator[str]:
    """Name what is amiss, each with its line where there is one."""
    yield from _characters(text)
    yield from _prefixes(text)
    yield from _blocks(text)


def _characters(text: str) -> Iterator[str]:
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield "the file does not end in one line feed"
    for number, line in enumerate(text.split("\n"), 1):
        for fault, found in (
            ("a byte order mark", "\ufeff" in line),
            ("a tab", "\t" in line),
            ("a carriage return", "\r" in line),
            ("half-width katakana", re.search("[\uff61-\uff9f]", line)),
            ("not in normal form C", not unicodedata.is_normalized("NFC", line)),
            ("a blank at the end", line != line.rstrip()),
        ):
            if found:
                yield f"{number}: {fault}"


def _prefixes(text: str) -> Iterator[str]:
    declared = [found[1] for line in text.split("\n") if (found := PREFIX.fullmatch(line))]
    if declared != sorted(declared):
        yield "the prefixes are not sorted"
    body = re.sub(r"<[^>]*>", "", STRING.sub("", LONG_STRING.sub("", PREFIX.sub("", text))))
    body = "\n".join(COMMENT.sub("", line) for line in body.split("\n"))
    used = set(re.findall(r"(?<![\w:-])([\w-]*):", body))
    yield from (f"prefix {each}: is not used" for each in declared if each not in used)


def _blocks(text: str) -> Iterator[str]:
    """What stands at the margin begins a statement; its predicates are four columns in."""
    text = LONG_STRING.sub(lambda found: '""' + "\n    ." * found[0].count("\n"), text)
    lines = [STRING.sub('""', line) for line in text.split("\n")[:-1]]
    block: list[str] = []
    begins, apart = 0, True
    for number, line in enumerate([*lines, "."], 1):
        if not line and not lines[number - 2]:
            yield f"{number}: two empty lines in a row"
        if line[:1] not in ("", " ", "#"):
            yield from _statement(begins, block)
            if len(block) > 1 and not apart and line != ".":
                yield f"{number}: no empty line before the next statement"
            block, begins = [], number
        apart = not line or (line.startswith("#") and apart)
        if line and not line.startswith(("#", "@")):
            block.append(line)
            if (len(line) - len(line.lstrip(" "))) % 4:
                yield f"{number}: not indented by a multiple of four"


def _statement(number: int, block: list[str]) -> Iterator[str]:
    """A statement says what a thing is before all else, and then how it is called."""
    first = block[0] if block else ""
    predicates = [line.split()[0] for line in block if re.match(r"    [^\s\])]", line)]
    if "a" in predicates or "rdf:type" in predicates:
        yield f"{number}: the class is not said first"
    if any(name in predicates[1:] for name in NAMES) and " a " in first:
        yield f"{number}: the name does not come next after the class"


def test_files_are_found() -> None:
    assert len(FILES) > 50


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_a_file_is_written_in_the_one_way(file: Path) -> None:
    assert list(faults(file.read_bytes().decode("utf-8"))) == []


SOUND = """\
@prefix hub: <https://w3id.org/seisaku/id/hub/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ssk: <https://w3id.org/seisaku/def#> .

# A comment with a prefix: and "a quote

hub:one a ssk:StartupHub ;
    rdfs:label "一 # no comment"@ja ,
        "one  two"@en .

hub:two a ssk:StartupHub .
hub:three a ssk:StartupHub .
"""


def test_a_sound_file_has_no_fault() -> None:
    assert list(faults(SOUND)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@prefix hub", "\ufeff@prefix hub", "1: a byte order mark"),
        ("    rdfs:label", "\trdfs:label", "8: a tab"),
        ("ssk:StartupHub ;\n", "ssk:StartupHub ;\r\n", "7: a carriage return"),
        ("一", "ｲﾁ", "8: half-width katakana"),
        ("一", "か\u3099", "8: not in normal form C"),
        ("StartupHub ;\n", "StartupHub ; \n", "7: a blank at the end"),
        ("hub:three a ssk:StartupHub .\n", "", None),
        ("hub:three a ssk:StartupHub .\n", "\n", "the file does not end in one line feed"),
        ("@prefix hub", "@prefix ind: <urn:ind> .\n@prefix hub", "the prefixes are not sorted"),
        ("@prefix rdfs", "@prefix ind: <urn:ind> .\n@prefix rdfs", "prefix ind: is not used"),
        ("\n\nhub:two", "\n\n\nhub:two", "11: two empty lines in a row"),
        ("\n\nhub:two", "\nhub:two", "10: no empty line before the next statement"),
        ("    rdfs:label", "   rdfs:label", "8: not indented by a multiple of four"),
        (
            "hub:one a ssk:StartupHub ;\n",
            "hub:one\n    a ssk:StartupHub ;\n",
            "7: the class is not",
        ),
        ("    rdfs:label", "    ssk:isX 1 ;\n    rdfs:label", "7: the name does not come next"),
    ],
)
def test_a_fault_is_found_with_its_line(old: str, new: str, fault: str | None) -> None:
    found = list(faults(SOUND.replace(old, new, 1)))
    if fault is None:
        assert found == []
    else:
        assert any(each.startswith(fault) for each in found), found
