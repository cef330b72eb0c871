// A question and its answer: text, items, paths, claims with verdicts, the statements cited, and
// these as a graph.

import * as api from "../api.js";
import { claimCard, key, learnClaims, markedText, proofStatements, verdictBadge } from "../claims.js";
import { announce, fill, h, paged } from "../dom.js";
import { evidence } from "../graph.js";
import { category, number, reason, t } from "../i18n.js";
import { asksModel, learnName, limit, maybeNamed } from "../known.js";
import { pathRow } from "./paths.js";
import { problemOf } from "../problems.js";
import { go, href, register } from "../router.js";
import { Citations, closeStatement, conceptLink, folded, severityOf, sourceLine, statementRows } from "../statement.js";

const EXAMPLES = [
  ["drug interactions of warfarin", "list"], ["does aspirin interact with warfarin?", "yes_no"],
  ["how does warfarin treat pulmonary embolism", "path"], ["which drugs target PTGS2?", "reverse"],
  ["华法林的药物相互作用", "list"], ["patient on metformin, warfarin, amiodarone: which interact?", "pairwise"],
];
const TABLED = ["list", "reverse", "count", "shared", "pairwise", "compare"];
const CITED = /\[[0-9a-f]{8}/;
const PAGE = 40;

register("ask", ({ query, signal }) => {
  const question = query.get("q") ?? "";
  const program = query.get("program") ?? undefined;
  const field = h("input", { name: "q", type: "text", value: question, "aria-label": t("question"), placeholder: t("question"), maxlength: limit("question"), autocomplete: "off", enterkeyhint: "search" });
  const form = h("form", {
    class: "ask", role: "search", onsubmit: (event) => {
      event.preventDefault();
      if (field.value.trim()) go(href("ask", { q: field.value.trim() }));
      else field.focus();
    },
  }, field, h("button", { class: "button main" }, t("ask_button")));
  const place = h("div", {});
  const main = document.getElementById("main");
  if (!question.trim()) {
    document.title = `kgmed · ${t("ask")}`;
    fill(main, h("h1", { tabindex: "-1" }, t("ask_title")), h("p", { class: "soft" }, t("ask_about")), form,
      h("h2", {}, t("examples")),
      h("ul", { class: "examples" }, EXAMPLES.map(([text, kind]) => h("li", {}, h("a", { href: href("ask", { q: text }) }, text, h("span", {}, t(`form_${kind}`)))))));
    return;
  }
  document.title = `${question} · kgmed`;
  fill(main, form, h("h1", { tabindex: "-1" }, question), place);
  answer(place, { question, program }, signal);
});

async function answer(place, asked, signal) {
  const draft = h("div", { class: "prose draft" });
  const told = h("p", { class: "busy" }, t("asking"));
  const alone = asksModel() && !asked.program ? h("p", {}, graphAlone(asked.question)) : null;
  fill(place, told, alone, draft);
  draft.hidden = true;
  announce(t("asking"));
  try {
    const found = await api.ask({ question: asked.question, ...(asked.program && { program: asked.program }) }, (kind, data) => {
      draft.hidden = false;
      if (kind === "text") {
        told.textContent = t("drafting");
        draft.append(`${data.text} `);
      } else if (kind === "claim") draft.append(verdictBadge(data.claim.verdict), " ");
      else if (kind === "again") {
        told.textContent = t("again");
        draft.replaceChildren();
      }
    }, { signal });
    await shown(place, found, signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    fill(place, problemOf(error, () => answer(place, asked, signal)));
  }
}

async function shown(place, answer, signal) {
  for (const link of answer.links) learnName(link.id, link.name, link.category);
  for (const item of answer.items) if (!item.id.includes("|")) learnName(item.id, item.name, item.category);
  learnClaims(answer.claims);
  const statements = { ...proofStatements(answer.claims), ...answer.statements };
  for (const path of answer.paths) for (const step of path.steps) statements[step.statement.id] ??= step.statement;
  await maybeNamed(Object.values(statements), { signal });
  const draw = () => {
    const citations = new Citations(statements);
    const lists = Object.values(statements);
    fill(place, head(answer), text(answer, citations), meta(answer), paths(answer), items(answer, citations), claims(answer, citations),
      graph(answer, lists, signal), cited(lists, citations), left(answer), trace(answer));
  };
  draw();
  announce(answer.abstained ? t("no_answer") : answer.text.split("\n")[0]);
}

function head(answer) {
  if (answer.abstained) return h("p", {}, h("span", { class: "verdict v-NOT_COVERED" }, h("span", { "aria-hidden": "true" }, "–"), t("no_answer")), " ", h("span", { class: "soft" }, reason(answer.reason)));
  if (answer.value === true || answer.value === false) {
    return h("p", {}, h("span", { class: `verdict v-${answer.value ? "SUPPORTED" : "REFUTED"}` }, h("span", { "aria-hidden": "true" }, answer.value ? "✓" : "✕"), t(answer.value ? "answer_yes" : "answer_no")));
  }
  return null;
}

/** The text; where its items or paths are shown as such, only the lines that they don't hold. */
function text(answer, citations) {
  if (answer.claims.length) return h("div", { class: "prose" }, markedText(answer.text, answer.claims, (plain) => citations.inText(plain)));
  let lines = answer.text.split("\n").filter(Boolean);
  const tabled = (answer.items.length && TABLED.includes(answer.form)) || answer.paths.length;
  if (tabled && answer.program === "direct") lines = lines.filter((line, n) => n === 0 || !CITED.test(line));
  return lines.map((line, n) => h("p", { class: n === 0 ? "lead" : CITED.test(line) ? "prose" : "prose after" }, citations.inText(line)));
}

const graphAlone = (question) => h("a", { href: href("ask", { q: question, program: "direct" }) }, t("graph_alone"));

function meta(answer) {
  const read = answer.links.map((link) => h("li", {}, `“${link.text}” ${t("read_as")} `, conceptLink(link.id, link.name), link.category ? ` (${category(link.category)})` : "",
    link.alternatives.length ? [`; ${t("may_be")} `, link.alternatives.slice(0, 3).map((other, n) => [n ? ", " : "", conceptLink(other.id, other.name)])] : null));
  const count = Object.keys(answer.statements).length;
  return h("ul", { class: "meta" }, read,
    h("li", {}, answer.model ? t("by", `${answer.program}, ${answer.model}`) : t("by_graph")),
    count ? h("li", {}, t("statements_cited", number(count))) : null,
    h("li", {}, t("ms", number(Math.round(answer.elapsed_ms)))),
    answer.model ? h("li", {}, graphAlone(answer.question)) : null);
}

function paths(answer) {
  if (!answer.paths.length) return null;
  const box = h("ol", { class: "cards" });
  const more = paged(answer.paths, 10, (path, n) => pathRow(path, n), box, (n, left) => t("more", n, left));
  return [box, more && h("p", {}, more)];
}

function items(answer, citations) {
  if (!TABLED.includes(answer.form) || !answer.items.length) return null;
  const severe = answer.items.some((item) => item.qualifiers?.severity);
  const body = h("tbody", {});
  const holder = h("div", {});
  const row = (item) => {
    const ids = item.id.split("|");
    const names = ids.length > 1 ? item.name.split(" + ") : [item.name];
    return h("tr", {},
      h("td", {}, ids.map((id, n) => [n ? " + " : "", conceptLink(id, names[n] ?? id)]), item.via ? h("span", { class: "soft small" }, ` ${t("via", item.via)}`) : null),
      severe ? h("td", {}, severityOf(item.qualifiers)) : null,
      h("td", {}, folded(item.statements.map((id) => citations.button(id)).filter(Boolean))),
      h("td", { class: "wide-only soft small" }, answer.statements[item.statements[0]] ? sourceLine(answer.statements[item.statements[0]]) : ""));
  };
  const draw = (wanted) => {
    const kept = answer.items.filter((item) => item.name.toLowerCase().includes(wanted.toLowerCase()));
    fill(body);
    const more = paged(kept, PAGE, row, body, (n, left) => t("more", n, left));
    fill(holder, more && h("p", {}, more));
  };
  draw("");
  const filter = answer.items.length > 15 ? h("input", { type: "search", "aria-label": t("filter"), placeholder: t("filter"), oninput: (event) => draw(event.target.value) }) : null;
  return h("section", {}, filter && h("p", {}, filter), h("table", {}, h("caption", {}, t("listed", number(answer.items.length))),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("name")), severe ? h("th", { scope: "col" }, t("severity")) : null, h("th", { scope: "col" }, t("statement")), h("th", { scope: "col", class: "wide-only" }, t("source")))), body), holder,
    answer.items_left_out ? h("p", { class: "soft" }, t("left_out", number(answer.items_left_out))) : null);
}

