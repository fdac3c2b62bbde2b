"""Money: the amounts that the source states, each over the budgets that it covers, and no total."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ..config import BASE
from .frame import ask, grouped, labels, page, pages, segments, text_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .frame import Row

SSK = BASE + "def#"
NAMED, FIRST, LAST = (SSK + each for each in ("drawsOn", "rangeStartsWith", "rangeEndsWith"))
SUPPLEMENTARY = BASE + "scheme/budget-type/supplementary"

TRILLION, BILLION = 10**12, 10**9


@dataclass(frozen=True, slots=True)
class Budget:
    """A government's budget: of which fiscal year (April of it to March), and of which type."""

    iri: str
    layer: str
    year: int
    type: str
    segments: list[str]

    @property
    def supplementary(self) -> bool:
        """Whether it was passed in the course of the year, to add to the initial one."""
        return self.type == SUPPLEMENTARY


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as it is printed and in yen, with what it is for and the lines that state it."""

    iri: str
    layer: str
    wording: tuple[str, str]
    """The amount as printed, and the language of that."""
    yen: int
    approximate: bool
    purposes: list[str]
    note: str | None
    segments: list[str]
    budgets: list[Budget]
    range: bool
    """Whether the budgets are the first and the last of a range, and not all there are."""


class Piece(NamedTuple):
    """A part of a bar over one fiscal year: where it begins and how long it is, in per cent."""

    start: str
    length: str
    middle: str
    budget: Budget | None
    """The budget that is named; None inside a range."""


@pages.get("/<any(ja, en):lang>/money")
def money(lang: str) -> str:
    """Show each amount over the fiscal years of its budgets, the funds apart, and no total."""
    budgets = _budgets()
    amounts = _amounts(budgets, lang)
    funds = [_amount(iri, layer, rows, "supported", lang) for iri, layer, rows in _funds()]
    matters = grouped(ask("money-open"), "total", "matter", "layer")
    named = {budget.year for amount in amounts for budget in amount.budgets}
    years = list(range(min(named), max(named) + 1)) if named else []
    called = labels(_mentioned(amounts, funds, budgets, [iri for (_, iri, _), _ in matters]), lang)
    return page(
        "money",
        lang,
        amounts=amounts,
        funds=funds,
        budgets=list(budgets.values()),
        years=[(year, _piece(year, years, None)) for year in years],
        bars={each.iri: _bar(each, years) for each in amounts},
        matters=[
            (iri, layer, total == "true", text_in(lang, rows, "note"), segments(rows))
            for (total, iri, layer), rows in reversed(matters)
        ],
        short=_short,
        labels=called,
    )


def _budgets() -> dict[str, Budget]:
    """Give the budgets that are named, by IRI, by year."""
    found = grouped(ask("money-budgets"), "budget", "layer", "year", "type")
    return {
        iri: Budget(iri, layer, int(year), kind, segments(rows))
        for (iri, layer, year, kind), rows in found
    }


def _amounts(budgets: dict[str, Budget], lang: str) -> list[Amount]:
    """Give what is allocated from budgets that are known, by the first year of those."""
    found = []
    for (iri, layer), rows in grouped(ask("money"), "allocation", "layer"):
        relations = {row["budget"]["value"]: row["relation"]["value"] for row in rows}
        named = sorted(
            (budgets[each] for each in relations if each in budgets),
            key=lambda each: (each.year, each.supplementary),
        )
        if named:
            between = NAMED not in relations.values()
            found.append(_amount(iri, layer, rows, "purpose", lang, named, between=between))
    return sorted(found, key=lambda each: each.budgets[0].year)


def _funds() -> Iterator[tuple[str, str, list[Row]]]:
    for (iri, layer), rows in grouped(ask("money-funds"), "fund", "layer"):
        yield iri, layer, rows


def _amount(
    iri: str,
    layer: str,
    rows: list[Row],
    purpose: str,
    lang: str,
    budgets: list[Budget] | None = None,
    *,
    between: bool = False,
) -> Amount:
    row = rows[0]
    return Amount(
        iri=iri,
        layer=layer,
        wording=(row["wording"]["value"], row["wording"].get("xml:lang", "")),
        yen=int(Decimal(row["amount"]["value"])),
        approximate=row["approximate"]["value"] == "true",
        purposes=sorted({each[purpose]["value"] for each in rows if purpose in each}),
        note=text_in(lang, rows, "note"),
        segments=segments(rows),
        budgets=budgets or [],
        range=between,
    )


def _bar(amount: Amount, years: list[int]) -> list[Piece]:
    """Divide the window of an amount: the years whose budgets are named, and those between."""
    named = sorted({each.year for each in amount.budgets})
    pieces = []
    for year in range(named[0], named[-1] + 1) if amount.range else named:
        own: list[Budget | None] = [each for each in amount.budgets if each.year == year]
        own = own or [None]
        pieces += [
            _piece(year, years, budget, number, len(own)) for number, budget in enumerate(own)
        ]
    return pieces


def _piece(
    year: int, years: list[int], budget: Budget | None, number: int = 0, of: int = 1
) -> Piece:
    """Place the `number`th `of` the equal parts of a fiscal year."""
    share = Decimal(100) / len(years) / of
    start = share * of * (year - years[0]) + share * number
    return Piece(f"{start:.3f}%", f"{share:.3f}%", f"{start + share / 2:.3f}%", budget)


def _mentioned(
    amounts: list[Amount], funds: list[Amount], budgets: dict[str, Budget], matters: list[str]
) -> Iterator[str]:
    """Give what the page calls by its name."""
    for each in (*amounts, *funds):
        yield from (each.iri, *each.purposes)
    for budget in budgets.values():
        yield from (budget.iri, budget.type)
    yield from matters
    yield from (NAMED, FIRST, LAST)


def _short(yen: int) -> str:
    """Write an amount in English with the largest word that leaves it above 1."""
    for unit, word in ((TRILLION, "trillion"), (BILLION, "billion")):
        if yen >= unit:
            return f"{Decimal(yen) / unit:,f} {word} yen"
    return f"{yen:,} yen"
