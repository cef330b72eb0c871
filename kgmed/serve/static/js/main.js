// The page: its head and foot, the language switch, the token, and the views.

import { tokenFrom } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { language, LANGUAGES, setLanguage, startLanguage, t } from "./i18n.js";
import { loadSources } from "./known.js";
import { href, here, show, start } from "./router.js";
import { closeStatement } from "./statement.js";
import "./views/ask.js";
import "./views/concept.js";
import "./views/interactions.js";
import "./views/more.js";
import "./views/verify.js";

const TABS = [["ask", "ask"], ["search", "concepts"], ["paths", "paths"], ["graph", "graph"], ["verify", "verify"], ["interactions", "interactions"], ["about", "about"]];
const WITHIN = { concept: "search", statement: "search" };
const WAIT_MS = 1500;
let snapshot = "";

function frame() {
  const { view } = here();
  const other = language() === "zh" ? "en" : "zh";
  document.getElementById("skip").textContent = t("skip");
  fill(document.getElementById("top"), h("a", { class: "brand", href: "/?view=ask" }, "kg", h("b", {}, "med")),
    h("nav", { class: "views", "aria-label": t("views") }, TABS.map(([one, word]) => h("a", { href: href(one), "aria-current": (WITHIN[view] ?? view) === one ? "page" : null }, t(word)))),
    h("button", { class: "button bare tongue", type: "button", lang: other === "zh" ? "zh-CN" : "en", "aria-label": `${t("language")}: ${LANGUAGES[other]}`, id: "tongue", onclick: () => { setLanguage(other, { keep: true }); redraw(); document.getElementById("tongue").focus(); } }, LANGUAGES[other]));
  const tab = document.querySelector("nav.views [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
  fill(document.getElementById("foot"), h("p", { class: "notice" }, t("notice")), snapshot ? h("p", {}, h("a", { href: href("about") }, t("snapshot", snapshot.slice(0, 12)))) : null, h("p", {}, h("a", { href: "/docs" }, t("api"))));
}

function redraw() {
  show();
}

/** Asks for the server's token; gives "" where the reader declines. */
function askForToken(wrong) {
  return new Promise((resolve) => {
    const field = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
    const dialog = h("dialog", { "aria-labelledby": "token-title", onclose: () => { const given = dialog.returnValue === "send" ? field.value.trim() : ""; dialog.remove(); resolve(given); if (given) setTimeout(know, WAIT_MS); } },
      h("form", { method: "dialog" }, h("h2", { id: "token-title" }, t("token_title")), h("p", { class: "small soft" }, t("token_about")), wrong ? h("p", { role: "alert" }, t("token_wrong")) : null,
        h("div", {}, h("label", { for: "token" }, t("token")), field),
        h("div", { class: "tools" }, h("button", { class: "button main", value: "send" }, t("send")), h("button", { class: "button", value: "", formnovalidate: true }, t("cancel")))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Learns what sources are called, and which snapshot this is. */
function know() {
  return loadSources({ quiet: true }).then((info) => {
    snapshot = info.snapshot;
    frame();
  }, () => {
    // The view tells what is wrong when it asks.
  });
}

startLanguage();
tokenFrom(askForToken);
document.addEventListener("kgmed:view", (event) => {
  frame();
  document.getElementById("main").dataset.view = event.detail.view;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeStatement();
  if (event.key === "/" && !event.target.closest("input, textarea, select")) {
    event.preventDefault();
    document.querySelector("#main input, #main textarea")?.focus();
  }
});
addEventListener("popstate", () => announce(document.title));
// Names of sources stand in every view: those are waited for, but not for long.
await Promise.race([know(), new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
start();
