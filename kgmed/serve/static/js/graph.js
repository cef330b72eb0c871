// Evidence as a graph: drawn by cytoscape, with the same as a list for those who read or listen.
//
// Nodes tell their category by shape and colour, and both by word where one is chosen. All that can
// be done with a pointer can be done with keys, and from the list.

import * as api from "./api.js";
import { announce, calm, fill, h } from "./dom.js";
import { category, isSymmetric, number, predicate, t } from "./i18n.js";
import { categoryOf, learn, named, nameOf, sourceName } from "./known.js";
import { problemOf } from "./problems.js";
import { go, href } from "./router.js";
import { conceptLink, openStatement, plainSentence, sourceLine } from "./statement.js";

const MORE = 30;
const MOST_ZOOM = 1.25;  // at which few nodes are drawn
const LABELLED = 16;  // edges: beyond that their labels would hide one another
const KINDS = [
  [["Drug", "ChemicalEntity", "SmallMolecule"], "round-rectangle", "--k-drug"],
  [["DrugClass", "ChemicalRole"], "cut-rectangle", "--k-class"],
  [["Disease"], "ellipse", "--k-disease"],
  [["PhenotypicFeature"], "round-triangle", "--k-sign"],
  [["Gene", "Protein", "GeneFamily"], "hexagon", "--k-gene"],
  [["BiologicalProcess", "Pathway", "MolecularActivity"], "round-diamond", "--k-process"],
];
const OTHER = [[], "rectangle", "--k-other"];
const SIGNS = { "round-rectangle": "▬", "cut-rectangle": "▰", ellipse: "●", "round-triangle": "▲", hexagon: "⬢", "round-diamond": "◆", rectangle: "■" };
const kindOf = (one) => KINDS.find(([names]) => names.includes(one)) ?? OTHER;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let library = null;
const cytoscape = () => (library ??= import("/static/vendor/cytoscape/cytoscape.esm.min.mjs").then((found) => found.default));

