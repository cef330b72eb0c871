// What is known so far: sources by infores, names of concepts by id, what the server offers. Names
// come with answers where they do; those of the concepts that an answer's statements join are asked
// for together.

import * as api from "./api.js";
import { language, nameIn } from "./i18n.js";

const concepts = new Map();
const plain = new Map();
const lost = new Set();
const FEW = 50;  // concepts asked for at a time, until the server has said how many may be
let sources = new Map();
let service = null;

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

/** The concepts at the ends of statements, asked for where they aren't known, many at a time. */
export async function named(statements, { signal } = {}) {
  const ends = statements.flatMap((one) => [one.subject, one.object]).filter((id) => id && !nameOf(id) && !lost.has(id));
  const wanted = [...new Set(ends)];
  const most = limit("rows") ?? FEW;
  for (let from = 0; from < wanted.length; from += most) {
    const found = await api.concepts(wanted.slice(from, from + most), { signal });
    learn(found.concepts);
    found.unknown.forEach((id) => lost.add(id));
  }
}

/** The same where an answer does without names, too. */
export async function maybeNamed(statements, how) {
  try {
    await named(statements, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
}

export async function loadSources(how) {
  const { info, service: offer } = await api.info(how);
  service = offer;
  sources = new Map(info.sources.map((source) => [source.infores, source]));
  return info;
}

export const sourceName = (infores) => sources.get(infores)?.name ?? infores.replace(/^infores:/, "");

/** What the server takes at most, by its name in kgmed.info/1; null as long as it hasn't said. */
export const limit = (name) => service?.limits[name] ?? null;

/** The trained model that can be asked how plausible an unsupported claim is, and to rank paths. */
export const trainedModel = () => service?.plausibility ?? "";
export const asksPlausibility = () => Boolean(trainedModel());

/** Whether a language model answers, unless a question asks for the graph alone. */
export const asksModel = () => Boolean(service?.lm) && service.program !== "direct";
