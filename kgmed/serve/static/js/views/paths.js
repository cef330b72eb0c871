// Paths between two concepts: as lines to read, and as a graph.

import * as api from "../api.js";
import { announce, fill, h, paged } from "../dom.js";
import { evidence } from "../graph.js";
import { isSymmetric, predicate, t } from "../i18n.js";
import { learn, limit, trainedModel } from "../known.js";
import { picker } from "../picker.js";
import { problemOf, state } from "../problems.js";
import { go, href, register } from "../router.js";
import { conceptLink, openStatement, plainSentence, sourceLine } from "../statement.js";

const USUAL_HOPS = 3;
const SHOWN_HOPS = 9;  // as long as the server hasn't said how many may be

/** A path in a card: concepts joined by statements, each of which opens. */
export function pathRow(path, n) {
  const first = path.steps[0];
  const start = first.direction === "out" ? first.statement.subject : first.statement.object;
  const parts = [h("li", { class: "node" }, conceptLink(start))];
  path.steps.forEach((step, k) => {
    const out = step.direction === "out";
    const one = step.statement;
    const same = isSymmetric(one.predicate);
    parts.push(h("li", { class: "step" }, h("span", { "aria-hidden": "true" }, out || same ? "—" : "←"), out || same ? null : h("span", { class: "unseen" }, t("against_way")), predicate(one.predicate),
      h("button", { class: "cite", type: "button", "aria-label": t("cite", k + 1, plainSentence(one)), title: `${plainSentence(one)} (${sourceLine(one)})`, onclick: (event) => openStatement(one.id, event.currentTarget, one) }, k + 1),
      h("span", { "aria-hidden": "true" }, out && !same ? "→" : "—")));
    parts.push(h("li", { class: "node" }, conceptLink(out ? one.object : one.subject)));
  });
  const sources = [...new Set(path.steps.map((step) => sourceLine(step.statement)))].join(", ");
  return h("li", { class: "card" }, h("div", { class: "head small soft" }, t("path_n", n + 1), " · ", sources, path.curated ? ` · ${t("curated", path.curated.split("|")[0])}` : ""), h("ol", { class: "path" }, parts));
}

register("paths", ({ query, signal }) => {
  const start = query.get("start") ?? "";
  const end = query.get("end") ?? "";
  const most = limit("hops");
  const hops = Math.min(Math.max(Math.floor(Number(query.get("hops"))) || USUAL_HOPS, 1), most ?? SHOWN_HOPS);
  const rank = query.get("rank") === "learned" ? "learned" : null;
  document.title = `${start && end ? `${start} → ${end}` : t("paths")} · kgmed`;
  const left = picker(t("start"), start);
  const right = picker(t("end"), end);
  const steps = h("select", { id: "hops" }, Array.from({ length: most ?? Math.max(hops, USUAL_HOPS) }, (_, n) => h("option", { value: n + 1, selected: n + 1 === hops }, n + 1)));
  const order = trainedModel() ? h("select", { id: "rank" }, h("option", { value: "" }, t("order_default")), h("option", { value: "learned", selected: rank === "learned" }, t("order_learned", trainedModel()))) : null;
  const form = h("form", {
    class: "row", onsubmit: (event) => {
      event.preventDefault();
      const empty = [left, right].find((one) => !one.value);
      if (empty) empty.input.focus();
      else go(href("paths", { start: left.value, end: right.value, hops: steps.value, rank: order?.value }));
    },
  }, h("div", { class: "grow" }, left.box), h("div", { class: "grow" }, right.box), h("div", {}, h("label", { for: "hops" }, t("hops")), steps),
  order && h("div", {}, h("label", { for: "rank" }, t("order")), order),
  h("button", { class: "button main" }, t("find")));
  const place = h("div", {});
  fill(document.getElementById("main"), h("h1", { tabindex: "-1" }, t("paths_title")), form, place);
  if (!start || !end) {
    fill(place, h("h2", {}, t("examples")), h("ul", { class: "examples" }, [["Warfarin", "VKORC1"], ["Metformin", "type 2 diabetes mellitus"], ["华法林", "肺栓塞"]].map(([a, b]) => h("li", {}, h("a", { href: href("paths", { start: a, end: b, hops: most ?? USUAL_HOPS }) }, `${a} → ${b}`)))));
    return;
  }
  find(place, { start, end, hops, rank }, signal);
});

async function find(place, asked, signal) {
  fill(place, h("p", { class: "busy" }, t("finding")));
  try {
    const found = await api.paths({ ...asked, limit: 20 }, { signal });
    learn(found.concepts);
    if (!found.paths.length) {
      fill(place, state(t("no_path"), h("p", {}, t("no_path_about", found.hops))));
      announce(t("no_path"));
      return;
    }
    const box = h("ol", { class: "cards" });
    const more = paged(found.paths, 5, pathRow, box, (n, rest) => t("more", n, rest));
    const statements = [...new Map(found.paths.flatMap((path) => path.steps).map((step) => [step.statement.id, step.statement])).values()];
    fill(place, h("h2", {}, conceptLink(found.start), " → ", conceptLink(found.end)), box, more && h("p", {}, more), h("h2", {}, t("evidence")), evidence(statements, { signal, first: 60, line: true }));
    announce(`${found.paths.length} ${t("paths")}`);
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => find(place, asked, signal)));
  }
}
