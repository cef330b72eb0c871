// The smaller views: a statement on its own, the graph of chosen concepts, what the graph is.

import * as api from "../api.js";
import { add, fill, h } from "../dom.js";
import { evidence } from "../graph.js";
import { category, number, predicate, t } from "../i18n.js";
import { learn, nameOf } from "../known.js";
import { picker } from "../picker.js";
import { problemOf, state } from "../problems.js";
import { go, href, register } from "../router.js";
import { facts, licenceLink, plainSentence, sentence, severityOf } from "../statement.js";

const main = () => document.getElementById("main");
const FIRST = 25;

register("statement", async ({ query, signal }) => {
  const id = query.get("id") ?? "";
  fill(main(), h("h1", { tabindex: "-1" }, t("statement_title")), h("p", { class: "busy" }, t("loading")));
  try {
    const { statement, concepts } = await api.statement(id, { signal });
    learn(concepts);
    document.title = `${plainSentence(statement)} · kgmed`;
    fill(main(), h("h1", { tabindex: "-1" }, sentence(statement)), severityOf(statement.qualifiers), statement.negated ? h("p", {}, t("negated")) : null, facts(statement), statement.object ? evidence([statement], { signal }) : null);
  } catch (error) {
    if (error.name !== "AbortError") fill(main(), h("h1", { tabindex: "-1" }, t("statement_title")), problemOf(error, () => go(href("statement", { id }), { replace: true })));
  }
});

register("graph", async ({ query, signal }) => {
  const ids = query.getAll("id").filter(Boolean).slice(0, 8);
  document.title = `${t("graph_title")} · kgmed`;
  const field = picker(t("graph_add"), "", (id) => go(href("graph", { id: [...new Set([...ids, id])] })));
  const form = h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); if (field.value) go(href("graph", { id: [...new Set([...ids, field.value])] })); else field.input.focus(); } }, h("div", { class: "grow" }, field.box), h("button", { class: "button main" }, t("add")));
  const place = h("div", {});
  fill(main(), h("h1", { tabindex: "-1" }, t("graph_title")), form, place);
  if (!ids.length) {
    add(place, state(t("empty_graph"), h("p", {}, t("empty_graph_about"))), h("ul", { class: "examples" }, [["drugbank:DB00682"], ["umls:C0034065"]].map((one) => h("li", {}, h("a", { href: href("graph", { id: one }) }, one.join(" + "))))));
    return;
  }
  fill(place, h("p", { class: "busy" }, t("loading")));
  try {
    const statements = new Map();
    for (const id of ids) {
      const found = await api.statements(await resolved(id, signal), { limit: FIRST }, { signal });
      learn(found.concepts);
      for (const one of found.rows) if (one.object) statements.set(one.id, one);
    }
    document.title = `${ids.map((id) => nameOf(id) ?? id).join(", ")} · kgmed`;
    if (statements.size) fill(place, evidence([...statements.values()], { signal, first: 200 }));
    else fill(place, state(t("empty_graph"), h("p", {}, t("no_statements"))));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => go(href("graph", { id: ids }), { replace: true })));
  }
});

/** An id for what was typed: an id stays, a name becomes that of the first concept found by it. */
async function resolved(text, signal) {
  if (/^[^\s:]+:\S+$/.test(text)) return text;
  const { hits } = await api.search({ q: text, limit: 1 }, { signal });
  return hits[0]?.id ?? text;
}

register("about", async ({ signal }) => {
  document.title = `${t("about_title")} · kgmed`;
  fill(main(), h("h1", { tabindex: "-1" }, t("about_title")), h("p", { class: "busy" }, t("loading")));
  try {
    const { info } = await api.info({});
    if (signal.aborted) return;
    const facts = [["uri", info.uri], ["hash", h("span", { class: "id" }, info.snapshot)], ["created", info.created], ["about_concepts", number(info.concepts)], ["about_names", number(info.names)], ["about_statements", number(info.statements + info.values)], ["about_mappings", number(info.mappings)], ["about_paths", number(info.paths)], ["overlay", info.overlay && JSON.stringify(info.overlay)]];
    const counts = (title, rows, word) => h("details", {}, h("summary", {}, title, h("span", { class: "n" }, number(Object.keys(rows).length))), h("div", { class: "inside" }, h("table", {}, h("tbody", {}, Object.entries(rows).map(([one, n]) => h("tr", {}, h("td", {}, word(one)), h("td", { class: "n" }, number(n))))))));
    fill(main(), h("h1", { tabindex: "-1" }, t("about_title")), h("dl", { class: "facts" }, facts.filter(([, value]) => value).map(([one, value]) => [h("dt", {}, t(one)), h("dd", {}, value)])),
      h("h2", {}, t("sources")), h("ul", { class: "cards" }, info.sources.map((one) => h("li", { class: "card" }, h("div", { class: "head" }, h("b", {}, one.name), h("span", { class: "soft small" }, one.release), h("span", { class: "chip" }, licenceLink(one.licence))), h("p", { class: "small soft" }, one.attribution), h("p", { class: "small" }, `${t("about_statements")}: ${number(one.statements)} · ${t("about_concepts")}: ${number(one.concepts)}`)))),
      h("h2", {}, t("by_licence")), h("table", {}, h("tbody", {}, Object.entries(info.licences).map(([one, n]) => h("tr", {}, h("td", {}, licenceLink(one)), h("td", { class: "n" }, number(n)))))),
      h("h2", {}, t("statements")), counts(t("by_predicate"), info.predicates, predicate), counts(t("by_category"), info.categories, category),
      h("h2", {}, t("libraries")), h("p", {}, h("a", { href: "/static/vendor/cytoscape/LICENSE", target: "_blank", rel: "noreferrer" }, "Cytoscape.js 3.34.4"), ` ${t("library_about")}`));
  } catch (error) {
    if (error.name !== "AbortError") fill(main(), h("h1", { tabindex: "-1" }, t("about_title")), problemOf(error, () => go(href("about"), { replace: true })));
  }
});

register("lost", () => {
  fill(main(), h("h1", { tabindex: "-1" }, t("lost")), h("p", {}, t("lost_about")), h("p", {}, h("a", { href: "/?view=ask" }, t("ask"))));
});
