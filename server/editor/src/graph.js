// A graph of at most `MOST` things; the list of all its statements stands beside it.
import cytoscape from "cytoscape";

import { addressOf, element, shortened } from "./page.js";

const MOST = 100;
const STYLE_OF_CYTOSCAPE = "__________cytoscape_stylesheet";

/** Draw the things of a graph that have the most links, and the links between them. */
export function drawGraph(triples, { labels, page, say }) {
  const links = triples.filter(([, , object]) => object.type !== "literal");
  const degree = new Map();
  for (const [subject, , object] of links) {
    for (const { value } of [subject, object]) degree.set(value, (degree.get(value) ?? 0) + 1);
  }
  for (const [subject] of triples) if (!degree.has(subject.value)) degree.set(subject.value, 0);
  const drawn = new Set([...degree].sort((a, b) => b[1] - a[1]).slice(0, MOST).map(([name]) => name));
  const name = (value) => labels.get(value)?.text ?? shortened(value).split(/[/#]/).pop().slice(0, 40);
  const nodes = [...drawn].map((id) => ({ data: { id, label: name(id) } }));
  const edges = links
    .filter(([subject, , object]) => drawn.has(subject.value) && drawn.has(object.value))
    .map(([subject, predicate, object], place) => ({
      data: { id: `edge-${place}`, source: subject.value, target: object.value, label: name(predicate.value) },
    }));
  const canvas = element("div", { class: "graph", role: "img", "aria-label": say("graph_of") });
  const said = say("graph_note", { shown: drawn.size, count: degree.size });
  const made = element("figure", {}, canvas, element("figcaption", {}, said));
  whenShown(canvas, () => draw(canvas, [...nodes, ...edges], page, say));
  return made;
}

function whenShown(canvas, then) {
  const watch = new ResizeObserver(() => {
    if (canvas.clientWidth) {
      watch.disconnect();
      then();
    }
  });
  watch.observe(canvas);
}

function draw(canvas, elements, page, say) {
  // Cytoscape adds a <style> for its container unless it finds its own: the page's
  // Content-Security-Policy forbids that, and query.css has the rule.
  if (!document.getElementById(STYLE_OF_CYTOSCAPE)) {
    document.head.append(element("meta", { id: STYLE_OF_CYTOSCAPE }));
  }
  const colour = (name) => {
    canvas.style.color = `var(--${name})`;
    return getComputedStyle(canvas).color;
  };
  const [ink, line, accent, paper] = ["ink", "quiet", "accent", "paper"].map(colour);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const graph = cytoscape({
    container: canvas,
    elements,
    layout: { name: "cose", animate: false, padding: 20, nodeRepulsion: () => 60000, idealEdgeLength: () => 90 },
    style: [
      { selector: "node", style: { label: "data(label)", color: ink, "background-color": accent, width: 14, height: 14, "font-size": 12, "text-wrap": "ellipsis", "text-max-width": 140, "text-valign": "bottom", "text-margin-y": 4, "text-background-color": paper, "text-background-opacity": 0.8 } },
      { selector: "edge", style: { label: "data(label)", color: line, "line-color": line, width: 1, "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": line, "arrow-scale": 0.8, "font-size": 10, "min-zoomed-font-size": 9, "text-rotation": "autorotate", "text-background-color": paper, "text-background-opacity": 0.8 } },
    ],
    minZoom: 0.2,
    maxZoom: 3,
    userZoomingEnabled: false, // the wheel scrolls the page
    autoungrabify: still,
  });
  const zoom = (by) => graph.zoom({ level: graph.zoom() * by, renderedPosition: middle(canvas) });
  const buttons = [["+", "closer", 1.4], ["−", "farther", 1 / 1.4]].map(([sign, key, by]) => {
    const button = element("button", { type: "button", class: "plain", "aria-label": say(key) }, sign);
    button.addEventListener("click", () => zoom(by));
    return button;
  });
  canvas.after(element("p", { class: "zoom" }, ...buttons));
  graph.on("tap", "node", (event) => {
    const there = addressOf(event.target.id(), page);
    if (there) location.assign(there);
  });
}

function middle(canvas) {
  return { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 };
}
