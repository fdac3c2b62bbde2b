// The query page: an editor in place of the text field, and the answer in several views. The form
// underneath works without this file, and goes on to work when anything here fails.
import { autocompletion } from "@codemirror/autocomplete";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";
import { sparql } from "codemirror-lang-sparql";

import { completing } from "./complete.js";
import { keep, kept, listHistory } from "./history.js";
import { element, says } from "./page.js";
import { showAnswer } from "./views.js";

const form = document.querySelector("form.query");
const field = document.getElementById("query");
const result = document.getElementById("result");
const page = {
  lang: document.documentElement.lang,
  endpoint: form.dataset.sparql,
  root: form.dataset.root,
  words: JSON.parse(form.dataset.words),
};
const say = says(page.words);

const LONGEST_ADDRESS = 8000; // what a browser, a proxy and a mail all take

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.variableName, tags.definition(tags.variableName)], color: "var(--said)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--external)" },
  { tag: [tags.number, tags.bool, tags.literal], color: "var(--curated)" },
  { tag: [tags.namespace, tags.className, tags.propertyName, tags.url, tags.link], color: "var(--inferred)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

const THEME = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--field)", border: "1px solid var(--line)", borderRadius: ".5rem", fontSize: ".875rem" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", maxHeight: "36rem", minHeight: "14rem", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderInlineStartColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--quiet)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--line) 35%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--quiet)", borderRadius: ".375rem", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "18rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .6rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--paper)", backgroundColor: "var(--accent)" },
  ".cm-completionDetail": { fontFamily: "system-ui, sans-serif", fontStyle: "normal", marginInlineStart: "1em", opacity: ".85" },
  ".cm-completionMatchedText": { fontWeight: "700" },
  ".cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--external) 30%, transparent)" },
  // Its own underline is a picture in a data: address, which the page's policy forbids.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--accent)" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--field)" },
  ".cm-diagnostic-error": { borderInlineStartColor: "var(--accent)" },
});

const view = mount();
const share = element("button", { type: "button", class: "plain" }, say("share"));
const stop = element("button", { type: "button", class: "plain", hidden: "" }, say("stop"));
const told = element("span", { role: "status", class: "told" });
form.querySelector("button").after(stop, share, told);
const history_ = listHistory(say, (query) => {
  put(query);
  view.focus();
});
form.after(history_.element);

let running = new AbortController();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run({ push: true });
});
stop.addEventListener("click", () => running.abort());
share.addEventListener("click", async () => {
  const address = addressOf(text());
  try {
    await navigator.clipboard.writeText(address);
    told.textContent = say("copied");
  } catch {
    const shown = element("input", { readonly: "", value: address, "aria-label": say("share") });
    told.replaceChildren(shown);
    shown.select();
  }
});
addEventListener("popstate", (event) => {
  if (event.state?.query) {
    put(event.state.query);
    run({ push: false });
  }
});
history.replaceState({ query: text() }, "");
if (/[?&](query|question)=[^&]/.test(location.search)) run({ push: false });

/** Put the editor in the place of the text field. */
function mount() {
  const host = element("div", { class: "editor" });
  field.before(host);
  // In a shadow tree the editor's styles are adopted style sheets; in the document they would be
  // <style> elements, which the page's Content-Security-Policy forbids.
  const root = host.attachShadow({ mode: "open" });
  const editor = new EditorView({
    doc: field.value,
    root,
    parent: root,
    extensions: [
      Prec.high(keymap.of([{ key: "Mod-Enter", run: () => (form.requestSubmit(), true) }])),
      basicSetup,
      sparql(),
      autocompletion({ override: [completing(page, form.dataset.completions)] }),
      syntaxHighlighting(COLOURS),
      THEME,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        "aria-label": form.querySelector("label").textContent,
        lang: "en",
        tabindex: "0", // what it is anyway; axe-core looks for it
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) field.value = update.state.doc.toString();
      }),
    ],
  });
  field.hidden = true;
  form.querySelector("label").addEventListener("click", () => editor.focus());
  return editor;
}

function text() {
  return view.state.doc.toString();
}

function put(query) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: query } });
}

function addressOf(query) {
  const address = new URL(form.action);
  address.search = new URLSearchParams({ query });
  return address.href;
}

/** Run the query that stands in the editor and show its answer, or what is wrong with it. */
async function run({ push }) {
  running.abort();
  const own = (running = new AbortController());
  const query = text();
  stop.hidden = false;
  told.textContent = say("running");
  result.setAttribute("aria-busy", "true");
  const started = performance.now();
  try {
    const response = await ask(query, own.signal);
    const body = await response.text();
    const seconds = (performance.now() - started) / 1000;
    if (push && addressOf(query).length < LONGEST_ADDRESS) {
      history.pushState({ query }, "", addressOf(query));
    }
    if (!response.ok) return refuse(query, JSON.parse(body));
    mark([]);
    keep(query);
    history_.update(kept());
    told.textContent = say("took", { seconds: seconds.toFixed(2) });
    const type = response.headers.get("Content-Type");
    await showAnswer(result, { query, body, type, page, say });
  } catch (error) {
    if (running === own) told.textContent = say(error.name === "AbortError" ? "stopped" : "failed");
    if (error.name !== "AbortError") console.warn(error);
  } finally {
    if (running === own) {
      stop.hidden = true;
      result.removeAttribute("aria-busy");
    }
  }
}

function ask(query, signal) {
  const headers = {
    Accept: "application/sparql-results+json, application/n-triples, application/problem+json",
    "Accept-Language": page.lang,
  };
  const given = new URLSearchParams({ query });
  return query.length < LONGEST_ADDRESS / 2
    ? fetch(`${page.endpoint}?${given}`, { headers, signal })
    : fetch(page.endpoint, { method: "POST", body: given, headers, signal });
}

/** Say what the server says of the query, and mark the place. */
function refuse(query, problem) {
  told.textContent = "";
  const place = problem.line
    ? [element("strong", {}, say("place", { line: problem.line, column: problem.column })), " "]
    : [];
  result.replaceChildren(
    element(
      "section",
      { class: "error", role: "alert" },
      element("h2", {}, problem.title),
      element("p", {}, ...place, problem.detail),
    ),
  );
  mark(problem.line ? [{ ...span(problem), severity: "error", message: problem.detail }] : []);
}

function mark(diagnostics) {
  view.dispatch(setDiagnostics(view.state, diagnostics));
  if (diagnostics.length) {
    view.dispatch({ selection: { anchor: diagnostics[0].from }, scrollIntoView: true });
  }
}

/** Give the place that a problem tells. The server counts characters, the editor UTF-16 units. */
function span({ line, column, token }) {
  const doc = view.state.doc;
  const at = doc.line(Math.min(line, doc.lines));
  const before = [...at.text].slice(0, column - 1).join("").length;
  const from = Math.min(at.from + before, doc.length);
  return { from, to: Math.min(from + (token?.length || 1), doc.length) };
}
