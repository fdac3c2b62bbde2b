"""Report: what `compare.py` measured, as `bench/results/peers.md` and its plots."""

from __future__ import annotations

import math
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mix
import peers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESULTS = Path(__file__).parent / "results"
OURS, KEPT = peers.SEISAKU.name, peers.SEISAKU_CACHED.name
OXIGRAPH, FUSEKI, RDFLIB = peers.OXIGRAPH.name, peers.FUSEKI.name, peers.RDFLIB.name
NAMES = [each.name for each in peers.ALL]

HEAD = """\
# Ours beside its peers

Made by `make bench-full` (`bench/compare.py`): one graph, generated from a seed, and fifteen
queries with several parameters each, asked over HTTP on one connection. All servers run at once
and are asked in turn, the engine in the client's own process too, so take ratios, not absolute
figures. Answers are compared before anything is timed.

{machine}; {versions}.
"""


def write(told: dict[str, Any]) -> None:
    """Write the page, and the plots where matplotlib can be had."""
    versions = "Oxigraph 0.5.13, Fuseki " + peers.JENA + " with TDB2, Virtuoso 7.2.5, "
    parts = [
        HEAD.format(machine=told["machine"], versions=versions + "rdflib-endpoint 0.6.3"),
        "## Targets\n",
        *_targets(told["sizes"]),
        *(
            line
            for exponent, size in sorted(told["sizes"].items())
            for line in _size(exponent, size)
        ),
    ]
    (RESULTS / "peers.md").write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    plot = Path(__file__).parent / "plots.py"
    subprocess.run([peers.plotting(), plot, RESULTS / "peers.json", RESULTS], check=True)


def median(peer: dict[str, Any], template: str) -> float | None:
    """Give the milliseconds, at the median, of a template; None when it was not timed."""
    timed = peer["templates"].get(template)
    return statistics.median(timed["warm"]) if timed and timed["warm"] else None


def _given_up(peer: dict[str, Any], template: str) -> bool:
    timed = peer["templates"].get(template)
    return bool(timed and timed["given_up"])


def ratio(size: dict[str, Any], name: str, ours: str = OURS) -> float | None:
    """Give how many times longer `name` takes: the geometric mean over what both answered."""
    if name not in size["peers"] or ours not in size["peers"]:
        return None
    logs = []
    for each in mix.ORDER:
        theirs, mine = (median(size["peers"][it], each) for it in (name, ours))
        given_up = all(_given_up(size["peers"][it], each) for it in (name, ours))
        if theirs is not None and mine is not None and (name == ours or not given_up):
            logs.append(math.log(theirs / mine))
    return math.exp(statistics.fmean(logs)) if logs else None


def _targets(sizes: dict[str, Any]) -> Iterator[str]:
    yield "| target | wanted | measured | met |"
    yield "| --- | --: | --: | :-: |"
    for exponent in ("5", "6"):
        if exponent not in sizes:
            continue
        size = sizes[exponent]
        for name, wanted in ((RDFLIB, 20), (FUSEKI, 2), (OXIGRAPH, 1)):
            found = ratio(size, name)
            yield _target(f"10^{exponent}: {name} takes longer by", wanted, found)
        for ours, share, how in ((OURS, 0.5, "off"), (KEPT, 1.0, "on")):
            pair = [_per_second(size, each, "16") for each in (ours, OXIGRAPH)]
            found = pair[0] / pair[1] if pair[0] and pair[1] else None
            what = (
                f"10^{exponent}: look-ups/s at 16 connections to {OXIGRAPH}'s, answers kept {how}"
            )
            yield _target(what, share, found)
        if overhead := _overhead(size):
            yield _target(
                f"10^{exponent}: ms more than pyoxigraph in process", 0.5, overhead, least=False
            )
    if "4" in sizes and "7" in sizes:
        small, large = (_look_up(sizes[each]) for each in ("4", "7"))
        found = large / small if small and large else None
        yield _target("look-ups at 10^7 to those at 10^4", 1.5, found, least=False)
    yield ""


def _target(what: str, wanted: float, found: float | None, *, least: bool = True) -> str:
    if found is None:
        return f"| {what} | {'≥' if least else '≤'} {wanted:g} | – | – |"
    met = found >= wanted if least else found <= wanted
    said = "yes" if met else "**no**"
    return f"| {what} | {'≥' if least else '≤'} {wanted:g} | {found:.2f} | {said} |"