function claims(answer, citations) {
  if (!answer.claims.length) return null;
  const box = h("ol", { class: "cards" });
  const more = paged(answer.claims, 20, (claim, n) => claimCard(claim, n, citations), box, (n, left) => t("more", n, left));
  return [h("h2", {}, t("claims")), key(), box, more && h("p", {}, more)];
}

function graph(answer, statements, signal) {
  const drawable = statements.filter((one) => one.object);
  if (!drawable.length) return null;
  return h("section", {}, h("h2", {}, t("evidence")), evidence(drawable, { signal, first: 30, line: answer.paths.length > 0 }));
}

function cited(statements, citations) {
  if (!statements.length) return null;
  const order = statements.map((one) => [citations.number(one.id), one]).sort(([a], [b]) => a - b).map(([, one]) => one);
  const box = h("ol", { class: "refs" });
  const more = paged(order, 20, statementRows(order, citations), box, (n, left) => t("more", n, left));
  return h("details", { id: "references" }, h("summary", {}, t("references"), h("span", { class: "n" }, number(statements.length))), h("div", { class: "inside" }, box, more));
}

function left(answer) {
  return [answer.withheld.map((one) => h("p", { class: "soft" }, t("withheld", number(one.statements), one.source, one.licence))), answer.removed ? h("p", { class: "soft" }, t("removed", answer.removed)) : null];
}

function trace(answer) {
  const entries = answer.trace.filter((entry) => typeof entry !== "string");
  if (!entries.length) return null;
  return h("details", {}, h("summary", {}, t("trace"), h("span", { class: "n" }, number(entries.length))),
    h("ol", { class: "inside" }, entries.map((entry) => h("li", {}, h("b", {}, entry.kind), " ", entry.text, " ", (entry.claims ?? []).map((claim) => [verdictBadge(claim.verdict), " "])))));
}

document.addEventListener("kgmed:view", () => closeStatement({ back: false }));
