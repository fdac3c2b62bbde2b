// What the parts of the editor share: elements, words, and what an IRI is called and leads to.

const BASE = "https://w3id.org/seisaku/";
const TERMS = `${BASE}def#`;

/** Make an element with attributes and children. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Make an element of SVG. */
export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Give what says the words of the page, with what is given in their places. */
export function says(words) {
  return (key, given = {}) =>
    (words[`editor_${key}`] ?? key).replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
}

/** Give the page of a thing of the dataset, and of anything else its own IRI; null for no page. */
export function addressOf(iri, page) {
  if (iri.startsWith(TERMS)) return `${page.root}${page.lang}/ontology#${iri.slice(TERMS.length)}`;
  const found = /^(id|scheme|ont)\/.+/.exec(iri.startsWith(BASE) ? iri.slice(BASE.length) : "");
  if (found) return `${page.root}${page.lang}/${encodeURI(found[0])}`;
  return /^https?:/.test(iri) ? iri : null;
}

/** Show an IRI by its name where it has one, as a link where it leads somewhere. */
export function named(iri, labels, page) {
  const label = labels.get(iri);
  const text = label
    ? element("span", label.lang === page.lang ? {} : { lang: label.lang }, label.text)
    : shortened(iri);
  const there = addressOf(iri, page);
  return there ? element("a", { href: there, title: iri }, text) : element("span", { title: iri }, text);
}

/** Shorten an IRI for reading. */
export function shortened(iri) {
  return iri.startsWith(BASE) ? `…/${iri.slice(BASE.length)}` : iri;
}