def _per_second(size: dict[str, Any], name: str, connections: str) -> float:
    found = size["peers"].get(name, {}).get("look_ups", {}).get(connections, {})
    return float(found.get("per second", 0))


def _overhead(size: dict[str, Any]) -> float | None:
    """Give the milliseconds that ours takes more than the engine, for small answers."""
    more = [
        ours - size["in process"][each]
        for each in mix.LOOK_UPS
        if each in size["in process"]
        and (ours := median(size["peers"].get(OURS, {"templates": {}}), each)) is not None
    ]
    return statistics.median(more) if more else None


def _look_up(size: dict[str, Any]) -> float | None:
    found = [median(size["peers"][OURS], each) for each in mix.LOOK_UPS]
    known = [each for each in found if each is not None]
    return statistics.median(known) if known else None


def _size(exponent: str, size: dict[str, Any]) -> Iterator[str]:
    names = [each for each in NAMES if each in size["peers"]]
    yield f"## 10^{exponent}: {size['triples']:,} triples, {size['bytes'] / 1e6:,.0f} MB\n"
    yield (
        f"Up to {size['parameters']} parameters; load of the machine when it was measured:"
        f" {size['load'][0]:g}."
        f"{' Ours serves a snapshot on disk.' if size.get('on disk') else ''}\n"
    )
    yield "Milliseconds at the median, warm (p95, p99); the last row is that of each over ours.\n"
    yield from _table(["template", *names], (_row(size, names, each) for each in mix.ORDER))
    means = [ratio(size, each) for each in names]
    yield _line(["**geometric mean**", *(f"**{each:.2f}**" if each else "–" for each in means)])
    yield "\nMilliseconds of the first answer after the start, cold.\n"
    yield from _table(["template", *names], (_cold(size, names, each) for each in mix.ORDER))
    yield "\nLook-ups in a second, by connections (ms p50, p99).\n"
    rows = [
        [each, *(_look_up_cell(size["peers"][name]["look_ups"].get(each, {})) for name in names)]
        for each in ("1", "16", "64")
    ]
    yield from _table(["connections", *names], rows)
    yield "\nLoading, starting, and what it takes.\n"
    yield from _table(["", *names], _costs(size, names))
    yield ""
    for name in names:
        if differ := size["peers"][name]["differ"]:
            yield f"Not timed, for {name} answers otherwise: {', '.join(sorted(set(differ)))}.\n"


def _row(size: dict[str, Any], names: Sequence[str], template: str) -> list[str]:
    cells = [template]
    for name in names:
        timed = size["peers"][name]["templates"].get(template)
        if not timed or not timed["warm"]:
            cells.append("–")
            continue
        warm = sorted(timed["warm"])
        p95, p99 = (warm[min(len(warm) - 1, int(len(warm) * q))] for q in (0.95, 0.99))
        more = "> " if timed["given_up"] else ""
        cells.append(f"{more}{_ms(statistics.median(warm))} ({_ms(p95)}, {_ms(p99)})")
    return cells


def _cold(size: dict[str, Any], names: Sequence[str], template: str) -> list[str]:
    found = (size["peers"][name]["templates"].get(template) for name in names)
    return [template, *(_ms(each["cold"]) if each else "–" for each in found)]


def _look_up_cell(told: dict[str, float]) -> str:
    if not told:
        return "–"
    failed = f", {told['failed']} failed" if told["failed"] else ""
    return f"{told['per second']:,.0f} ({_ms(told['p50'])}, {_ms(told['p99'])}{failed})"


def _costs(size: dict[str, Any], names: Sequence[str]) -> Iterator[list[str]]:
    by = defaultdict(list)
    for name in names:
        it = size["peers"][name]
        by["load s"].append(f"{it['load_seconds']:.1f}")
        by["start s"].append(f"{it['start_seconds']:.1f}")
        by["memory MB"].append(f"{it['memory'] / 1e6:,.0f}")
        by["disk MB"].append(f"{it['disk'] / 1e6:,.0f}")
    for name, cells in by.items():
        yield [name, *cells]


def _ms(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:,.0f}"


def _table(head: Sequence[str], rows: Any) -> Iterator[str]:  # noqa: ANN401  # rows of cells
    yield _line(head)
    yield "| --- |" + " --: |" * (len(head) - 1)
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