/** A panel that draws statements between concepts, `first` of them at first; `line` for paths. */
export function evidence(statements, { signal, first = 40, line = false } = {}) {
  const held = new Map();
  const waiting = [...statements];
  const gone = new Set();
  const hidden = { predicate: new Set(), source: new Set() };
  let cy = null;
  let chosen = null;

  const status = h("span", { class: "chosen soft" }, t("nothing_chosen"));
  const button = (word, act, needs = false) => h("button", { class: "button", type: "button", onclick: act, disabled: needs, "data-needs": needs ? "node" : null }, t(word));
  const counted = h("span", { class: "small soft" });
  const more = h("button", { class: "button", type: "button", onclick: () => drawMore() });
  const bar = h("div", { class: "bar" }, status, button("expand", () => expand(chosen), true), button("open", () => open(chosen), true), button("remove", () => remove(chosen), true), button("layout", () => arrange()), button("fit", () => fit()));
  const canvas = h("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": t("graph_help"), onkeydown: keys });
  const shapes = h("ul", { class: "shapes" });
  const filters = h("div", {});
  const list = h("div", { class: "inside" });
  const listing = h("details", { ontoggle: () => { if (listing.open) drawList(); } }, h("summary", {}, t("as_list"), h("span", { class: "n" })), list);
  const panel = h("div", { class: "graph" }, bar, canvas, shapes, h("div", { class: "bar" }, counted, more), filters, listing);

  const isShown = (one) => !gone.has(one.subject) && !gone.has(one.object) && !hidden.predicate.has(one.predicate) && !hidden.source.has(one.primary_knowledge_source);
  const shown = () => [...held.values()].filter(isShown);

  function hold(some) {
    for (const one of some) {
      if (!one.object) continue;
      held.set(one.id, one);
    }
  }

  function elements() {
    const made = new Map();
    const visible = shown();
    for (const one of visible) {
      for (const id of [one.subject, one.object]) {
        const [, shape, tone] = kindOf(categoryOf(id));
        made.set(id, { group: "nodes", data: { id, name: short(nameOf(id) ?? id), shape, tone: colour(tone) } });
      }
    }
    for (const one of visible) made.set(`e ${one.id}`, { group: "edges", data: { id: `e ${one.id}`, source: one.subject, target: one.object, statement: one.id, name: (one.negated ? `${t("not")} ` : "") + predicate(one.predicate), line: one.negated ? "dashed" : "solid", arrow: isSymmetric(one.predicate) ? "none" : "triangle" } });
    return [...made.values()];
  }

  function style() {
    const ink = colour("--ink");
    const card = colour("--card");
    const accent = colour("--accent");
    return [
      { selector: "node", style: { shape: "data(shape)", "background-color": "data(tone)", label: "data(name)", color: ink, "font-size": 12, "font-family": "system-ui, sans-serif", width: 22, height: 22, "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": 110, "text-background-color": card, "text-background-opacity": 0.85, "text-background-padding": 2, "border-width": 1.5, "border-color": ink, "border-opacity": 0.55 } },
      { selector: "node.chosen", style: { "border-width": 4, "border-color": accent, "border-opacity": 1, "font-weight": 700, width: 28, height: 28, "z-index": 9 } },
      { selector: "edge", style: { width: 1.4, "line-color": colour("--edge"), "line-style": "data(line)", "target-arrow-color": colour("--edge"), "target-arrow-shape": "data(arrow)", "arrow-scale": 0.9, "curve-style": "bezier", "font-size": 10.5, color: colour("--soft"), "text-background-color": card, "text-background-opacity": 0.9, "text-background-padding": 2, "text-rotation": "autorotate" } },
      { selector: "edge.told", style: { label: "data(name)" } },
      { selector: "edge.near", style: { label: "data(name)", "line-color": accent, "target-arrow-color": accent, width: 2.2, color: ink, "z-index": 8 } },
    ];
  }

  function sync() {
    if (!cy) return;
    const wanted = elements();
    const ids = new Set(wanted.map((one) => one.data.id));
    const fresh = wanted.filter((one) => cy.getElementById(one.data.id).empty());
    const around = chosen && cy.getElementById(chosen).nonempty() ? cy.getElementById(chosen).position() : null;
    cy.batch(() => {
      cy.elements().forEach((one) => { if (!ids.has(one.id())) one.remove(); });
      fresh.forEach((one, n) => { if (around && one.group === "nodes") one.position = { x: around.x + 90 * Math.cos(n), y: around.y + 90 * Math.sin(n) }; });
      cy.add(fresh);
      cy.edges().toggleClass("told", cy.edges().length <= LABELLED);
    });
    if (chosen && cy.getElementById(chosen).empty()) choose(null);
    tell();
    return fresh.length;
  }

  function tell() {
    const total = held.size + waiting.length;
    counted.textContent = t("drawn", number(shown().length), number(total));
    more.hidden = !waiting.length;
    more.textContent = t("draw_more", number(Math.min(MORE, waiting.length)));
    const kinds = new Map();
    for (const one of shown()) for (const id of [one.subject, one.object]) kinds.set(kindOf(categoryOf(id)), categoryOf(id));
    fill(shapes, [...kinds].map(([[, shape], name]) => h("li", {}, h("span", { "aria-hidden": "true" }, `${SIGNS[shape]} `), category(name))));
    listing.querySelector(".n").textContent = number(shown().length);
    drawFilters();
    if (listing.open) drawList();
    bar.querySelectorAll("[data-needs]").forEach((one) => { one.disabled = !chosen; });
  }

  function drawFilters() {
    const within = document.activeElement?.closest?.(".filters") && panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const group = (kind, word, field, label) => {
      const counts = new Map();
      for (const one of held.values()) if (!gone.has(one.subject) && !gone.has(one.object)) counts.set(one[field], (counts.get(one[field]) ?? 0) + 1);
      if (counts.size < 2) return null;
      return h("fieldset", { class: "filters" }, h("legend", {}, t(word)), [...counts].sort(([, a], [, b]) => b - a).map(([one, n]) => h("label", {}, h("input", { type: "checkbox", checked: !hidden[kind].has(one), "data-key": `${kind} ${one}`, onchange: (event) => { if (event.target.checked) hidden[kind].delete(one); else hidden[kind].add(one); sync(); } }), `${label(one)} (${number(n)})`)));
    };
    fill(filters, group("predicate", "predicates", "predicate", predicate), group("source", "sources", "primary_knowledge_source", sourceName));
    if (within) [...filters.querySelectorAll("input")].find((one) => one.dataset.key === within)?.focus();
  }

  function drawList() {
    const nodes = new Map();
    for (const one of shown()) for (const id of [one.subject, one.object]) nodes.set(id, [...(nodes.get(id) ?? []), one]);
    const told = new Set();  // each statement once, at the end that has more
    const rows = [...nodes].sort(([, a], [, b]) => b.length - a.length);
    fill(list, h("ul", { class: "cards" }, rows.map(([id, at]) => h("li", {}, h("div", { class: "tools" }, conceptLink(id), h("span", { class: "soft small" }, category(categoryOf(id))), h("button", { class: "button bare", type: "button", "aria-label": `${t("expand")} ${nameOf(id) ?? id}`, onclick: () => expand(id) }, t("expand")), h("button", { class: "button bare", type: "button", "aria-label": `${t("remove")} ${nameOf(id) ?? id}`, onclick: () => remove(id) }, t("remove"))),
      h("ul", { class: "small" }, at.filter((one) => !told.has(one.id) && told.add(one.id)).map((one) => h("li", {}, h("button", { class: "cite", type: "button", "aria-label": plainSentence(one), onclick: (event) => openStatement(one.id, event.currentTarget, one) }, "§"), " ", plainSentence(one), h("span", { class: "soft" }, ` · ${sourceLine(one)}`))))))));
  }

  function choose(id) {
    chosen = id;
    cy.elements().removeClass("chosen near");
    if (id) {
      const node = cy.getElementById(id).addClass("chosen");
      node.connectedEdges().addClass("near");
      const told = t("chosen", nameOf(id) ?? id, category(categoryOf(id)), node.connectedEdges().length);
      status.textContent = told;
      announce(told);
    } else status.textContent = t("nothing_chosen");
    bar.querySelectorAll("[data-needs]").forEach((one) => { one.disabled = !chosen; });
  }

  async function expand(id) {
    if (!id) return;
    status.textContent = t("loading");
    try {
      const found = await api.statements(id, { limit: 100 }, { signal });
      learn(found.concepts);
      const fresh = found.rows.filter((one) => one.object && !held.has(one.id)).slice(0, MORE);
      fresh.forEach((one) => { gone.delete(one.subject); gone.delete(one.object); });
      hold(fresh);
      sync();
      if (fresh.length) arrange();
      if (cy && cy.getElementById(id).nonempty()) choose(id);
      const told = fresh.length ? t("added", fresh.length, nameOf(id) ?? id) : t("nothing_more", nameOf(id) ?? id);
      status.textContent = told;
      announce(told);
    } catch (error) {
      if (error.name !== "AbortError") list.before(problemOf(error));
      listing.open = listing.open || error.name !== "AbortError";
      status.textContent = t("nothing_chosen");
    }
  }

  function remove(id) {
    if (!id) return;
    gone.add(id);
    if (chosen === id) choose(null);
    sync();
    announce(t("was_removed", nameOf(id) ?? id));
  }

  const open = (id) => { if (id) go(href("concept", { id })); };
  const fit = () => cy?.animate({ fit: { padding: 30 } }, { duration: calm() ? 0 : 200 });

  function arrange() {
    if (!cy) return;
    const degrees = cy.nodes().map((node) => node.degree());
    const star = cy.edges().length > 6 && Math.max(...degrees) >= cy.edges().length * 0.9;
    const flow = { name: "breadthfirst", directed: false, spacingFactor: 1.1, padding: 30, fit: true, animate: false, transform: canvas.clientWidth > 560 ? (_node, at) => ({ x: at.y * 1.6, y: at.x }) : undefined };
    const round = { name: "concentric", concentric: (node) => node.degree(), levelWidth: () => Math.max(...degrees) / 2, minNodeSpacing: 44, padding: 30, animate: false };
    const force = { name: "cose", padding: 30, nodeRepulsion: () => 14000, idealEdgeLength: () => 95, animate: false, randomize: false, numIter: 700, nodeDimensionsIncludeLabels: true };
    cy.layout(line && cy.nodes().length < 40 ? { ...flow, roots: line ? cy.nodes().filter((node) => node.id() === statements[0].subject || node.id() === statements[0].object).slice(0, 1) : undefined } : star ? round : force).run();
    stretch();
  }

  /** Spreads the nodes over the panel, which is wider than layouts think. */
  function stretch() {
    const box = cy.nodes().boundingBox({ includeLabels: false });
    if (box.w > 1 && box.h > 1) {
      const ratio = (canvas.clientWidth / canvas.clientHeight) / (box.w / box.h);
      const [x, y] = ratio > 1 ? [Math.min(ratio, 2.4), 1] : [1, Math.min(1 / ratio, 2.4)];
      cy.nodes().positions((node) => ({ x: node.position("x") * x, y: node.position("y") * y }));
    }
    cy.fit(undefined, 30);
    if (cy.zoom() > MOST_ZOOM) {
      cy.zoom(MOST_ZOOM);
      cy.center();
    }
  }

  async function drawMore() {
    const some = waiting.splice(0, MORE);
    hold(some);
    try {
      await named(some, { signal });
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    sync();
    arrange();
  }

  function keys(event) {
    if (!cy) return;
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (ways[event.key]) choose(towards(ways[event.key]));
    else if (event.key === "Enter") expand(chosen);
    else if (event.key === "Delete" || event.key === "Backspace") remove(chosen);
    else if (event.key === "o" || event.key === "O") open(chosen);
    else if (event.key === "+" || event.key === "=") cy.zoom({ level: cy.zoom() * 1.25, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
    else if (event.key === "-") cy.zoom({ level: cy.zoom() / 1.25, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  }

  /** The nearest node in a direction; the one with most edges where none is chosen. */
  function towards([x, y]) {
    const nodes = cy.nodes();
    if (nodes.empty()) return null;
    if (!chosen) return nodes.max((node) => node.degree()).ele.id();
    const from = cy.getElementById(chosen).position();
    let best = null;
    nodes.forEach((node) => {
      const at = node.position();
      const along = (at.x - from.x) * x + (at.y - from.y) * y;
      if (along <= 1) return;
      const cost = along + 2 * Math.abs((at.x - from.x) * y + (at.y - from.y) * x);
      if (!best || cost < best.cost) best = { cost, id: node.id() };
    });
    return best?.id ?? chosen;
  }

  async function begin() {
    hold(waiting.splice(0, canvas.clientWidth < 560 ? Math.min(first, 12) : first));
    tell();
    const [made] = await Promise.all([cytoscape(), named([...held.values()], { signal }).catch(() => false)]);
    if (signal?.aborted || !canvas.isConnected) return;
    cy = made({ container: canvas, elements: elements(), style: style(), minZoom: 0.15, maxZoom: 4, userZoomingEnabled: false, autoungrabify: false, boxSelectionEnabled: false });
    canvas.cytoscape = cy;
    cy.edges().toggleClass("told", cy.edges().length <= LABELLED);
    cy.on("tap", "node", (event) => choose(event.target.id()));
    cy.on("dbltap", "node", (event) => expand(event.target.id()));
    cy.on("tap", "edge", (event) => openStatement(event.target.data("statement"), canvas, held.get(event.target.data("statement"))));
    cy.on("tap", (event) => { if (event.target === cy) choose(null); });
    cy.on("mouseover", "edge", (event) => event.target.addClass("near"));
    cy.on("mouseout", "edge", (event) => { if (!event.target.connectedNodes().hasClass("chosen")) event.target.removeClass("near"); });
    canvas.addEventListener("focus", () => cy.userZoomingEnabled(true));
    canvas.addEventListener("blur", () => cy.userZoomingEnabled(false));
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => { cy.nodes().forEach((node) => { node.data("tone", colour(kindOf(categoryOf(node.id()))[2])); }); cy.style(style()); };
    scheme.addEventListener("change", repaint);
    signal?.addEventListener("abort", () => { scheme.removeEventListener("change", repaint); cy.destroy(); cy = null; });
    tell();
    arrange();
  }

  queueMicrotask(() => begin().catch((error) => { if (error.name !== "AbortError") fill(canvas, problemOf(error)); }));
  return panel;
}

const short = (text) => (text.length > 42 ? `${text.slice(0, 40)}…` : text);
