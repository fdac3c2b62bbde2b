// A column of numbers as bars.
import { drawn, element } from "./page.js";

const MOST = 60;
const NUMBER = /#(integer|decimal|double|float|long|int|short|nonNegativeInteger|positiveInteger)$/;

/** Give the variables whose values are all numbers. */
export function numbersOf(variables, rows) {
  return variables.filter((name) => {
    const terms = rows.map((row) => row[name]).filter(Boolean);
    return terms.length > 0 && terms.every((it) => NUMBER.test(it.datatype ?? ""));
  });
}

/** Draw the numbers of one variable, with what the row is about beside each. */
export function drawChart(variables, rows, numbers, { labels, page, say }) {
  const about = subject(variables, rows, numbers, page) ?? variables[0];
  const place = element("div", { class: "chart" });
  const choice = element("select", { id: "chart-of" }, ...numbers.map((it) => element("option", {}, it)));
  const draw = () => {
    const shown = rows.filter((row) => row[choice.value]).slice(0, MOST);
    const bars = shown.map((row) => ({
      name: labels.get(row[about]?.value)?.text ?? row[about]?.value ?? "",
      text: Number(row[choice.value].value).toLocaleString(page.lang),
      value: Number(row[choice.value].value),
    }));
    const width = Math.max(280, place.clientWidth || 640);
    place.replaceChildren(picture(bars, width, say("chart_of", { name: choice.value })));
  };
  choice.addEventListener("change", draw);
  const made = element(
    "div",
    {},
    element("p", {}, element("label", { for: "chart-of" }, say("values")), choice),
    place,
    element("p", { class: "quiet" }, say("chart_note", { most: MOST })),
  );
  made.addEventListener("shown", draw);
  return made;
}

/** Give the variable that tells what a row is about: the first, but in the page's language. */
function subject(variables, rows, numbers, page) {
  const others = variables.filter((name) => !numbers.includes(name));
  const foreign = (term) => term?.["xml:lang"] && term["xml:lang"] !== page.lang;
  return others.find((name) => !rows.some((row) => foreign(row[name]))) ?? others[0];
}

/** Draw bars, each with its name above it: so that a name of any length is read on a phone too. */
function picture(bars, width, title) {
  const [least, most] = [Math.min(0, ...bars.map((it) => it.value)), Math.max(0, ...bars.map((it) => it.value))];
  const room = width - 120;
  const at = (value) => ((value - least) / (most - least || 1)) * room;
  const rows = bars.flatMap(({ name, text, value }, place) => {
    const top = place * 48;
    const [from, to] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
    return [
      drawn("text", { x: 0, y: top + 16 }, name),
      drawn("rect", { x: from, y: top + 22, width: Math.max(to - from, 1), height: 16, class: "bar" }),
      drawn("text", { x: to + 6, y: top + 35 }, text),
    ];
  });
  const height = bars.length * 48;
  const attributes = { role: "img", viewBox: `0 0 ${width} ${height}`, width, height };
  return drawn("svg", attributes, drawn("title", {}, title), ...rows);
}
