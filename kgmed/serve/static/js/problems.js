// What went wrong, in words, with a way on.

import { announce, h } from "./dom.js";
import { t } from "./i18n.js";

const KNOWN = ["gone", "not_found", "bad_request", "too_large", "too_many", "too_long", "unavailable", "no_token"];

export function state(title, ...parts) {
  return h("section", { class: "state" }, h("h2", {}, title), parts);
}

/** A box that tells an error of the server, or that there is none to ask; `again` asks once more. */
export function problemOf(error, again = null) {
  const kind = KNOWN.includes(error.kind) ? error.kind : "other";
  const title = t(`problem_${kind}`);
  const own = { gone: () => t("problem_gone_about"), too_many: () => t("problem_too_many_about", error.wait || 1), too_long: () => t("problem_too_long_about"), no_token: () => t("problem_no_token_about") }[kind];
  if (!error.kind) console.error(error);
  announce(title);
  const told = own ? own() : error.kind ? error.message : "";
  return h("section", { class: "state bad", role: "alert", "data-kind": kind },
    h("h2", {}, title), told ? h("p", {}, told) : null,
    again && !["not_found", "bad_request", "too_large"].includes(kind)
      ? h("p", {}, h("button", { class: "button", type: "button", onclick: again }, t("retry"))) : null);
}
