// What is offered while one writes: the dataset's prefixes, classes and properties, with how often
// each class has which; keywords, and the variables of the query.
import { snippetCompletion } from "@codemirror/autocomplete";

const KEYWORDS = (
  "SELECT DISTINCT WHERE FILTER OPTIONAL UNION MINUS GRAPH BIND VALUES CONSTRUCT DESCRIBE ASK " +
  "PREFIX FROM NAMED LIMIT OFFSET COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT LANG STR BOUND IF " +
  "COALESCE REGEX CONTAINS STRSTARTS STRENDS STRLEN LCASE UCASE REPLACE DATATYPE YEAR MONTH"
).split(" ");
const PHRASES = ["ORDER BY", "GROUP BY", "FILTER NOT EXISTS", "FILTER EXISTS"];
const LOCAL = /^[\w-]+(?:\.[\w-]+)*$/;
const MOST = 60;

/** Give the source of completions; what the dataset has is fetched when it is first needed. */
export function completing(page, address) {
  let fetched;
  return async (context) => {
    const word = context.matchBefore(/[?$]?[\p{L}\p{N}_・-]*:?[\p{L}\p{N}_.・-]*/u);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    if (/^["'<]/.test(context.state.sliceDoc(word.from - 1, word.from))) return null;
    const text = context.state.doc.toString();
    if (/^[?$]/.test(word.text)) return offer(word, variables(text, word));
    fetched ??= load(address);
    const known = await fetched;
    const before = text.slice(0, word.from);
    if (/\bPREFIX\s+$/i.test(before)) return offer(word, prefixes(known, word.text));
    return offer(word, [
      ...terms(known, page, word.text, before, text),
      ...keywords(word.text),
    ]);
  };
}

function offer(word, options) {
  // Names are found by their labels too, which the editor's own filter does not see.
  return options.length ? { from: word.from, options: options.slice(0, MOST), filter: false } : null;
}

async function load(address) {
  const none = { prefixes: {}, classes: [], properties: [] };
  try {
    const response = await fetch(address);
    const said = response.ok ? await response.json() : none;
    const namespaces = Object.entries(said.prefixes).sort((a, b) => b[1].length - a[1].length);
    const short = (it) => ({ ...it, name: compact(it.iri, namespaces) });
    return { ...said, classes: said.classes.map(short), properties: said.properties.map(short) };
  } catch {
    return none;
  }
}

function compact(iri, namespaces) {
  for (const [prefix, namespace] of namespaces) {
    const local = iri.startsWith(namespace) ? iri.slice(namespace.length) : "";
    if (LOCAL.test(local)) return `${prefix}:${local}`;
  }
  return `<${iri}>`;
}

function variables(text, word) {
  const here = word.text.toLowerCase();
  const found = new Set([...text.matchAll(/[?$]\w+/g)].map(([name]) => name));
  found.delete(word.text);
  return [...found]
    .filter((name) => name.toLowerCase().startsWith(here))
    .map((label) => ({ label, type: "variable" }));
}

function prefixes(known, typed) {
  return Object.entries(known.prefixes)
    .filter(([prefix]) => prefix.startsWith(typed.replace(/:$/, "")))
    .sort()
    .map(([prefix, namespace]) => ({
      label: `${prefix}:`,
      detail: namespace,
      type: "namespace",
      apply: `${prefix}: <${namespace}>`,
    }));
}

function keywords(typed) {
  if (!typed || typed.includes(":")) return [];
  const start = typed.toUpperCase();
  return [...KEYWORDS, ...PHRASES]
    .filter((each) => each.startsWith(start))
    .map((label) => snippetCompletion(label, { label, type: "keyword" }));
}

function terms(known, page, typed, before, text) {
  const wanted = typed.normalize("NFKC").toLowerCase();
  const asClass = /\b(?:a|rdf:type)\s+$/.test(before) || /[^\w]a\s+$/.test(before);
  const of = classesOf(subject(before), text, known);
  const ranked = [];
  for (const it of known.classes) {
    const rank = matching(it, wanted);
    if (rank) ranked.push({ it, rank: rank + (asClass ? 10 : 0), count: it.count, type: "class" });
  }
  for (const it of asClass ? [] : known.properties) {
    const rank = matching(it, wanted);
    const counts = it.of.filter(([place]) => !of.size || of.has(place)).map(([, count]) => count);
    const uses = Math.max(0, ...counts);
    const fits = of.size && uses ? 5 : 0;
    if (rank) ranked.push({ it, rank: rank + 1 + fits, count: uses, type: "property" });
  }
  ranked.sort((a, b) => b.rank - a.rank || b.count - a.count || (a.it.name < b.it.name ? -1 : 1));
  return ranked.map(({ it, type }) => ({
    label: it.name,
    detail: it[page.lang] ?? it.en ?? it.ja ?? "",
    type,
    apply: (view, _completion, from, to) => insert(view, it.name, from, to, known),
  }));
}

/** Tell how well a term fits what is typed: by its name first, then by its label in a language. */
function matching(it, wanted) {
  const name = it.name.toLowerCase();
  if (!wanted || name.startsWith(wanted)) return 4;
  if (name.split(":").pop().startsWith(wanted)) return 3;
  if (wanted.includes(":")) return 0;
  const labels = [it.ja, it.en].filter(Boolean).map((each) => each.normalize("NFKC").toLowerCase());
  if (labels.some((each) => each.startsWith(wanted))) return 2;
  return name.includes(wanted) || labels.some((each) => each.includes(wanted)) ? 1 : 0;
}

/** Give the subject of the triple that is being written. */
function subject(before) {
  const statement = before.replace(/<[^>]*>|"[^"]*"|#.*$/gm, "_").split(/[{}]|\.\s/).pop();
  return /^\s*(\?\w+)/.exec(statement)?.[1];
}

/** Give the places of the classes that the query says the subject has. */
function classesOf(variable, text, known) {
  const found = new Set();
  if (!variable) return found;
  for (const [, name, class_] of text.matchAll(/(\?\w+)\s+(?:a|rdf:type)\s+([\w-]+:[\w-]+)/g)) {
    const place = known.classes.findIndex((it) => it.name === class_);
    if (name === variable && place >= 0) found.add(place);
  }
  return found;
}

/** Write a name, and declare its prefix when the query does not. */
function insert(view, name, from, to, known) {
  const prefix = /^([\w-]+):/.exec(name)?.[1];
  const declared = new RegExp(`\\bPREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString());
  const declaration = `PREFIX ${prefix}: <${known.prefixes[prefix]}>\n`;
  const changes = [{ from, to, insert: name }];
  if (prefix && !declared) changes.unshift({ from: 0, insert: declaration });
  const end = from + name.length + (changes.length > 1 ? declaration.length : 0);
  view.dispatch({ changes, selection: { anchor: end }, userEvent: "input.complete" });
}
