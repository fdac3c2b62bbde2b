"""Generate: a graph of our shape and of any size, from a seed.

The unit is one document as ours is one: a plan and its annual strategies, with elements down to
measures; programmes, bodies, papers, milestones and budgets; hubs in two phases, with listings and
mentions; indicators with their values; progress; what is left open; and the lines that state all
this. How many of each is drawn anew for each document, few oftener than many. The terms, the
concepts, their names in both languages and the areas are those of `ontology/` and `data/external/`,
so a reasoner and the shapes have the work that they have with the real graph. What the names say is
put together by chance and means nothing.

    python bench/generate.py 1000000 graph.nq          # N-Quads, a named graph for each layer
    python bench/generate.py 1000000 graph.nt --base   # N-Triples, with the ontology and the areas
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
BASE = "https://w3id.org/seisaku/"
PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "ssk": BASE + "def#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
NAMED_ELSEWHERE = {
    "curated": ("periods.ttl",),
    "external": ("areas.ttl", "sources.ttl"),
}
"""The files that the generated records refer to, beside the ontology: the base."""

FISCAL_YEARS = range(2018, 2030)
RANGES = ("FY2020-FY2024", "FY2021-FY2025", "FY2025-FY2029")
MONTHS = ("2022-09", "2023-07", "2023-08", "2024-02", "2024-03", "2024-07", "2024-08", "2025-02")
TIERS = (("p1-global", "p1-promotion"), ("p2-global", "p2-next-global"))
VERBS = (
    ("推進", "promotion"),
    ("強化", "strengthening"),
    ("整備", "provision"),
    ("支援", "support"),
    ("高度化", "upgrading"),
    ("実証", "demonstration"),
    ("普及", "spread"),
    ("拡充", "expansion"),
    ("創出", "creation"),
    ("改革", "reform"),
)
NUMERALS = ("れい", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the ontology or of `data/external/` and its names, to speak of it."""

    term: str
    ja: str
    en: str
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Designation:
    """A designation written: its name in IRIs, its IRI, and its hub's names."""

    name: str
    iri: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the records refer to: the concepts of each scheme by its name, and the areas."""

    schemes: dict[str, tuple[Named, ...]]
    areas: tuple[Named, ...]

    @classmethod
    def of(cls, root: Path = ROOT) -> Vocabulary:
        """Read it below `root`, in the order of the names, so that a seed means one graph."""
        store = Store()
        store.extend(base(root))
        concepts = store.query(
            """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
            SELECT ?term ?ja ?en ?scheme {
              GRAPH ?g { ?term skos:inScheme ?scheme ; skos:prefLabel ?ja, ?en }
              FILTER(LANG(?ja) = "ja" && LANG(?en) = "en") } ORDER BY ?term"""
        )
        areas = store.query(
            """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
            PREFIX ssk: <https://w3id.org/seisaku/def#>
            SELECT ?term ?ja ?en ?reading {
              GRAPH ?g { ?term ssk:standardAreaCode ?code ; rdfs:label ?ja, ?en ;
                ssk:reading ?reading }
              FILTER(LANG(?ja) = "ja" && LANG(?en) = "en") } ORDER BY ?term"""
        )
        schemes: dict[str, list[Named]] = {}
        for term, ja, en, scheme in concepts:  # type: ignore[union-attr]  # a SELECT
            found = schemes.setdefault(scheme.value.rpartition("/")[2], [])
            found.append(Named(str(term), ja.value, en.value))
        return cls(
            {scheme: tuple(found) for scheme, found in schemes.items()},
            tuple(
                Named(str(term), ja.value, en.value, reading.value)
                for term, ja, en, reading in areas  # type: ignore[union-attr]  # a SELECT
            ),
        )


def base(root: Path = ROOT) -> Iterator[Quad]:
    """Give the ontology, the areas with their sources, and the periods, each in its layer."""
    files = {"ontology": sorted((root / "ontology").rglob("*.ttl"))}
    for layer, names in NAMED_ELSEWHERE.items():
        files[layer] = [root / "data" / layer / each for each in names]
    for layer, paths in files.items():
        graph = NamedNode(f"{BASE}graph/{layer}")
        for path in paths:
            for quad in parse(path=path, format=RdfFormat.TURTLE):
                yield Quad(quad.subject, quad.predicate, quad.object, graph)


def statements(triples: int, seed: int, vocabulary: Vocabulary) -> Iterator[list[str]]:
    """Give whole documents, each as lines of N-Quads, until there are at least `triples`."""
    made = 0
    for number in count():
        if made >= triples:
            return
        document = Document(vocabulary, seed, number)
        document.write()
        made += len(document.lines)
        yield document.lines


@lru_cache(10_000)
def term(name: str) -> str:
    """Give an IRI in N-Triples, from a prefixed name or from `kind/name` of a record."""
    prefix, colon, local = name.partition(":")
    return f"<{PREFIXES[prefix]}{local}>" if colon else f"<{BASE}id/{name}>"


A, LABEL, READING = term("rdf:type"), term("rdfs:label"), term("ssk:reading")
STATED, POSITION, ABOUT = term("ssk:isStatedIn"), term("ssk:position"), term("ssk:refersToConcept")
STATUS = f"{term('ssk:hasTranslationStatus')} <{BASE}scheme/translation-status/ours>"


def said(text: str) -> str:
    """Read a number aloud, digit by digit, in hiragana."""
    return "".join(NUMERALS[int(each)] for each in text if each.isdecimal())


def integer(number: int) -> str:
    """Give the literal of a whole number."""
    return f'"{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'


def boolean(truth: bool) -> str:
    """Give the literal of a truth value."""
    return f'"{str(truth).lower()}"^^<http://www.w3.org/2001/XMLSchema#boolean>'


class Document:
    """One document and what its lines state. `lines` are its statements, in N-Quads.

    `number` counts from 0. The first document also states what all have in common: the programme
    whose phases have the tiers of the ontology, and the budgets of the years.
    """

    def __init__(self, vocabulary: Vocabulary, seed: int, number: int) -> None:
        self.words = vocabulary
        self.number = number + 1
        self.name = f"doc{self.number:06d}"
        self.lines: list[str] = []
        self.line = 0
        self.segment = ""
        self._random = Random(f"{seed} {number}").random  # noqa: S311  # no secret

    def write(self) -> None:
        """Write all records, what is referred to first."""
        if self.number == 1:
            self._common()
        bodies = self._bodies()
        programs = self._programs(bodies)
        plan = self._plan()
        measures = self._strategies(plan, programs)
        designations = self._hubs()
        self._indicators(designations)
        self._progress(plan, programs, measures)
        self._unstated([*programs, plan, *(each.iri for each in designations)])
        self._source()

    # What is drawn

    def _pick(self, options: Sequence[T]) -> T:
        return options[int(self._random() * len(options))]

    def _some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Draw different ones, `least` to `most` of them."""
        start, number = int(self._random() * len(options)), self._number(least, most)
        return [options[(start + i) % len(options)] for i in range(min(number, len(options)))]

    def _number(self, least: int, most: int) -> int:
        """Draw a number, few oftener than many."""
        drawn = self._random()
        return least + int((most - least + 1) * drawn * drawn)

    def _chance(self, probability: float) -> bool:
        return self._random() < probability

    # What is written

    def _say(self, layer: str, subject: str, *pairs: str) -> None:
        end = f" <{BASE}graph/{layer}> .\n"
        self.lines += [f"{subject} {pair}{end}" for pair in pairs]

    def _record(self, name: str, kind: str, ja: str, en: str, *pairs: str) -> str:
        """Write a record that the current line states; give its IRI."""
        subject = term(name)
        self._say(
            "document",
            subject,
            f"{A} {term('ssk:' + kind)}",
            f'{LABEL} "{ja}"@ja',
            f'{LABEL} "{en}"@en',
            *pairs,
            f"{STATED} {self.segment}",
        )
        return subject

    def _named(self, name: str, kind: str, ja: str, en: str, *pairs: str, reading: str) -> str:
        """Write a record that lists sort by its name: its reading is ours."""
        subject = self._record(name, kind, ja, en, STATUS, *pairs)
        layer = "document" if kind == "StartupHub" else "curated"
        self._say(layer, subject, f'{READING} "{reading}"@ja-Hira')
        return subject

    def _next_line(self) -> str:
        """Go on to the next line that states something; give its segment."""
        self.line += 1 + self._number(0, 2)
        name = f"{self.name}-L{self.line}"
        self.segment = term(f"segment/{name}")
        digest = hashlib.sha256(name.encode()).hexdigest()
        self._say(
            "document",
            self.segment,
            f"{A} {term('ssk:SourceSegment')}",
            f'{LABEL} "第{self.number}資料{self.line}行目"@ja',
            f'{LABEL} "Document {self.number}, line {self.line}"@en',
            f"{term('ssk:isSegmentOf')} {term('source/' + self.name)}",
            f"{term('ssk:startLine')} {integer(self.line)}",
            f"{term('ssk:endLine')} {integer(self.line)}",
            f'{term("ssk:fragmentValue")} "line={self.line - 1},{self.line}"',
            f'{term("ssk:contentSha256")} "{digest}"',
        )
        return self.segment

    def _concept(self, scheme: str) -> Named:
        return self._pick(self.words.schemes[scheme])

    def _subjects(self, most: int) -> list[str]:
        """Say which fields and topics a record refers to."""
        found = {self._concept(self._pick(("field", "topic"))).term for _ in range(most)}
        return [f"{ABOUT} {each}" for each in sorted(found)]

    def _read(self, name: str, subject: str, relates: str, to: str) -> None:
        """Write what is our reading: what succeeds or matches what, and why we read it so."""
        self._say("curated", subject, f"{term(relates)} {to}")
        self._say(
            "curated",
            f"_:{name}",
            f"{A} {term('owl:Axiom')}",
            f"{term('owl:annotatedSource')} {subject}",
            f"{term('owl:annotatedProperty')} {term(relates)}",
            f"{term('owl:annotatedTarget')} {to}",
            f'{term("rdfs:comment")} "名称が同じである。"@ja',
            f'{term("rdfs:comment")} "The names agree."@en',
            f"{term('dcterms:source')} {self.segment}",
        )

    # The records, a kind at a time

    def _source(self) -> None:
        digest = hashlib.sha256(self.name.encode()).hexdigest()
        self._say(
            "document",
            term("source/" + self.name),
            f"{A} {term('ssk:SourceDocument')}",
            f'{LABEL} "第{self.number}資料"@ja',
            f'{LABEL} "Document {self.number}"@en',
            f'{term("dcterms:language")} "ja"',
            f"{term('ssk:lineCount')} {integer(self.line)}",
            f'{term("dcterms:identifier")} "sha256:{digest}"',
        )

    def _common(self) -> None:
        self._next_line()
        self._program_with_phases("startup-hubs", "全国拠点都市", "National Hub Cities", "ぜんこく")
        for year in FISCAL_YEARS:
            self._next_line()
            for kind, ja, en in (
                ("initial", "当初予算", "initial budget"),
                ("supplementary", "補正予算", "supplementary budget"),
            ):
                self._record(
                    f"budget/FY{year}-{kind}",
                    "GovernmentBudget",
                    f"{year}年度{ja}",
                    f"FY{year} {en}",
                    f"{term('ssk:isBudgetOf')} {term(f'period/FY{year}')}",
                    f"{term('ssk:hasBudgetType')} <{BASE}scheme/budget-type/{kind}>",
                )

    def _program_with_phases(self, name: str, ja: str, en: str, reading: str) -> list[str]:
        program = self._named(
            f"program/{name}", "DesignationProgram", ja, en, reading=reading + "きょてん"
        )
        return [
            self._named(
                f"phase/{name}-{i}",
                "ProgramPhase",
                f"{ja} 第{i}期",
                f"{en}, phase {i}",
                f"{term('ssk:isPhaseOf')} {program}",
                f"{term('ssk:coversPeriod')} {term('period/' + RANGES[2 * (i - 1)])}",
                reading=f"{reading}だい{said(str(i))}き",
            )
            for i in (1, 2)
        ]

    def _bodies(self) -> list[str]:
        bodies = []
        for i in range(self._number(2, 8)):
            self._next_line()
            area, field = self._pick(self.words.areas), self._concept("field")
            kind, ja, en = self._pick(
                (
                    ("Council", "会議", "Council"),
                    ("ResearchOrganization", "研究機構", "Research Organisation"),
                    ("IndustryAssociation", "産業協議会", "Industry Association"),
                )
            )
            bodies.append(
                self._named(
                    f"organization/{self.name}-{i}",
                    kind,
                    f"{area.ja}{field.ja}{ja}（第{self.number}-{i}）",
                    f"{area.en} {field.en} {en} {self.number}-{i}",
                    f"{ABOUT} {field.term}",
                    reading=area.reading + said(f"{self.number}{i}"),
                )
            )
        return bodies

    def _programs(self, bodies: Sequence[str]) -> list[str]:
        programs: list[str] = []
        for i in range(self._number(3, 16)):
            self._next_line()
            field, (verb, promotion) = self._concept("field"), self._pick(VERBS)
            ja = f"{field.ja}{verb}事業（第{self.number}-{i}）"
            en = f"Programme {self.number}-{i} for the {promotion} of {field.en}"
            more = self._subjects(2)
            if programs and self._chance(0.2):
                more.append(f"{term('ssk:isPartOfInitiative')} {self._pick(programs)}")
            program = self._named(
                f"program/{self.name}-{i}",
                self._pick(("FundingProgram", "FundingProgram", "Initiative")),
                ja,
                en,
                *more,
                reading="じぎょう" + said(f"{self.number}{i}"),
            )
            programs.append(program)
            self._milestones(f"{self.name}-{i}", program, ja, en)
            if self._chance(0.5):
                self._allocation(f"{self.name}-{i}", program, ja, en)
            if self._chance(0.3):
                self._paper(f"{self.name}-{i}", program, self._pick(bodies))
        return programs

    def _milestones(self, name: str, subject: str, ja: str, en: str) -> None:
        for kind in self._some(self.words.schemes["milestone-type"], 0, 3):
            self._record(
                f"milestone/{name}-{kind.term.rpartition('/')[2].rstrip('>')}",
                "Milestone",
                f"{ja}：{kind.ja}",
                f"{en}: {kind.en}",
                f"{term('ssk:hasMilestoneSubject')} {subject}",
                f"{term('ssk:hasMilestoneType')} {kind.term}",
                f"{term('ssk:occursIn')} {term('period/' + self._pick(MONTHS))}",
            )

    def _allocation(self, name: str, program: str, ja: str, en: str) -> None:
        hundred_million = 1 + self._number(0, 5000)
        drawn = self._some(
            [f"FY{y}-{k}" for y in FISCAL_YEARS for k in ("initial", "supplementary")], 1, 3
        )
        self._record(
            f"allocation/{name}",
            "BudgetAllocation",
            f"{ja}への予算措置",
            f"Allocation to {en}",
            f"{term('ssk:allocatesTo')} {program}",
            *(f"{term('ssk:drawsOn')} {term('budget/' + each)}" for each in drawn),
            f'{term("ssk:amountInYen")} "{hundred_million}00000000.0"^^{term("xsd:decimal")}',
            f"{term('ssk:isApproximate')} {boolean(self._chance(0.3))}",
            f'{term("ssk:wording")} "{hundred_million:,}億円"@ja',
        )

    def _paper(self, name: str, program: str, body: str) -> None:
        kind = self._concept("document-type")
        self._named(
            f"policy-paper/{name}",
            "PolicyPaper",
            f"{kind.ja}（第{name}）",
            f"{kind.en} {name}",
            f"{term('ssk:hasDocumentType')} {kind.term}",
            f"{term('ssk:isDrawnUpBy')} {body}",
            f"{term('ssk:guidesProgram')} {program}",
            reading="ぶんしょ" + said(name),
        )

    def _plan(self) -> str:
        self._next_line()
        field = self._concept("field")
        ja, en = f"{field.ja}基本計画（第{self.number}）", f"Basic Plan {self.number} on {field.en}"
        series = self._named(
            f"series/{self.name}",
            "DocumentSeries",
            f"{ja}の系列",
            f"{en} and its successors",
            reading="けいれつ" + said(self.name),
        )
        return self._named(
            f"plan/{self.name}",
            "BasicPlan",
            ja,
            en,
            f"{term('ssk:isIssueOf')} {series}",
            f"{term('ssk:coversPeriod')} {term('period/' + self._pick(RANGES))}",
            reading="けいかく" + said(self.name),
        )

    def _strategies(self, plan: str, programs: Sequence[str]) -> list[str]:
        self._next_line()
        series = self._named(
            f"series/{self.name}-strategy",
            "DocumentSeries",
            f"第{self.number}計画の年次戦略",
            f"Annual strategies of Basic Plan {self.number}",
            f"{term('ssk:isBasedOnSeries')} {term('series/' + self.name)}",
            f"{term('ssk:hasFrequency')} <{BASE}scheme/frequency/annual>",
            reading="せんりゃく" + said(self.name),
        )
        measures: list[str] = []
        before = ""
        for year in range(2021, 2021 + self._number(1, 5)):
            self._next_line()
            strategy = self._named(
                f"strategy/{self.name}-{year}",
                "AnnualStrategy",
                f"第{self.number}計画 年次戦略{year}",
                f"Annual Strategy {year} of Basic Plan {self.number}",
                f"{term('ssk:isIssueOf')} {series}",
                f"{term('ssk:implementsPlan')} {plan}",
                reading="せんりゃく" + said(f"{self.name}{year}"),
            )
            if before:
                self._read(f"{self.name}-{year}", strategy, "ssk:succeedsDocument", before)
            before = strategy
            measures += self._elements(f"{self.name}-{year}", strategy, programs)
        return measures

    def _elements(self, name: str, strategy: str, programs: Sequence[str]) -> list[str]:
        """Write the elements of a strategy; give its measures."""
        labels = self._element_labels()
        role = self._concept("element-role")
        measures = []
        for i in range(1, 1 + self._number(2, 7)):
            self._next_line()
            top = self._element(
                f"{name}-{i}",
                "TopLevelElement",
                next(labels),
                f"{term('ssk:isElementOf')} {strategy}",
                f"{term('ssk:hasElementRole')} {role.term}",
                f"{POSITION} {integer(i)}",
            )
            theme = self._concept("policy-theme")
            self._say("curated", top, f"{term('ssk:concernsTheme')} {theme.term}")
            for j in range(1, 1 + self._number(0, 4)):
                self._next_line()
                group = self._below(f"{name}-{i}-{j}", "MeasureGroup", next(labels), top, j)
                for k in range(1, 1 + self._number(1, 8)):
                    self._next_line()
                    local = f"{name}-{i}-{j}-{k}"
                    more = [f"{term('ssk:promotes')} {each}" for each in self._some(programs, 0, 2)]
                    measures.append(self._below(local, "Measure", next(labels), group, k, *more))
        return measures

    def _element_labels(self) -> Iterator[tuple[str, str]]:
        """Put names together; no two are the same."""
        topics = (*self.words.schemes["topic"], *self.words.schemes["field"])
        every = len(topics) * len(VERBS)
        start = int(self._random() * every)
        for i in range(every):
            topic, verb = divmod((start + 383 * i) % every, len(VERBS))
            ja, en = VERBS[verb]
            yield f"{topics[topic].ja}の{ja}", f"{en.capitalize()} of {topics[topic].en}"

    def _element(self, name: str, kind: str, label: tuple[str, str], *pairs: str) -> str:
        about = self._subjects(self._number(0, 2))
        return self._record(f"element/{name}", kind, *label, STATUS, *pairs, *about)

    def _below(
        self, name: str, kind: str, label: tuple[str, str], parent: str, position: int, *pairs: str
    ) -> str:
        return self._element(
            name,
            kind,
            label,
            f"{term('ssk:isDirectSubElementOf')} {parent}",
            f"{POSITION} {integer(position)}",
            *pairs,
        )

    def _hubs(self) -> list[Designation]:
        """Write hubs and their designations, in the phases of all or in this document's own."""
        self._next_line()
        phases = [term(f"phase/startup-hubs-{i}") for i in (1, 2)]
        tiers = [[f"<{BASE}scheme/hub-tier/{each}>" for each in pair] for pair in TIERS]
        if self.number % 4 == 0:
            ja, en = f"第{self.number}資料の拠点都市", f"Hub Cities of Document {self.number}"
            phases = self._program_with_phases(self.name, ja, en, said(self.name))
            tiers = [[self._tier(i, phase)] for i, phase in enumerate(phases, 1)]
        designations = []
        for i in range(self._number(3, 16)):
            self._next_line()
            area = self._pick(self.words.areas)
            ja, en = f"{area.ja}圏（第{self.number}-{i}）", f"{area.en} area {self.number}-{i}"
            hub = self._named(
                f"hub/{self.name}-{i}",
                "StartupHub",
                ja,
                en,
                reading=area.reading + said(f"{self.number}{i}"),
            )
            before = ""
            for phase in (0, 1):
                if phase == 0 and self._chance(0.4):
                    continue
                name = f"{self.name}-{i}-p{phase + 1}"
                found = self._designation(
                    Designation(name, term(f"designation/{name}"), ja, en),
                    f"{term('ssk:designatesHub')} {hub}",
                    f"{term('ssk:isMadeInPhase')} {phases[phase]}",
                    f"{term('ssk:hasTier')} {self._pick(tiers[phase])}",
                )
                if before:
                    self._read(name, found.iri, "ssk:succeedsDesignation", before)
                before = found.iri
                designations.append(found)
        return designations

    def _tier(self, number: int, phase: str) -> str:
        """Write a tier of hubs for a phase of this document's own; give its concept."""
        tier, scheme = (f"<{BASE}scheme/hub-tier{each}>" for each in (f"/{self.name}-{number}", ""))
        self._say(
            "ontology",
            tier,
            f"{A} {term('skos:Concept')}",
            f'{term("skos:prefLabel")} "拠点都市（第{self.number}資料第{number}期）"@ja',
            f'{term("skos:prefLabel")} "Hub City (document {self.number}, phase {number})"@en',
            f'{term("skos:definition")} "第{self.number}資料の第{number}期の区分。"@ja',
            f'{term("skos:definition")} "Tier of phase {number} of document {self.number}."@en',
            f"{term('skos:inScheme')} {scheme}",
            f"{term('skos:broader')} <{BASE}scheme/hub-tier/global>",
            f"{term('rdfs:isDefinedBy')} <{BASE}ont/schemes/hub-tier>",
            f"{term('ssk:isTierOfPhase')} {phase}",
        )
        return tier

    def _designation(self, designation: Designation, *pairs: str) -> Designation:
        name, iri, ja, en = designation.name, designation.iri, designation.ja, designation.en
        feature = self._concept("hub-feature")
        more = [
            f'{term("ssk:tagline")} "{feature.ja}の拠点"@ja',
            f'{term("ssk:tagline")} "A hub of {feature.en}"@en',
        ]
        if self._chance(0.7):
            consortium = self._named(
                f"consortium/{name}",
                "Consortium",
                f"{ja}コンソーシアム{name}",
                f"{en} Consortium {name}",
                reading="こんそーしあむ" + said(name),
            )
            more.append(f"{term('ssk:isLedBy')} {consortium}")
        self._record(f"designation/{name}", "HubDesignation", ja, en, STATUS, *pairs, *more)
        self._next_line()
        self._record(
            f"listing/{name}",
            "LocalGovernmentListing",
            f"{ja}の自治体列挙（{name}）",
            f"Local governments listed for {en} ({name})",
            f"{term('ssk:isListingFor')} {iri}",
            f"{term('ssk:isExhaustive')} {boolean(self._chance(0.5))}",
            *(f"{term('ssk:lists')} {each.term}" for each in self._some(self.words.areas, 1, 10)),
        )
        self._mentions(designation)
        return designation

    def _mentions(self, designation: Designation) -> None:
        self._next_line()
        iri = designation.iri
        scheme = self._pick(("field", "hub-feature"))
        for i, each in enumerate(self._some(self.words.schemes[scheme], 1, 12)):
            self._record(
                f"mention/{designation.name}-{i}",
                "Mention",
                f"{designation.name}：「{each.ja}」への言及",
                f"{designation.name}: mention of {each.en}",
                f"{term('ssk:isMentionFor')} {iri}",
                f"{term('ssk:mentionsConcept')} {each.term}",
                f'{term("ssk:wording")} "{each.ja}"@ja',
            )
        self._record(
            f"statement/{designation.name}",
            "PolicyStatement",
            f"{designation.name}の取組",
            f"Approach of {designation.name}",
            f"{term('ssk:hasStatementType')} <{BASE}scheme/statement-type/hub-approach>",
            f"{term('ssk:isStatementAbout')} {iri}",
        )

    def _indicators(self, designations: Sequence[Designation]) -> None:
        indicators = []
        for i in range(self._number(1, 5)):
            self._next_line()
            field = self._concept("field")
            kind, unit = self._pick((("company", "社"), ("project", "件")))
            ja, en = f"{field.ja}の創出数（第{self.number}-{i}）", f"{field.en} {self.number}-{i}"
            indicator = self._named(
                f"indicator/{self.name}-{i}",
                "Indicator",
                ja,
                f"Number created in {en}",
                f"{term('ssk:hasUnit')} <{BASE}scheme/unit/{kind}>",
                f"{term('ssk:hasPreferredDirection')} <{BASE}scheme/preferred-direction/higher>",
                reading="しひょう" + said(f"{self.number}{i}"),
            )
            indicators.append((indicator, unit))
        for designation in designations:
            if self._chance(0.3):
                self._next_line()
                for i, (indicator, unit) in enumerate(indicators):
                    self._values(f"{designation.name}-{i}", designation.iri, indicator, unit)

    def _values(self, name: str, designation: str, indicator: str, unit: str) -> None:
        common = (
            f"{term('ssk:ofIndicator')} {indicator}",
            f"{term('ssk:forDesignation')} {designation}",
            f"{term('ssk:hasAggregationBasis')} <{BASE}scheme/aggregation-basis/not-stated>",
        )
        for role, ja, en in (("baseline", "開始時", "at the start"), ("actual", "実績", "actual")):
            number = self._number(0, 3000)
            self._record(
                f"indicator-value/{name}-{role}",
                "IndicatorObservation",
                f"{name}（{ja}）",
                f"{name} ({en})",
                *common,
                f"{term('ssk:hasObservationRole')} <{BASE}scheme/observation-role/{role}>",
                f"{term('ssk:numericValue')} {integer(number)}",
                f'{term("ssk:wording")} "{number:,}{unit}"@ja',
            )
        if self._chance(0.2):
            how = [
                f"{term('ssk:targetMultiplier')} {integer(2)}",
                f"{term('ssk:isRelativeTo')} {term(f'indicator-value/{name}-baseline')}",
                f'{term("ssk:targetExpression")} "2倍"@ja',
            ]
        else:
            number = self._number(0, 6000)
            how = [
                f"{term('ssk:numericValue')} {integer(number)}",
                f'{term("ssk:targetExpression")} "{number:,}{unit}"@ja',
            ]
        self._record(
            f"indicator-value/{name}-target",
            "IndicatorTarget",
            f"{name}（目標）",
            f"{name} (target)",
            *common,
            *how,
            f"{term('ssk:hasComparator')} <{BASE}scheme/comparator/at-least>",
        )

    def _progress(self, plan: str, programs: Sequence[str], measures: Sequence[str]) -> None:
        self._next_line()
        root = self._record(
            f"progress/{self.name}",
            "ProgressGroup",
            f"第{self.number}計画の進捗",
            f"Progress of Basic Plan {self.number}",
            STATUS,
            f"{term('ssk:isProgressOf')} {plan}",
        )
        for i in range(1, 1 + self._number(2, 4)):
            self._next_line()
            group = self._progress_below(f"{self.name}-{i}", "ProgressGroup", root, i)
            for j in range(1, 1 + self._number(2, 9)):
                self._next_line()
                more = [f"{term('ssk:reportsOn')} {each}" for each in self._some(programs, 1, 3)]
                more += self._subjects(1)
                name = f"{self.name}-{i}-{j}"
                item = self._progress_below(name, "ProgressItem", group, j, *more)
                if measures and self._chance(0.3):
                    self._read(name, item, "ssk:correspondsToElement", self._pick(measures))

    def _progress_below(self, name: str, kind: str, group: str, position: int, *pairs: str) -> str:
        topic, (verb, promotion) = self._concept("topic"), self._pick(VERBS)
        return self._record(
            f"progress/{name}",
            kind,
            f"{topic.ja}の{verb}（{name}）",
            f"{promotion.capitalize()} of {topic.en} ({name})",
            STATUS,
            f"{term('ssk:isInProgressGroup')} {group}",
            f"{POSITION} {integer(position)}",
            *pairs,
        )

    def _unstated(self, subjects: Sequence[str]) -> None:
        for i in range(self._number(1, 8)):
            aspect = self._concept("unstated-aspect")
            self._say(
                "curated",
                term(f"unstated-matter/{self.name}-{i}"),
                f"{A} {term('ssk:UnstatedMatter')}",
                f'{LABEL} "{aspect.ja}（{self.name}-{i}）"@ja',
                f'{LABEL} "{aspect.en} ({self.name}-{i})"@en',
                f"{term('ssk:hasUnstatedAspect')} {aspect.term}",
                f"{term('ssk:isUnstatedFor')} {self._pick(subjects)}",
                f"{term('ssk:isLeftOpenIn')} {self.segment}",
            )


