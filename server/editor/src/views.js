// The views of an answer, each a tab: table, chart, map, graph, and the text as it came.
import { drawChart, numbersOf } from "./chart.js";
import { drawMap, placesOf } from "./map.js";
import { element, named } from "./page.js";

const SHOWN = 500; // rows, as on the page that the server writes
const NAMED = 300; // things whose names are asked for

/** Show an answer in `place`, in place of what stands there. */
export async function showAnswer(place, { query, body, type, page, say }) {
  const graph = !type.startsWith("application/sparql-results+json");
  const answer = graph ? null : JSON.parse(body);
  const links = downloads(query, graph, page, say);
  const raw = { key: "raw", show: () => source(graph ? body : JSON.stringify(answer, null, 1)) };
  const title = element("h2", {}, say("result"));
  if (answer && "boolean" in answer) {
    const yes = element("p", { class: "answer" }, say(answer.boolean ? "yes" : "no"));
    place.replaceChildren(title, yes, links);
    return;
  }
  const triples = graph ? read(body) : [];
  const rows = graph ? [] : answer.results.bindings;
  const terms = graph ? triples.flat() : rows.slice(0, SHOWN).flatMap((row) => Object.values(row));
  const labels = await labelsOf(terms, page);
  const said = { page, say, labels };
  const views = graph ? graphViews(triples, said) : tableViews(answer, said);
  place.replaceChildren(title, tabs([...views, raw], say), links);
}

function tableViews(answer, said) {
  const variables = answer.head.vars;
  const rows = answer.results.bindings;
  const views = [{ key: "table", show: () => table(variables, rows, said) }];
  const places = placesOf(variables, rows);
  if (places.length) views.push({ key: "map", show: () => drawMap(places, said) });
  const numbers = numbersOf(variables, rows);
  if (numbers.length) views.push({ key: "chart", show: () => drawChart(variables, rows, numbers, said) });
  return views;
}

function graphViews(triples, said) {
  const list = () => table(["s", "p", "o"], triples.map(([s, p, o]) => ({ s, p, o })), said);
  if (!triples.length) return [{ key: "table", show: list }];
  const draw = async () => {
    const { drawGraph } = await import("./graph.js");
    return element("div", { class: "beside" }, drawGraph(triples, said), list());
  };
  return [{ key: "graph", show: draw }, { key: "table", show: list }];
}

/** Give the views as tabs (WAI-ARIA): arrows change, Home and End go to the first and the last. */
function tabs(views, say) {
  const list = element("div", { role: "tablist", "aria-label": say("views") });
  const panel = element("div", { role: "tabpanel", id: "view", tabindex: "0" });
  const buttons = views.map(({ key }) =>
    element("button", { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": "view" }, say(key)),
  );
  const choose = async (chosen) => {
    buttons.forEach((button, place) => {
      button.setAttribute("aria-selected", String(place === chosen));
      button.tabIndex = place === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[chosen].id);
    const shown = await views[chosen].show();
    if (buttons[chosen].getAttribute("aria-selected") === "true") panel.replaceChildren(shown);
    shown.dispatchEvent(new Event("shown"));
  };
  buttons.forEach((button, place) => button.addEventListener("click", () => choose(place)));
  list.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(event.target);
    const last = buttons.length - 1;
    const to = { ArrowRight: here === last ? 0 : here + 1, ArrowLeft: here || last + 1, Home: 0, End: last };
    if (!(event.key in to)) return;
    const next = event.key === "ArrowLeft" ? (here || last + 1) - 1 : to[event.key];
    event.preventDefault();
    choose(next);
    buttons[next].focus();
  });
  list.append(...buttons);
  choose(0);
  return element("div", { class: "views" }, list, panel);
}

function table(variables, rows, said) {
  const { say } = said;
  if (!rows.length) return element("p", {}, say("no_rows"));
  const shown = rows.slice(0, SHOWN);
  const count = shown.length < rows.length ? "some_rows" : "rows";
  const given = { shown: shown.length, count: rows.length.toLocaleString(said.page.lang) };
  const head = element("tr", {}, ...variables.map((each) => element("th", { scope: "col" }, each)));
  const body = shown.map((row) =>
    element("tr", {}, ...variables.map((each) => element("td", {}, ...cell(row[each], said)))),
  );
  return element(
    "div",
    {},
    element("p", { class: "quiet" }, say(count, given)),
    element(
      "div",
      { class: "scroll", role: "region", "aria-label": say("table"), tabindex: "0" },
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)),
    ),
  );
}

/** Show a term with its language or datatype. */
function cell(term, { labels, page }) {
  if (!term) return [];
  if (term.type === "uri") return [named(term.value, labels, page)];
  if (term.type === "bnode") return [element("span", { title: term.value }, `_:${term.value.slice(0, 8)}`)];
  if (term.type === "triple") return [JSON.stringify(term.value)];
  const lang = term["xml:lang"];
  const text = element("span", lang ? { lang } : {}, term.value);
  const kind = lang ?? term.datatype?.replace("http://www.w3.org/2001/XMLSchema#", "xsd:");
  if (!kind) return [text];
  return [text, " ", element("small", { class: "tongue", title: term.datatype ?? "" }, kind)];
}

/** Ask for the names of the things in an answer: in the page's language, else in another. */
async function labelsOf(terms, page) {
  const iris = new Set(terms.filter((it) => it.type === "uri").map((it) => it.value));
  const asked = [...iris].filter((iri) => !/[<>"{}|^`\\\s]/.test(iri)).slice(0, NAMED);
  const labels = new Map();
  if (!asked.length) return labels;
  const query = `PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?label {
  VALUES ?thing { ${asked.map((iri) => `<${iri}>`).join(" ")} }
  ?thing rdfs:label|skos:prefLabel ?label .
}`;
  const headers = { Accept: "application/sparql-results+json" };
  const body = new URLSearchParams({ query });
  const response = await fetch(page.endpoint, { method: "POST", body, headers });
  if (!response.ok) return labels; // the IRIs themselves say enough
  for (const { thing, label } of (await response.json()).results.bindings) {
    const lang = label["xml:lang"] ?? "";
    if (!labels.has(thing.value) || lang === page.lang) {
      labels.set(thing.value, { text: label.value, lang });
    }
  }
  return labels;
}

function source(text) {
  return element("pre", { tabindex: "0" }, element("code", {}, text));
}

function downloads(query, graph, page, say) {
  const formats = graph
    ? ["turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"]
    : ["csv", "tsv", "json", "xml"];
  const links = formats.flatMap((format) => [
    " ",
    element("a", { href: `${page.endpoint}?${new URLSearchParams({ query, format })}` }, format),
  ]);
  return element("p", { class: "links" }, say("download"), ...links);
}

const TERM = /<([^>]*)>|_:(\S+)|"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?/g;
const ESCAPED = { t: "\t", n: "\n", r: "\r", b: "\b", f: "\f" };

/** Read N-Triples, in the terms of SPARQL's results in JSON. */
function read(text) {
  return text.split("\n").filter(Boolean).map((line) => {
    return [...line.matchAll(TERM)].slice(0, 3).map(([, iri, blank, literal, lang, datatype]) => {
      if (iri !== undefined) return { type: "uri", value: plain(iri) };
      if (blank !== undefined) return { type: "bnode", value: blank };
      return { type: "literal", value: plain(literal), "xml:lang": lang, datatype };
    });
  });
}

function plain(text) {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, four, eight, one) =>
    one ? (ESCAPED[one] ?? one) : String.fromCodePoint(parseInt(four ?? eight, 16)),
  );
}
