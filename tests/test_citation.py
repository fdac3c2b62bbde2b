"""Citation: files that the tools which read them accept, and that say what the ontology says."""

import json
import subprocess
from pathlib import Path

import pytest
from bibtexparser.entrypoint import parse_string
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc import formatter as formatters
from citeproc.source.json import CiteProcJSON

from conftest import REPOSITORY, left_out
from seisaku.citation import CFF

CFFCONVERT = REPOSITORY / ".venv" / "cff" / "bin" / "cffconvert"
TITLE = "Seisaku: Japan's innovation policy as a knowledge graph"


def test_the_file_of_the_repository_is_the_one_of_the_export(exported: Path) -> None:
    assert (REPOSITORY / CFF).read_bytes() == (exported / CFF).read_bytes()


def validated(folder: Path) -> bool:
    """Whether cffconvert accepts the file in `folder`."""
    if not CFFCONVERT.exists():
        left_out("cffconvert: make .venv/.cff")
    command = [str(CFFCONVERT), "--validate"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_cffconvert_accepts_it(exported: Path) -> None:
    assert validated(exported)


def test_cffconvert_refuses_what_is_wrong(exported: Path, tmp_path: Path) -> None:
    text = (exported / CFF).read_text(encoding="utf-8")
    (tmp_path / CFF).write_text(text.replace("type: dataset", "type: deck"), encoding="utf-8")
    assert not validated(tmp_path)


def test_bibtex_is_read_with_author_title_year_and_version(exported: Path) -> None:
    found = parse_string((exported / "seisaku.bib").read_text(encoding="utf-8"))
    assert not found.failed_blocks
    (entry,) = found.entries
    said = {name: str(entry[name]).strip("{}") for name in ("author", "title", "year", "version")}
    assert said["author"] == "Seisaku maintainers"
    assert said["title"] == TITLE
    assert said["year"] == "2026"
    assert entry["version"].count(".") == 2


@pytest.mark.filterwarnings("ignore::UserWarning:citeproc")  # it does not know `version`
def test_csl_json_is_set_as_a_reference(exported: Path) -> None:
    items = json.loads((exported / "seisaku.csl.json").read_text(encoding="utf-8"))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    book = CitationStylesBibliography(style, CiteProcJSON(items), formatters.plain)
    book.register(Citation([CitationItem("seisaku")]))
    (reference,) = map(str, book.bibliography())
    assert "Seisaku maintainers" in reference
    assert "2026" in reference
    assert TITLE.partition(":")[2].strip() in reference.replace("’", "'")