def lines(triples: int, seed: int, *, triples_only: bool, with_base: bool) -> Iterator[str]:
    """Give the statements as N-Quads or, without their graphs, as N-Triples, in parts."""
    if with_base:
        for quad in base():
            yield f"{quad.triple} .\n" if triples_only else f"{quad} .\n"
    for document in statements(triples, seed, Vocabulary.of()):
        if triples_only:
            yield "".join([f"{line.rpartition(' <')[0]} .\n" for line in document])
        else:
            yield "".join(document)


def main() -> None:
    """Write the graph to a file; say how many statements it has."""
    parser = argparse.ArgumentParser(description="Generate a graph of the shape of ours.")
    parser.add_argument("triples", type=int, help="least number of statements; documents are whole")
    parser.add_argument("file", type=Path, help="file to write: .nq with named graphs, or .nt")
    parser.add_argument("--seed", type=int, default=7, help="the same seed writes the same bytes")
    parser.add_argument("--base", action="store_true", help="write the ontology and areas first")
    given = parser.parse_args()
    if given.file.suffix not in (".nq", ".nt"):
        parser.error(f"{given.file}: the name must end in .nq or .nt")
    written = 0
    with given.file.open("w", encoding="utf-8", newline="\n") as file:
        parts = lines(
            given.triples,
            given.seed,
            triples_only=given.file.suffix == ".nt",
            with_base=given.base,
        )
        for part in parts:
            file.write(part)
            written += part.count("\n")
    print(f"{given.file}: {written} statements", file=sys.stderr)


if __name__ == "__main__":
    main()
