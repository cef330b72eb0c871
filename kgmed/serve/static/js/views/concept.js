// A concept: its names, why its ids are one, its statements by predicate. And the search for one.

import * as api from "../api.js";
import { announce, fill, h, paged } from "../dom.js";
import { category, isSymmetric, language, nameIn, number, predicate, t } from "../i18n.js";
import { learn, nameOf, sourceName } from "../known.js";
import { picker } from "../picker.js";
import { problemOf, state } from "../problems.js";
import { go, href, register } from "../router.js";
import { Citations, conceptLink, severityOf, sourceLine, valueText } from "../statement.js";

const PAGE = 50;

function searchForm(value = "") {
  const field = picker(t("search_label"), value, (id) => go(href("concept", { id })));
  return h("form", { class: "row", role: "search", onsubmit: (event) => {
    event.preventDefault();
    if (field.value) go(href("search", { q: field.value }));
    else field.input.focus();
  } }, h("div", { class: "grow" }, field.box), h("button", { class: "button main" }, t("search_button")));
}

register("search", async ({ query, signal }) => {
  const text = query.get("q") ?? "";
  document.title = `${text || t("search_title")} · kgmed`;
  const place = h("div", {});
  fill(document.getElementById("main"), h("h1", { tabindex: "-1" }, t("search_title")), searchForm(text), place);
  try {
    if (!text) {
      const { info } = await api.info({});
      fill(place, h("p", { class: "soft" }, t("search_about", number(info.concepts), number(info.names))), h("ul", { class: "examples" }, ["Warfarin", "PTGS2", "肺栓塞", "drugbank:DB00945"].map((one) => h("li", {}, h("a", { href: href("search", { q: one }) }, one)))));
      return;
    }
    fill(place, h("p", { class: "busy" }, t("loading")));
    const { hits } = await api.search({ q: text, lang: language(), limit: 50 }, { signal });
    announce(t("hits", hits.length));
    if (!hits.length) fill(place, state(t("no_hits"), h("p", {}, t("no_hits_about", text))));
    else fill(place, h("table", {}, h("caption", {}, t("hits", number(hits.length))), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("name")), h("th", { scope: "col" }, t("category")), h("th", { scope: "col", class: "n" }, t("statements")))),
      h("tbody", {}, hits.map((hit) => h("tr", {}, h("td", {}, conceptLink(hit.id, hit.name), hit.match.toLowerCase() === hit.name.toLowerCase() ? null : h("span", { class: "soft small" }, ` ${hit.match}`)), h("td", {}, category(hit.category)), h("td", { class: "n" }, number(hit.statements)))))));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => go(href("search", { q: text }), { replace: true })));
  }
});

