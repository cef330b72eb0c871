// Statements: the sentence with its links, citations that open it, and all that is known of it.

import * as api from "./api.js";
import { add, announce, fill, h } from "./dom.js";
import { predicate, severity, t } from "./i18n.js";
import { learn, nameOf, sourceName } from "./known.js";
import { problemOf } from "./problems.js";
import { href } from "./router.js";

export const conceptLink = (id, name = null) => h("a", { href: href("concept", { id }), "data-id": id }, name ?? nameOf(id) ?? id);

export const valueText = (value) => [value.text, value.unit].filter(Boolean).join(" ");

/** subject predicate object, both ends linked. */
export function sentence(statement) {
  const end = statement.object ? conceptLink(statement.object) : h("span", {}, valueText(statement.value ?? { text: "" }));
  return h("span", { class: "triple" }, conceptLink(statement.subject),
    h("span", { class: "p" }, " ", statement.negated ? `${t("not")} ` : "", predicate(statement.predicate), " "), end);
}

export function plainSentence(statement) {
  const end = statement.object ? nameOf(statement.object) ?? statement.object : valueText(statement.value ?? { text: "" });
  return `${nameOf(statement.subject) ?? statement.subject} ${statement.negated ? `${t("not")} ` : ""}${predicate(statement.predicate)} ${end}`;
}

export const sourceLine = (statement) => [sourceName(statement.primary_knowledge_source), statement.release].filter(Boolean).join(" ");

export const severityOf = (qualifiers) => qualifiers?.severity
  ? h("span", { class: `sev sev-${/^\w+$/.test(qualifiers.severity) ? qualifiers.severity : "other"}` }, severity(qualifiers.severity)) : null;

/** The citations of one answer: numbered by first appearance. */
export class Citations {
  constructor(statements) {
    this.statements = statements;
    this.numbers = new Map();
    this.byPrefix = new Map(Object.keys(statements).map((id) => [id.slice(0, 8), id]));
  }

  number(id) {
    if (!this.numbers.has(id)) this.numbers.set(id, this.numbers.size + 1);
    return this.numbers.get(id);
  }

  /** A button that opens the statement, or null where the answer holds none of this id. */
  button(id) {
    const whole = this.statements[id] ? id : this.byPrefix.get(id.slice(0, 8));
    if (!whole) return null;
    const n = this.number(whole);
    const statement = this.statements[whole];
    return h("button", {
      class: "cite", type: "button", "aria-label": t("cite", n, plainSentence(statement)), title: plainSentence(statement),
      "data-statement": whole, onclick: (event) => openStatement(whole, event.currentTarget, statement),
    }, n);
  }

  /** A text with `[4db0062d, f7b3b88b]` as buttons; other brackets stay text. */
  inText(text) {
    const made = [];
    let from = 0;
    for (const found of text.matchAll(/\[([0-9a-f]{8,32}(?:[\s,;、，]+[0-9a-f]{8,32})*)\]/g)) {
      const buttons = found[1].split(/[\s,;、，]+/).map((id) => this.button(id));
      if (buttons.some((one) => one === null)) continue;
      made.push(text.slice(from, found.index), folded(buttons));
      from = found.index + found[0].length;
    }
    made.push(text.slice(from));
    return made;
  }
}

/** Many citations in a row: the first four, the rest behind a button. */
export function folded(buttons, most = 4) {
  if (buttons.length <= most + 1) return buttons;
  const rest = h("span", { hidden: true }, buttons.slice(most));
  const more = h("button", {
    class: "cite", type: "button", "aria-expanded": "false",
    "aria-label": t("more", buttons.length - most, buttons.length - most),
    onclick: () => { rest.hidden = false; more.remove(); rest.querySelector("button").focus(); },
  }, `+${buttons.length - most}`);
  return [buttons.slice(0, most), rest, more];
}

const LICENCES = {
  "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
  "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
  "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
  "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
  "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
};
export function licenceLink(licence) {
  const address = Object.hasOwn(LICENCES, licence) ? LICENCES[licence] : null;
  return address ? h("a", { href: address, rel: "noreferrer" }, licence) : licence;
}

/** All that is known of a statement. */
export function facts(statement) {
  const rows = [
    [t("source"), sourceLine(statement)], [t("licence"), licenceLink(statement.licence)],
    [t("qualifiers"), Object.entries(statement.qualifiers ?? {}).map(([name, value]) => h("div", {}, `${name.replaceAll("_", " ")}: ${value}`))],
    [t("wording"), statement.text], [t("record"), statement.source_record.join(", ")],
    [t("publications"), statement.publications.join(", ")],
    [t("original"), h("span", { class: "id" }, [statement.original_subject, statement.original_predicate, statement.original_object].filter(Boolean).join(" · "))],
    [t("level"), [statement.knowledge_level, statement.agent_type].map((one) => one.replaceAll("_", " ")).join(", ")],
    [t("retracted"), statement.retracted && `${statement.retracted.date} ${statement.retracted.who}: ${statement.retracted.reason}`],
    ["id", h("span", { class: "id" }, statement.id)],
  ];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value && value.length !== 0).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

const panel = () => document.getElementById("detail");
let opener = null;

export function closeStatement({ back = true } = {}) {
  const detail = panel();
  if (detail.hidden) return;
  detail.hidden = true;
  document.getElementById("stage").classList.remove("wide");
  opener?.setAttribute("aria-expanded", "false");
  if (back && opener?.isConnected) opener.focus();
  opener = null;
}

/** Shows a statement beside the view; Escape or its button takes the reader back to where they were. */
export async function openStatement(id, from, given = null) {
  const detail = panel();
  opener?.setAttribute("aria-expanded", "false");
  opener = from;
  opener?.setAttribute("aria-expanded", "true");
  detail.hidden = false;
  document.getElementById("stage").classList.add("wide");
  detail.setAttribute("aria-label", t("statement_title"));
  const heading = h("h2", { tabindex: "-1" }, t("statement_title"));
  const body = h("div", {});
  fill(detail, heading, body, h("div", { class: "tools" },
    h("a", { class: "button", href: href("statement", { id }) }, t("open_statement")),
    h("button", { class: "button", type: "button", onclick: () => closeStatement() }, t("close"))));
  const draw = (statement) => fill(body, h("p", { class: "lead" }, sentence(statement)),
    statement.negated ? h("p", {}, t("negated")) : null, severityOf(statement.qualifiers), facts(statement));
  if (given) draw(given);
  else fill(body, h("p", { class: "busy" }, t("loading")));
  heading.focus({ preventScroll: false });
  const mine = opener;
  try {
    const shown = await api.statement(id);
    learn(shown.concepts);
    if (opener === mine) draw(shown.statement);
  } catch (error) {
    if (!given && opener === mine) fill(body, problemOf(error, () => openStatement(id, from)));
  }
  announce(t("statement_title"));
}

/** A numbered list of statements, some at a time. */
export function statementRows(statements, citations) {
  return (statement) => h("li", {}, sentence(statement), " ", citations.button(statement.id), " ",
    severityOf(statement.qualifiers), add(h("div", { class: "soft small" }), sourceLine(statement), " · ", statement.licence));
}
