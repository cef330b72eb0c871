// Addresses: every view is the page's own path with a query string, so that it can be linked,
// reloaded and kept, and the server needs no route for it.

const views = new Map();
let leave = new AbortController();

/** `/?view=concept&id=…` of plain values; empty ones are left out. */
export function href(view, values = {}) {
  const query = new URLSearchParams({ view });
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) query.append(name, one);
  }
  return `/?${query}`;
}

export function register(name, show) {
  views.set(name, show);
}

/** The view that the address names, and its values. */
export function here() {
  const query = new URLSearchParams(location.search);
  const view = query.get("view") ?? "ask";
  return { view: views.has(view) ? view : "lost", query };
}

/** Goes to an address; `replace` keeps the way back as it is. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"]({}, "", address);
  show({ moved: true });
}

export function show({ moved = false } = {}) {
  leave.abort();
  leave = new AbortController();
  const { view, query } = here();
  document.dispatchEvent(new CustomEvent("kgmed:view", { detail: { view } }));
  views.get(view)({ query, signal: leave.signal });
  if (!moved) return;
  scrollTo(0, 0);
  document.getElementById("main").focus({ preventScroll: true });
}

export function start() {
  addEventListener("popstate", () => show({ moved: true }));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
    if (link.origin !== location.origin || link.pathname !== "/" || !link.search) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  show();
}
