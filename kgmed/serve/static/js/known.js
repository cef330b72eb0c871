// What is known so far: sources by infores, names of concepts by id. Names come with answers where
// they do, and are asked for one statement at a time where an answer holds ids alone.

import * as api from "./api.js";
import { language, nameIn } from "./i18n.js";

const concepts = new Map();
const plain = new Map();
let sources = new Map();

/** Concepts (id -> concept) of an answer. */
export function learn(found) {
  for (const concept of Object.values(found ?? {})) concepts.set(concept.id, concept);
}

/** A name that an answer gives for an id, in the language it was asked in. */
export function learnName(id, name, category) {
  if (id && name && !concepts.has(id)) plain.set(`${language()} ${id}`, { name, category });
}

export function nameOf(id) {
  const concept = concepts.get(id);
  return concept ? nameIn(concept.names, id) : plain.get(`${language()} ${id}`)?.name ?? null;
}

export function categoryOf(id) {
  return concepts.get(id)?.categories?.[0] ?? plain.get(`${language()} ${id}`)?.category ?? "";
}

/** The concepts at the ends of statements, asked for where they aren't known; `most` requests. */
export async function named(statements, { signal, most = 40 } = {}) {
  const wanted = [];
  const covered = new Set();
  for (const statement of statements) {
    const ends = [statement.subject, statement.object].filter((id) => id && !nameOf(id) && !covered.has(id));
    if (!ends.length) continue;
    ends.forEach((id) => covered.add(id));
    wanted.push(statement.id);
    if (wanted.length === most) break;
  }
  async function next() {
    while (wanted.length) {
      const shown = await api.statement(wanted.pop(), { signal });
      learn(shown.concepts);
    }
  }
  await Promise.all([next(), next(), next(), next()]);
  return covered.size > 0;
}

export async function loadSources(how) {
  const { info } = await api.info(how);
  sources = new Map(info.sources.map((source) => [source.infores, source]));
  return info;
}

export const sourceName = (infores) => sources.get(infores)?.name ?? infores.replace(/^infores:/, "");
