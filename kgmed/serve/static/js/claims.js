// Claims: a text with what it claims marked by verdict, and each claim with its proof. A verdict is
// always told by a sign and a word besides its colour and its line.

import { h } from "./dom.js";
import { predicate, reason, SIGNS, t } from "./i18n.js";
import { learnName } from "./known.js";
import { conceptLink } from "./statement.js";

export const VERDICTS = Object.keys(SIGNS);
const known = (verdict) => (VERDICTS.includes(verdict) ? verdict : "NOT_COVERED");

export function verdictBadge(verdict) {
  const kind = known(verdict);
  return h("span", { class: `verdict v-${kind}` }, h("span", { "aria-hidden": "true" }, SIGNS[kind]), t(kind));
}

/** What the signs mean. */
export function key() {
  return h("ul", { class: "key small" }, VERDICTS.map((one) => h("li", {}, verdictBadge(one), " ", h("span", { class: "soft" }, t(`${one}_about`)))));
}

/** The statements of all proofs, by id. */
export function proofStatements(claims) {
  const found = {};
  for (const claim of claims) {
    for (const proof of [claim.proof, ...(claim.against ?? [])]) for (const one of proof?.statements ?? []) found[one.id] = one;
  }
  return found;
}

export function learnClaims(claims) {
  for (const claim of claims) {
    for (const path of claim.plausibility?.paths ?? []) for (const [id, name] of Object.entries(path.names)) learnName(id, name, "");
    for (const end of [claim.subject, claim.object]) if (typeof end !== "string") learnName(end.id, end.name, end.category);
  }
}

/** The text in pieces: plain, and marked with the claim there; offsets are code points. */
export function markedText(text, claims, inText = (plain) => [plain], prefix = "claim") {
  const points = Array.from(text);
  const order = claims.map((claim, n) => [claim, n]).filter(([claim]) => claim.end > claim.start).sort(([a], [b]) => a.start - b.start || b.end - a.end);
  const made = [];
  let at = 0;
  for (const [claim, n] of order) {
    const sign = () => h("button", {
      class: `sign v-${known(claim.verdict)}`, type: "button", "aria-label": t("claim_n", n + 1, t(known(claim.verdict))),
      onclick: () => { const card = document.getElementById(`${prefix}-${n + 1}`); card?.scrollIntoView({ block: "nearest" }); card?.focus(); },
    }, SIGNS[known(claim.verdict)]);
    if (claim.start < at) {
      made.push(sign());
      continue;
    }
    made.push(inText(points.slice(at, claim.start).join("")));
    made.push(h("mark", { class: `m-${known(claim.verdict)}` }, inText(points.slice(claim.start, claim.end).join("")), sign()));
    at = claim.end;
  }
  made.push(inText(points.slice(at).join("")));
  return made;
}

const end = (value) => (typeof value === "string" ? conceptLink(value) : value.id ? conceptLink(value.id, value.name || value.text) : h("span", {}, value.text));

function proofText(proof, citations) {
  return [h("p", {}, citations.inText(proof.words || proof.rule)),
    proof.premises?.length ? h("p", { class: "soft small" }, `${t("premises")}: ${proof.premises.join("; ")}`) : null];
}

/** What a trained model says of an unsupported claim: apart from the verdict, and no evidence. */
function plausibility(found) {
  const line = (path) => h("li", {}, conceptLink(path.steps[0].direction === "out" ? path.steps[0].statement.subject : path.steps[0].statement.object, null), path.steps.map(({ statement, direction }) => [
    ` ${direction === "out" ? "—" : "←"}${predicate(statement.predicate)}${direction === "out" ? "→" : "—"} `, conceptLink(direction === "out" ? statement.object : statement.subject, null)]));
  return h("div", { class: "small", "data-plausibility": found.probability ?? "" }, h("p", {}, found.words),
    found.probability === null ? null : h("p", { class: "soft" }, t("plausibility_about", `${(100 * found.prior).toFixed(0)}%`)),
    found.paths.length ? h("details", {}, h("summary", {}, t("nearest_paths")), h("ul", { class: "inside" }, found.paths.map(line))) : null);
}

/** A claim with its verdict and proof. */
export function claimCard(claim, n, citations, prefix = "claim") {
  const others = [claim.subject, claim.object].filter((one) => one?.alternatives?.length).map((one) => h("p", { class: "small soft" },
    `“${one.text}” ${t("may_be")} `, one.alternatives.slice(0, 4).map((other, k) => [k ? ", " : "", conceptLink(other.id, other.name)])));
  return h("li", { class: "card", id: `${prefix}-${n + 1}`, tabindex: "-1", "data-verdict": claim.verdict },
    h("div", { class: "head" }, verdictBadge(claim.verdict), h("span", { class: "quote" }, claim.text)),
    h("p", { class: "small" }, h("span", { class: "triple" }, end(claim.subject), h("span", { class: "p" }, " ", claim.negated ? `${t("not")} ` : "", predicate(claim.predicate), " "), end(claim.object))),
    claim.proof ? proofText(claim.proof, citations) : claim.reason ? h("p", {}, reason(claim.reason)) : null,
    claim.against?.length ? [h("p", { class: "small" }, h("b", {}, claim.conflict ? t("conflict") : t("against"))), claim.against.map((proof) => proofText(proof, citations))] : null,
    claim.plausibility ? plausibility(claim.plausibility) : null,
    others,
    h("p", { class: "small soft" }, [claim.proof?.rule && `${t("rule")}: ${claim.proof.rule.replaceAll("_", " ")}`, claim.confidence ? t("confidence", claim.confidence.toFixed(2)) : null].filter(Boolean).join(" · ")));
}
