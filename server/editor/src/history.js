// The queries that were run here before. They stay in the browser.
import { element } from "./page.js";

const KEY = "seisaku-queries";
const MOST = 30;

/** Keep a query as the latest. */
export function keep(query) {
  const others = kept().filter((each) => each.query !== query);
  write([{ query, when: new Date().toISOString() }, ...others].slice(0, MOST));
}

/** Give the queries kept, the latest first. */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return []; // no storage, or not ours
  }
}

function write(queries) {
  try {
    localStorage.setItem(KEY, JSON.stringify(queries));
  } catch {
    // a browser that keeps nothing
  }
}

/** List the queries kept; `choose` is called with the one that is chosen. */
export function listHistory(say, choose) {
  const list = element("ol", { class: "history" });
  const clear = element("button", { type: "button", class: "plain" }, say("clear"));
  const details = element("details", {}, element("summary", {}, say("history")), list, clear);
  const update = (queries) => {
    details.hidden = queries.length === 0;
    list.replaceChildren(
      ...queries.map(({ query, when }) => {
        const button = element("button", { type: "button", class: "plain", lang: "en" }, gist(query));
        button.addEventListener("click", () => choose(query));
        const time = new Date(when).toLocaleString(document.documentElement.lang);
        return element("li", {}, button, " ", element("time", { datetime: when }, time));
      }),
    );
  };
  clear.addEventListener("click", () => {
    write([]);
    update([]);
  });
  update(kept());
  return { element: details, update };
}

/** Give what a query is about: what comes after its prefixes. */
function gist(query) {
  const text = query.replace(/^\s*(?:PREFIX|BASE)\b[^>]*>/gim, "").replace(/\s+/g, " ").trim();
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
