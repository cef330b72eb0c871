// A pasted text, its claims marked by verdict, the proof of each.

import * as api from "../api.js";
import { claimCard, key, learnClaims, markedText, proofStatements, VERDICTS, verdictBadge } from "../claims.js";
import { announce, fill, h, paged } from "../dom.js";
import { evidence } from "../graph.js";
import { number, reason, t } from "../i18n.js";
import { asksPlausibility, limit, maybeNamed } from "../known.js";
import { problemOf, state } from "../problems.js";
import { href, register } from "../router.js";
import { Citations } from "../statement.js";

const EXAMPLE = "Warfarin interacts with amiodarone. Aspirin does not interact with warfarin. Warfarin treats gout. Metformin is associated with longevity.";
const EXAMPLE_ZH = "华法林与胺碘酮存在相互作用。阿司匹林与华法林没有相互作用。";
let kept = "";

register("verify", ({ query, signal }) => {
  document.title = `${t("verify_title")} · kgmed`;
  const given = query.get("text");
  if (given) kept = given;
  const place = h("div", {});
  const count = h("span", { class: "small soft" });
  const area = h("textarea", { id: "text", rows: 6, value: kept, spellcheck: "false", oninput: () => { kept = area.value; tell(); }, onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(); } });
  const tell = () => {
    const length = Array.from(area.value).length;
    const most = limit("text");
    count.textContent = most ? t("characters_of", number(length), number(most)) : t("characters", number(length));
    area.setAttribute("aria-invalid", String(most !== null && length > most));
  };
  const copied = h("button", { class: "button bare", type: "button", onclick: async () => {
    const address = new URL(href("verify", { text: area.value }), location.origin).href;
    try {
      await navigator.clipboard.writeText(address);
      copied.textContent = t("copied");
    } catch {
      prompt(t("copy_link"), address);
    }
  } }, t("copy_link"));
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    if (area.value.trim()) check(place, area.value, signal);
    else area.focus();
  } }, h("label", { for: "text" }, t("text")), area,
  h("div", { class: "tools" }, h("button", { class: "button main" }, t("verify_button")),
    [EXAMPLE, EXAMPLE_ZH].map((text, n) => h("button", { class: "button bare", type: "button", onclick: () => { area.value = kept = text; tell(); form.requestSubmit(); } }, `${t("examples")} ${n ? "中文" : "EN"}`)), copied, count));
  tell();
  fill(document.getElementById("main"), h("h1", { tabindex: "-1" }, t("verify_title")), h("p", { class: "soft" }, t("verify_about")), form, place);
  if (given) check(place, given, signal);
});

async function check(place, text, signal) {
  fill(place, h("p", { class: "busy" }, t("verifying")));
  announce(t("verifying"));
  try {
    const found = await api.verify(asksPlausibility() ? { text, plausibility: true } : { text }, { signal });
    learnClaims(found.claims);
    const skipped = found.skipped.length ? h("details", {}, h("summary", {}, t("skipped"), h("span", { class: "n" }, number(found.skipped.length))), h("ul", { class: "inside" }, found.skipped.map((one) => h("li", {}, h("span", { class: "quote" }, one.text), " ", h("span", { class: "soft small" }, reason(one.reason)))))) : null;
    if (!found.claims.length) {
      fill(place, state(t("no_claims"), h("p", {}, t("no_claims_about"))), skipped);
      announce(t("no_claims"));
      return;
    }
    const statements = proofStatements(found.claims);
    await maybeNamed(Object.values(statements), { signal });
    const citations = new Citations(statements);
    const counts = VERDICTS.map((one) => [one, found.claims.filter((claim) => claim.verdict === one).length]).filter(([, n]) => n);
    const box = h("ol", { class: "cards" });
    const marked = h("div", { class: "prose", lang: found.lang === "zh" ? "zh-CN" : "en" }, markedText(found.text, found.claims));
    const more = paged(found.claims, 50, (claim, n) => claimCard(claim, n, citations), box, (n, left) => t("more", n, left));
    const lists = Object.values(statements).filter((one) => one.object);
    fill(place, h("h2", {}, t("marked")), h("ul", { class: "key" }, counts.map(([one, n]) => h("li", {}, verdictBadge(one), ` ${number(n)}`))), marked, h("h2", {}, t("claims")), key(), box, more && h("p", {}, more), skipped,
      lists.length ? [h("h2", {}, t("evidence")), evidence(lists, { signal, first: 30 })] : null);
    announce(counts.map(([one, n]) => `${n} ${t(one)}`).join(", "));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problemOf(error, () => check(place, text, signal)));
  }
}
