// Every pair of a list of drugs: listed with severity and source, or not listed, which says nothing.

import * as api from "../api.js";
import { announce, fill, h } from "../dom.js";
import { evidence } from "../graph.js";
import { language, number, t } from "../i18n.js";
import { learnName, maybeNamed, sourceName } from "../known.js";
import { problemOf, state } from "../problems.js";
import { go, href, register } from "../router.js";
import { Citations, conceptLink, severityOf, sourceLine } from "../statement.js";

register("interactions", ({ query, signal }) => {
  document.title = `${t("inter_title")} · kgmed`;
  const drugs = query.getAll("drug").filter(Boolean);
  const place = h("div", {});
  const area = h("textarea", { id: "drugs", rows: 4, value: drugs.join("\n"), spellcheck: "false" });
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    const wanted = [...new Set(area.value.split(/[\n,，、;；]/).map((one) => one.trim()).filter(Boolean))];
    if (wanted.length < 2) {
      fill(place, state(t("two_drugs")));
      announce(t("two_drugs"));
      area.focus();
    } else go(href("interactions", { drug: wanted }));
  } }, h("label", { for: "drugs" }, t("drugs")), area, h("div", { class: "tools" }, h("button", { class: "button main" }, t("check")),
    h("a", { class: "button bare", href: href("interactions", { drug: ["warfarin", "amiodarone", "metformin", "aspirin"] }) }, `${t("examples")} EN`), h("a", { class: "button bare", href: href("interactions", { drug: ["华法林", "胺碘酮", "二甲双胍"] }) }, `${t("examples")} 中文`)));
  fill(document.getElementById("main"), h("h1", { tabindex: "-1" }, t("inter_title")), h("p", { class: "soft" }, t("inter_about")), form, place);
  if (drugs.length) check(place, drugs, signal);
});

async function check(place, drugs, signal) {
  fill(place, h("p", { class: "busy" }, t("verifying")));
  try {
    const found = await api.interactions({ drugs, lang: language() }, { signal });
    const names = new Map();
    for (const drug of found.drugs) {
      if (!drug.id) continue;
      names.set(drug.id, drug.name);
      learnName(drug.id, drug.name, "Drug");
    }
    await maybeNamed(Object.values(found.statements), { signal });
    const link = (id) => conceptLink(id, names.get(id));
    const citations = new Citations(found.statements);
    const listed = found.pairs.filter((pair) => pair.listed);
    const sources = [...new Set(Object.values(found.statements).map(sourceLine))];
    const rows = listed.map((pair) => h("tr", { "data-listed": "yes" }, h("td", {}, link(pair.left), " + ", link(pair.right), pair.item?.via ? h("span", { class: "soft small" }, ` ${t("via", pair.item.via)}`) : null), h("td", {}, severityOf(pair.item?.qualifiers) ?? t("is_listed")),
      h("td", {}, (pair.item?.statements ?? []).map((id) => citations.button(id))), h("td", { class: "wide-only soft small" }, found.statements[pair.item?.statements?.[0]] ? sourceLine(found.statements[pair.item.statements[0]]) : "")));
    const others = found.pairs.filter((pair) => !pair.listed);
    const where = (sources.length ? sources : found.sources.map((one) => [sourceName(one.source), one.release].filter(Boolean).join(" "))).join(", ");
    const statements = Object.values(found.statements).filter((one) => one.object);
    fill(place, h("p", { class: "lead" }, t("pairs_listed", number(listed.length), number(found.pairs.length))),
      h("ul", { class: "meta" }, found.drugs.filter((drug) => drug.id).map((drug) => h("li", {}, `“${drug.text}” ${t("read_as")} `, link(drug.id), drug.rivals?.length ? [`; ${t("may_be")} `, drug.rivals.slice(0, 3).map((id, n) => [n ? ", " : "", conceptLink(id)])] : null))),
      found.unread.length ? h("p", { class: "state" }, t("unread", found.unread.join(", "))) : null,
      listed.length ? h("table", {}, h("thead", {}, h("tr", {}, [["pair"], ["severity"], ["statement"], ["source", "wide-only"]].map(([one, kind]) => h("th", { scope: "col", class: kind }, t(one))))), h("tbody", {}, rows)) : null,
      others.length ? [h("h2", {}, t("not_listed"), " ", h("span", { class: "soft" }, number(others.length))), h("p", {}, where ? t("not_listed_about", where) : t("not_listed_any")),
        h("ul", { class: "names", id: "unlisted" }, others.map((pair) => h("li", { "data-listed": "no" }, link(pair.left), " + ", link(pair.right))))] : null,
      found.withheld.map((one) => h("p", { class: "soft" }, t("withheld", number(one.statements), one.source, one.licence))),
      statements.length ? [h("h2", {}, t("evidence")), evidence(statements, { signal, first: 60 })] : null);
    announce(t("pairs_listed", number(listed.length), number(found.pairs.length)));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => check(place, drugs, signal)));
  }
}
