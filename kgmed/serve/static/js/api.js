// The server's answers under /v1. A token, where one is asked for, is kept in memory alone: it is
// gone with the page.

let token = "";
let asking = null;
let askForToken = async () => "";

/** What went wrong, with the server's own kind and message, or `gone` where it can't be reached. */
export class Problem extends Error {
  constructor(kind, message, { status = 0, wait = 0 } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.wait = wait;
  }
}

/** `ask(wrong)` gives a token, or "" where none is given. */
export function tokenFrom(ask) {
  askForToken = ask;
}

async function reach(path, { body, signal, quiet = false } = {}) {
  for (let tried = 0; ; tried += 1) {
    const sent = token;
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (sent) headers.Authorization = `Bearer ${sent}`;
    let answer;
    try {
      answer = await fetch(path, {
        method: body === undefined ? "GET" : "POST",
        headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem("gone", "");
    }
    if (answer.ok) return answer;
    if (answer.status === 401 && tried < 5 && !quiet) {
      if (token === sent) {
        asking ??= askForToken(sent !== "").finally(() => { asking = null; });
        const given = await asking;
        if (!given) throw new Problem("no_token", "", { status: 401 });
        token = given;
      }
      continue;
    }
    throw await problem(answer);
  }
}

async function problem(answer) {
  let told = {};
  try {
    told = (await answer.json()).error ?? {};
  } catch {
    told = {};
  }
  return new Problem(told.kind ?? `http_${answer.status}`, told.message ?? answer.statusText, {
    status: answer.status, wait: Number(answer.headers.get("Retry-After")) || 0,
  });
}

async function json(path, how) {
  const answer = await reach(path, how);
  try {
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("gone", "");
  }
}

const part = encodeURIComponent;

function query(values) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== "" && value !== null && value !== undefined) made.set(name, value);
  }
  return made.size ? `?${made}` : "";
}

export const search = (values, how) => json(`/v1/search${query(values)}`, how);
export const concept = (id, how) => json(`/v1/concepts/${part(id)}`, how);
/** Concepts by the ids that are asked for, at most so many as `rows` of the limits. */
export const concepts = (ids, how) => json(`/v1/concepts?${new URLSearchParams(ids.map((id) => ["id", id]))}`, how);
export const statements = (id, values, how) =>
  json(`/v1/concepts/${part(id)}/statements${query(values)}`, how);
export const statement = (id, how) => json(`/v1/statements/${part(id)}`, how);
export const paths = (values, how) => json(`/v1/paths${query(values)}`, how);
export const why = (left, right, how) => json(`/v1/why${query({ left, right })}`, how);
export const verify = (body, how) => json("/v1/verify", { ...how, body });
export const interactions = (body, how) => json("/v1/interactions", { ...how, body });

let held = null;
/** What the graph is; read once. With `quiet`, no token is asked for. */
export function info(how) {
  held ??= json("/v1/info", how).catch((error) => {
    held = null;
    throw error;
  });
  return held;
}

/** An answer as it is made: `heard(kind, data)` for each event; the answer at last. */
export async function ask(body, heard, { signal } = {}) {
  const answer = await reach("/v1/ask/stream", { body, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  let last = null;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      kept += value;
      const events = kept.split("\n\n");
      kept = events.pop();
      for (const event of events) {
        const [kind, data] = read(event);
        if (kind === "error") throw new Problem(data.error?.kind ?? "internal", data.error?.message ?? "");
        if (kind === "answer") last = data.answer;
        else if (kind) heard(kind, data);
      }
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Problem) throw error;
    throw new Problem("gone", "");
  }
  if (last === null) throw new Problem("gone", "");
  return last;
}

function read(event) {
  let kind = "";
  const data = [];
  for (const line of event.split("\n")) {
    if (line.startsWith("event:")) kind = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return [kind, data.length ? JSON.parse(data.join("\n")) : {}];
}
