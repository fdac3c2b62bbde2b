"""Agenda: the milestones as calendars (iCalendar, RFC 5545), one in each language.

A milestone is there when its day, days or month are known; one of a month lasts the month, and says
so. One of which only the fiscal year is known is in the table `milestones` alone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from icalendar import Calendar, Event

from .citation import said
from .distribution import Distribution, Source
from .tables import record, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

PRECISE = ("day", "days", "month")
WORDS = {
    "ja": {"month": "日は分かっていない", "lines": "行", "layer": "層"},
    "en": {"month": "the day is not known", "lines": "lines", "layer": "layer"},
}


def distributions() -> Iterator[Distribution]:
    """Give a calendar in each language."""
    for lang, ja, en in (
        ("ja", "節目のカレンダー（日本語）", "Milestones as a calendar, in Japanese"),
        ("en", "節目のカレンダー（英語）", "Milestones as a calendar, in English"),
    ):
        write = partial(_write, lang=lang)
        name = f"milestones-{lang}.ics"
        yield Distribution(name, "text/calendar", "forms", {"ja": ja, "en": en}, write)


def _write(source: Source, file: IO[bytes], lang: str) -> None:
    calendar = Calendar()
    calendar.add("prodid", f"-//Seisaku//{source.version}//{lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", said(source, "title", lang))
    stamp = datetime.fromisoformat(source.modified or "1980-01-01").replace(tzinfo=UTC)
    table = tables(source)["milestones"]
    for row in (record(table, each) for each in table.rows):
        if row["precision"] in PRECISE:
            calendar.add_component(_event(row, stamp, lang))
    file.write(calendar.to_ical())


def _event(row: Json, stamp: datetime, lang: str) -> Event:
    words = WORDS[lang]
    event = Event()
    event.add("uid", row["milestone"])
    event.add("dtstamp", stamp)
    event.add("dtstart", date.fromisoformat(row["start"]))
    event.add("dtend", date.fromisoformat(row["endBefore"]))
    event.add("summary", row["name"][lang])
    event.add("categories", [row["typeName"][lang]])
    event.add("transp", "TRANSPARENT")
    event.add("url", row["milestone"])
    when = row["date"][lang] + (f" ({words['month']})" if row["precision"] == "month" else "")
    lines = ", ".join(each.rpartition("/")[2] for each in row["lines"])
    told = [when, f"{words['layer']}: {row['layer']}"]
    told += [f"{words['lines']}: {lines}"] if lines else []
    event.add("description", "\n".join([*told, *row["sources"]]))
    return event
