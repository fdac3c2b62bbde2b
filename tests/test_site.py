"""The site: pages and documents as files that lead to files and ask no server."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from seisaku import cli
from seisaku.config import Config


class Links(HTMLParser):
    """The links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links |= {value for name, value in attrs if name in ("href", "src") and value}
        self.ids |= {value for name, value in attrs if name == "id" and value}


def pages(written: Path) -> dict[Path, str]:
    return {file: file.read_text(encoding="utf-8") for file in written.rglob("*.html")}


def test_every_link_of_every_page_leads_to_a_file_of_the_site(written: Path) -> None:
    broken = [
        f"{file.relative_to(written)}: {link}"
        for file, text in pages(written).items()
        for link in Links(text).links
        if not re.match("#|https?:", link)
        and not (file.parent / unquote(urldefrag(link).url)).resolve().is_file()
    ]
    assert broken == []


def test_every_link_to_a_place_in_a_page_leads_to_what_is_there(written: Path) -> None:
    read = {file.resolve(): Links(text) for file, text in pages(written).items()}
    lost = [
        f"{file.relative_to(written)}: {link}"
        for file, page in read.items()
        for link in page.links
        if not re.match("https?:", link)
        for target, place in [urldefrag(link)]
        if (there := (file.parent / unquote(target)).resolve() if target else file) in read
        if place and unquote(place) not in read[there].ids
    ]
    # the small graph declares few of its terms
    assert [each for each in lost if "ontology/index.html#" not in each] == []


def test_no_link_says_where_the_site_stands(written: Path) -> None:
    for file, text in pages(written).items():
        assert not [each for each in Links(text).links if each.startswith("/")], file


def test_no_page_asks_a_server(written: Path) -> None:
    for file, text in pages(written).items():
        assert "<form" not in text, file
        assert not re.search(r"<script(?![^>]*ld\+json)", text), file


@pytest.mark.parametrize(
    "name",
    [
        *("index.html", "ja/index.html", "en/hubs/index.html", "ja/id/example/tohoku/index.html"),
        *("id/example/tohoku/index.html", "id/example/tohoku.ttl", "def/index.html"),
        *("download/seisaku.ttl", "download/hubs.csv", "static/seisaku.css", "ja/query/index.html"),
    ],
)
def test_pages_documents_and_files_are_there(written: Path, name: str) -> None:
    assert (written / name).stat().st_size > 0


def test_the_page_of_an_iri_leads_to_the_page_in_the_first_language(written: Path) -> None:
    text = (written / "id/example/tohoku/index.html").read_text(encoding="utf-8")
    assert 'content="0; url=../../../ja/id/example/tohoku/index.html"' in text


def test_what_a_page_cites_is_an_iri_not_an_address_of_the_server(written: Path) -> None:
    for file, text in pages(written).items():
        assert "localhost" not in text, file


@pytest.fixture
def small(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands work on the small graph."""
    monkeypatch.setenv("SEISAKU_ROOT", str(config.root))
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))


@pytest.mark.usefixtures("small")
def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "mine").write_text("kept", encoding="utf-8")
    assert cli.main(["export", "--site", str(folder)]) == 1
    assert "is not an empty folder" in capsys.readouterr().err
    assert [each.name for each in folder.iterdir()] == ["mine"]


@pytest.mark.usefixtures("small")
def test_a_site_is_whole_and_takes_no_choice_of_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--site", str(tmp_path / "a"), "--only", "dumps"]) == 2
    assert "--site writes the whole site" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


@pytest.mark.usefixtures("small")
def test_a_site_whose_page_leads_nowhere_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The small graph has two empty layers, which its description speaks of.
    assert cli.main(["export", "--site", str(tmp_path / "a")]) == 1
    assert "leads to /graph/" in capsys.readouterr().err
    assert not [each for each in tmp_path.iterdir() if each.name.startswith((".a", "a"))]