register("concept", async ({ query, signal }) => {
  const id = query.get("id") ?? "";
  const main = document.getElementById("main");
  fill(main, searchForm(), h("h1", { tabindex: "-1" }, id), h("p", { class: "busy" }, t("loading")));
  try {
    const found = await api.concept(id, { signal });
    learn({ it: found.concept });
    show(main, found, query, signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    document.title = `${id} · kgmed`;
    fill(main, searchForm(), h("h1", { tabindex: "-1" }, id), problemOf(error, () => go(href("concept", { id }), { replace: true })));
  }
});

function show(main, found, query, signal) {
  const { concept } = found;
  const name = nameIn(concept.names, concept.id);
  const others = Object.entries(concept.names).filter(([, text]) => text !== name);
  document.title = `${name} · kgmed`;
  fill(main, searchForm(), h("h1", { tabindex: "-1" }, name, others.length ? h("span", { class: "soft" }, others.map(([lang, text]) => [" ", h("span", { lang: lang === "zh" ? "zh-CN" : lang }, text)])) : null),
    h("ul", { class: "meta" }, concept.categories.map((one) => h("li", {}, h("b", {}, category(one)))), h("li", { class: "id" }, concept.id), h("li", {}, t("statements_n", number(found.statements))), h("li", {}, found.sources.map(sourceName).join(", "))),
    h("p", { class: "tools" }, h("a", { class: "button", href: href("graph", { id: concept.id }) }, t("draw")), h("a", { class: "button", href: href("paths", { start: concept.id }) }, t("paths_from"))),
    h("h2", {}, t("statements")), statements(found, query, signal), names(found), mappings(found, signal),
    found.withheld.map((one) => h("p", { class: "soft" }, t("withheld", number(one.statements), one.source, one.licence))));
}

function statements(found, query, signal) {
  if (!found.counts.length) return h("p", { class: "soft" }, t("no_statements"));
  const wanted = query.get("predicate");
  const edges = found.sources.length > 1 ? h("select", { "aria-label": t("source"), onchange: () => draw() }, h("option", { value: "" }, t("all_sources")), found.sources.map((one) => h("option", { value: one }, sourceName(one)))) : null;
  const place = h("div", {});
  const draw = () => fill(place, bothWays(found.counts).map((count) => group(found.concept.id, count, edges?.value ?? "", signal, wanted === count.predicate)));
  draw();
  return [found.counted ? null : h("p", { class: "soft small" }, t("first_counted")), edges && h("p", {}, edges), place];
}

/** The counts with both directions of a symmetric predicate as one. */
function bothWays(counts) {
  const made = new Map();
  for (const one of counts) {
    const key = isSymmetric(one.predicate) ? one.predicate : `${one.direction} ${one.predicate}`;
    const held = made.get(key);
    made.set(key, held ? { ...held, direction: "both", statements: held.statements + one.statements } : one);
  }
  return [...made.values()];
}

function group(id, count, source, signal, open) {
  const inside = h("div", { class: "inside" });
  const words = t(count.direction === "in" && !isSymmetric(count.predicate) ? "as_object" : "as_subject", predicate(count.predicate));
  let begun = false;
  const made = h("details", { open, "data-predicate": count.predicate, ontoggle: () => { if (made.open && !begun) { begun = true; page(inside, id, count, source, null, signal); } } }, h("summary", {}, words, h("span", { class: "n" }, number(count.statements))), inside);
  return made;
}

async function page(inside, id, count, source, cursor, signal) {
  const waiting = h("p", { class: "busy" }, t("loading"));
  inside.append(waiting);
  try {
    const found = await api.statements(id, { predicate: count.predicate, direction: count.direction, source, limit: PAGE, cursor }, { signal });
    learn(found.concepts);
    waiting.remove();
    const citations = new Citations(Object.fromEntries(found.rows.map((one) => [one.id, one])));
    const start = inside.querySelectorAll("tbody tr").length;
    let body = inside.querySelector("tbody");
    if (!body) {
      body = h("tbody", {});
      inside.append(h("table", {}, h("thead", {}, h("tr", {}, [["name"], ["qualifiers"], ["statement"], ["source", "wide-only"]].map(([one, kind]) => h("th", { scope: "col", class: kind }, t(one))))), body));
    }
    found.rows.forEach((one, n) => {
      const other = one.subject === found.id ? one.object : one.subject;
      const button = citations.button(one.id);
      button.textContent = String(start + n + 1);
      const rest = Object.entries(one.qualifiers).filter(([name]) => name !== "severity").map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`).join("; ");
      body.append(h("tr", {}, h("td", {}, one.negated ? `${t("not")} ` : "", other ? conceptLink(other) : valueText(one.value ?? { text: "" })), h("td", {}, severityOf(one.qualifiers), " ", h("span", { class: "soft small" }, rest)), h("td", {}, button), h("td", { class: "wide-only soft small" }, `${sourceLine(one)} · ${one.licence}`)));
    });
    if (!found.rows.length && !start) inside.append(h("p", { class: "soft" }, t("no_statements")));
    if (found.cursor) {
      const left = Math.max(count.statements - start - found.rows.length, 1);
      const more = h("button", { class: "button", type: "button", onclick: async () => { more.remove(); const at = body.children.length; await page(inside, id, count, source, found.cursor, signal); body.children[at]?.querySelector("a, button")?.focus(); } }, t("more", Math.min(PAGE, left), number(left)));
      inside.append(more);
    }
  } catch (error) {
    waiting.remove();
    if (error.name === "AbortError") return;
    const box = problemOf(error, () => { box.remove(); page(inside, id, count, source, cursor, signal); });
    inside.append(box);
  }
}

function names(found) {
  const byLanguage = new Map();
  for (const one of found.names) byLanguage.set(one.language, [...(byLanguage.get(one.language) ?? []), one]);
  const box = (rows) => {
    const list = h("ul", { class: "names" });
    const more = paged(rows, 30, (one) => h("li", {}, one.text, h("span", { class: "soft small" }, ` ${one.kind === "preferred" ? "" : `${one.kind}, `}${sourceName(one.source)}`)), list, (n, left) => t("more", n, left));
    return [list, more];
  };
  return [h("h2", {}, t("names")), h("dl", { class: "facts" }, [...byLanguage].map(([lang, rows]) => [h("dt", {}, { en: "English", zh: "中文" }[lang] ?? lang), h("dd", { lang: lang === "zh" ? "zh-CN" : lang }, box(rows))]))];
}

function mappings(found, signal) {
  const leader = found.concept.id;
  const ids = found.concept.equivalent_ids.map((id) => {
    const told = h("div", {});
    return h("tr", {}, h("td", { class: "id" }, id), h("td", {}, id === leader ? h("span", { class: "soft small" }, t("why_leader")) : h("button", { class: "button bare", type: "button", "aria-expanded": "false", "aria-label": `${t("why")} ${id}`, onclick: (event) => { event.currentTarget.setAttribute("aria-expanded", "true"); why(told, leader, id, signal); } }, t("why")), told));
  });
  const rows = h("tbody", {});
  const more = paged(found.mappings, 20, (one) => h("tr", {}, h("td", {}, mapping(one)), h("td", {}, h("span", { class: "chip" }, Object.hasOwn({ merged: 1, refused: 1, negative: 1, related: 1 }, one.status) ? t(`status_${one.status}`) : one.status), one.reason ? h("div", { class: "small soft" }, one.reason) : null), h("td", { class: "wide-only soft small" }, `${sourceName(one.source)}${one.confidence ? ` · ${one.confidence}` : ""}`)), rows, (n, left) => t("more", n, left));
  return [h("h2", {}, t("ids")), h("table", { class: "ids" }, h("tbody", {}, ids)),
    found.mappings.length ? h("details", {}, h("summary", {}, t("mappings"), h("span", { class: "n" }, number(found.mappings.length))), h("div", { class: "inside" }, h("table", {}, rows), more)) : null];
}

const mapping = (one) => [h("span", { class: "id" }, one.subject), one.subject_label ? ` ${one.subject_label}` : "", h("span", { class: "soft" }, ` ${one.modifier ? `${one.modifier} ` : ""}${one.predicate} `), h("span", { class: "id" }, one.object), one.object_label ? ` ${one.object_label}` : ""];

async function why(place, left, right, signal) {
  fill(place, h("p", { class: "busy" }, t("loading")));
  try {
    const found = await api.why(left, right, { signal });
    const rows = found.same ? found.chain : found.against;
    fill(place, h("p", { class: "small" }, found.same ? (rows.length ? t("why_same") : t("no_mapping")) : t("why_not")), h("ol", { class: "small" }, rows.map((one) => h("li", {}, mapping(one), h("div", { class: "soft" }, `${sourceName(one.source)} · ${one.justification.replace("semapv:", "")} · ${one.confidence}${one.reason ? ` · ${one.reason}` : ""}`)))));
    announce(t("why_title", nameOf(left) ?? left, right));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => why(place, left, right, signal)));
  }
}
