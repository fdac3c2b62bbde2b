// Points on a grid of degrees: from a latitude and a longitude, or from WKT. No tiles from elsewhere.
import { addressOf, drawn, element } from "./page.js";

const LATITUDE = /^(?:.*_)?lat(?:itude)?$/i;
const LONGITUDE = /^(?:.*_)?(?:long|lng|lon|longitude)$/i;
const WKT = /\bPOINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)/i;
const MOST = 500;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45];

/** Give the rows that have coordinates, each with them and with what the row is about. */
export function placesOf(variables, rows) {
  const latitude = variables.find((name) => LATITUDE.test(name));
  const longitude = variables.find((name) => LONGITUDE.test(name));
  const about = variables.filter((name) => name !== latitude && name !== longitude);
  const found = rows.slice(0, MOST).map((row) => {
    const text = Object.values(row).map((it) => WKT.exec(it.value)).find(Boolean);
    const [x, y] = text
      ? [Number(text[1]), Number(text[2])]
      : [Number(row[longitude]?.value ?? NaN), Number(row[latitude]?.value ?? NaN)];
    const terms = about.map((name) => row[name]).filter((it) => it && !WKT.test(it.value));
    return { x, y, terms };
  });
  return found.filter(({ x, y }) => Math.abs(x) <= 180 && Math.abs(y) <= 90);
}

/** Draw the places, and list them beside the drawing. */
export function drawMap(places, { labels, page, say }) {
  const named = places.map(({ x, y, terms }) => {
    const thing = terms.find((it) => it.type === "uri");
    const words = terms.find((it) => it["xml:lang"] === page.lang) ?? terms.find((it) => it.type === "literal");
    const name = labels.get(thing?.value)?.text ?? words?.value ?? thing?.value ?? `${y}, ${x}`;
    return { x, y, name, there: thing && addressOf(thing.value, page) };
  });
  const list = named.map(({ x, y, name, there }) => {
    const text = there ? element("a", { href: there }, name) : name;
    return element("li", {}, text, " ", element("small", {}, `${y.toFixed(2)}, ${x.toFixed(2)}`));
  });
  return element(
    "div",
    { class: "beside" },
    element("figure", {}, picture(named, say), element("figcaption", {}, say("map_note"))),
    element("ol", { class: "places" }, ...list),
  );
}

function picture(places, say) {
  const box = bounds(places);
  const squeeze = Math.cos(((box.south + box.north) / 2) * (Math.PI / 180)) || 1;
  const scale = Math.min(600 / ((box.east - box.west) * squeeze), 600 / (box.north - box.south));
  const [width, height] = [(box.east - box.west) * squeeze * scale, (box.north - box.south) * scale];
  const left = (x) => (x - box.west) * squeeze * scale;
  const top = (y) => (box.north - y) * scale;
  const points = places.map(({ x, y, name }) =>
    drawn("circle", { cx: left(x), cy: top(y), r: 6, class: "point" }, drawn("title", {}, name)),
  );
  const attributes = { role: "img", viewBox: `-2 -2 ${width + 4} ${height + 4}`, class: "map" };
  const title = drawn("title", {}, say("map_of", { count: places.length }));
  return drawn("svg", attributes, title, ...grid(box, left, top, width, height), ...points);
}

function bounds(places) {
  const [xs, ys] = [places.map((it) => it.x), places.map((it) => it.y)];
  const margin = Math.max(0.2, (Math.max(...xs) - Math.min(...xs)) / 12, (Math.max(...ys) - Math.min(...ys)) / 12);
  return {
    west: Math.min(...xs) - margin,
    east: Math.max(...xs) + margin,
    south: Math.min(...ys) - margin,
    north: Math.max(...ys) + margin,
  };
}

function grid(box, left, top, width, height) {
  const step = STEPS.find((each) => (box.east - box.west) / each < 8) ?? 90;
  const marks = (from, to) => {
    const found = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
    return found;
  };
  const degrees = (value) => `${Number(value.toFixed(1))}°`;
  return [
    ...marks(box.west, box.east).flatMap((x) => [
      drawn("line", { x1: left(x), x2: left(x), y1: 0, y2: height, class: "grid" }),
      drawn("text", { x: left(x) + 3, y: height - 4 }, degrees(x)),
    ]),
    ...marks(box.south, box.north).flatMap((y) => [
      drawn("line", { x1: 0, x2: width, y1: top(y), y2: top(y), class: "grid" }),
      drawn("text", { x: 3, y: top(y) - 3 }, degrees(y)),
    ]),
  ];
}
