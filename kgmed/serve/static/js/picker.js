// A field that finds concepts while one types: a combobox as ARIA's practices describe it.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { category, language } from "./i18n.js";
import { limit } from "./known.js";

const WAIT_MS = 180;
let made = 0;

/** `{box, input, value}`; `chosen(id)` is called where one is picked. What is typed counts, too. */
export function picker(label, value = "", chosen = null) {
  made += 1;
  const name = `pick-${made}`;
  let hits = [];
  let at = -1;
  let timer = 0;
  let asked = new AbortController();
  const list = h("ul", { class: "picks", id: `${name}-list`, role: "listbox", "aria-label": label, hidden: true });
  const input = h("input", {
    id: name, type: "text", value, role: "combobox", autocomplete: "off", maxlength: limit("id"), "aria-expanded": "false", "aria-controls": `${name}-list`, "aria-autocomplete": "list",
    oninput: () => { clearTimeout(timer); timer = setTimeout(look, WAIT_MS); },
    onkeydown: keys, onblur: () => setTimeout(close, 150),
  });

  async function look() {
    asked.abort();
    asked = new AbortController();
    const text = input.value.trim();
    if (text.length < 2) return close();
    try {
      hits = (await api.search({ q: text, lang: language(), limit: 8 }, { signal: asked.signal })).hits;
    } catch {
      return close();  // what is typed can be sent all the same, and says what is wrong then
    }
    if (document.activeElement !== input) return close();
    at = -1;
    fill(list, hits.map((hit, n) => h("li", { id: `${name}-${n}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); take(n); } },
      h("span", {}, hit.name, hit.match.toLowerCase() === hit.name.toLowerCase() ? "" : ` (${hit.match})`), h("span", { class: "soft" }, category(hit.category)))));
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  function close() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function take(n) {
    clearTimeout(timer);
    asked.abort();
    input.value = hits[n].name;
    close();
    chosen?.(hits[n].id);
  }

  function keys(event) {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : hits.length + (at < 0 ? 0 : -1))) % hits.length;
      [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
      input.setAttribute("aria-activedescendant", `${name}-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  }

  const box = h("div", {}, h("label", { for: name }, label), h("div", { class: "pickbox" }, input, list));
  return { box, input, get value() { return input.value.trim(); }, set value(text) { input.value = text; } };
}
