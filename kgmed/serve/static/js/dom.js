// Elements out of plain values. Texts become text nodes: nothing here, or anywhere in this page,
// reads a string as HTML.

/** An element: `on…` are listeners, `class` and the rest attributes; null and false are left out. */
export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  return add(made, ...children);
}

/** Children added to an element: elements, texts, numbers, lists of them; null is nothing. */
export function add(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** The same element with other contents. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, ...children);
}

/** Tells those who listen rather than look. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A list shown `size` at a time: `row(item, index)` makes an element that `box` takes in. */
export function paged(items, size, row, box, more) {
  let shown = 0;
  const button = h("button", { class: "button", type: "button", onclick: () => next(true) });
  function next(focus) {
    const rows = items.slice(shown, shown + size).map((item, n) => row(item, shown + n));
    shown += rows.length;
    add(box, rows);
    const left = items.length - shown;
    button.hidden = left <= 0;
    button.textContent = more(Math.min(left, size), left);
    if (focus) {
      const target = rows[0]?.querySelector("a, button") ?? rows[0];
      target?.focus();
    }
  }
  next(false);
  return items.length > size ? button : null;
}
