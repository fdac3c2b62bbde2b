"""Agenda: calendars that a library which is not ours reads, no more precise than what is known."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar


def read(exported: Path, lang: str) -> dict[str, Any]:
    """The events of a calendar by their UID, which is the milestone's IRI."""
    text = (exported / f"milestones-{lang}.ics").read_bytes()
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    calendar = Calendar.from_ical(text)
    assert not calendar.errors
    events = calendar.walk("VEVENT")
    assert not any(event.errors for event in events)
    found = {str(event["uid"]): event for event in events}
    assert len(found) == len(events)
    return found


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_each_milestone_of_which_the_day_or_the_month_is_known_is_an_event(
    exported: Path, lang: str
) -> None:
    rows = json.loads((exported / "milestones.json").read_text(encoding="utf-8"))
    events = read(exported, lang)
    known = {row["milestone"]: row for row in rows if row["precision"] != "fiscal year"}
    assert events.keys() == known.keys()
    assert 20 < len(events) < len(rows)
    for iri, row in known.items():
        assert str(events[iri]["summary"]) == row["name"][lang]
        assert events[iri].start == date.fromisoformat(row["start"])
        assert events[iri].end == date.fromisoformat(row["endBefore"])
        assert f": {row['layer']}" in events[iri]["description"]


def test_a_month_lasts_the_month_and_says_that_the_day_is_not_known(exported: Path) -> None:
    events = read(exported, "en")
    months = [each for each in events.values() if (each.end - each.start).days > 20]
    assert months
    for each in months:
        assert each.start.day == each.end.day == 1
        assert "the day is not known" in each["description"]


def test_an_event_names_its_lines_or_its_sources(exported: Path) -> None:
    for each in read(exported, "en").values():
        assert "lines: L" in each["description"] or "/id/external-source/" in each["description"]
