"""Every kind of page, once: where an example of it is, and what a reader must find there.

A new page gets a row here: `KINDS` is what the browser tests go through, what the screenshots are
made of (`make screenshots`) and what `bench/pages.py` measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from seisaku.config import BASE, PACKAGE

QUERY = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX ssk: <https://w3id.org/seisaku/def#>
SELECT ?hub ?name { ?hub a ssk:StartupHub ; rdfs:label ?name } ORDER BY ?hub ?name"""

INFERRED = urlencode(
    {
        "subject": f"{BASE}id/designation/setouchi-p2",
        "predicate": f"{BASE}def#hasListedGovernment",
        "object": f"<{BASE}id/area/38000>",
    }
)
"""A statement that a chain of two others gives."""


@dataclass(frozen=True)
class Kind:
    """A kind of page: its name, the module in `pages/` that makes it, an example's address."""

    name: str
    module: str
    path: str
    """What follows the language: `/hubs`."""
    ja: tuple[str, ...]
    en: tuple[str, ...]
    """Texts that a reader must see, in each language."""
    status: int = 200

    @property
    def is_here(self) -> bool:
        """Whether this checkout has the page."""
        return (PACKAGE / "pages" / f"{self.module}.py").is_file()

    def facts(self, lang: str) -> tuple[str, ...]:
        """Give the texts of one language."""
        return self.ja if lang == "ja" else self.en


KINDS = (
    Kind(
        "home",
        "home",
        "/",
        ("質問を探す", "第2期の拠点都市は合計いくつ"),
        ("Find a question", "How many hub cities are there"),
    ),
    Kind("question", "question", "/questions/uq02", ("SPARQL", "CSV"), ("SPARQL", "CSV")),
    Kind(
        "hubs",
        "hubs",
        "/hubs",
        ("東京圏", "瀬戸内", "グローバル拠点都市", "愛媛県"),
        ("Tokyo area", "Setouchi", "Global Hub City", "Ehime Prefecture"),
    ),
    Kind("hub", "hub", "/id/hub/tokyo", ("東京圏", "渋谷区", "資料"), ("Tokyo", "Shibuya", "said")),
    Kind(
        "prefecture",
        "prefecture",
        "/id/area/38000",
        ("愛媛県", "瀬戸内"),
        ("Ehime", "Setouchi"),
    ),
    Kind("concept", "resource", "/scheme/hub-tier/p2-global", ("第2期",), ("Global Hub City",)),
    Kind("why", "why", f"/why?{INFERRED}", ("愛媛県", "推論"), ("Ehime", "inferred")),
    Kind("kpis", "kpis", "/kpis", ("東京圏", "ユニコーン"), ("Tokyo", "Unicorn")),
    Kind("strategies", "strategies", "/strategies", ("2021", "2025"), ("2021", "2025")),
    Kind("money", "money", "/money", ("SBIR", "2,060"), ("SBIR", "206")),
    Kind("timeline", "timeline", "/timeline", ("2020年7月",), ("July 2020",)),
    Kind("source", "source", "/source/strategy-slides", ("L128", "L394"), ("L128", "L394")),
    Kind("line", "outline", "/source/strategy-slides/L128", ("128",), ("128",)),
    Kind(
        "ontology",
        "ontology",
        "/ontology",
        ("スタートアップ・エコシステム拠点", "ssk:StartupHub", "選定された拠点"),
        ("startup ecosystem hub", "ssk:StartupHub", "designates hub"),
    ),
    Kind(
        "quality",
        "quality",
        "/quality",
        ("適合", "予算額の合計", "SHACL"),
        ("Conforms", "Total of the budget amounts", "SHACL"),
    ),
    Kind(
        "query",
        "query",
        f"/query?query={quote(QUERY)}",
        ("東京圏", "CSV"),
        ("東京圏", "csv"),
    ),
    Kind("prefectures", "prefecture", "/prefectures", ("愛媛県",), ("Ehime",)),
    Kind("download", "download", "/download", ("Turtle", "CSV"), ("Turtle", "CSV")),
    Kind("search", "search", "/search?q=J-PEAKS", ("J-PEAKS",), ("J-PEAKS",)),
    Kind(
        "error",
        "home",
        "/no-such-page",
        ("404", "見つかりません"),
        ("404", "Not Found"),
        status=404,
    ),
)
