import { readData } from '../../cache/pairs.ts';
import type { Draws } from './draws.ts';
import { FAMILIES } from './families.ts';

/** A question that customers ask, in the wordings in which they ask it. */
export interface Topic {
  readonly name: string;
  readonly wordings: readonly string[];
  /** Topics that sound like it and have another answer. */
  readonly near: { readonly kind: string; readonly topic: string }[];
}

export interface Catalogue {
  readonly topics: readonly Topic[];
  readonly byName: ReadonlyMap<string, Topic>;
  readonly missing: readonly string[];
}

/**
 * What a help desk is asked: families of templates, and the pairs of the cache bench, of which people say whether one answer serves both.
 *
 * @param shared use the labelled question pairs that are kept outside the repository, too
 */
export function catalogue(draws: Draws, shared: boolean): Catalogue {
  const data = readData();
  const pairs = [...data.traps, ...data.own, ...(shared ? (data.quora ?? []) : [])];
  const told = labelled(pairs);
  const topics = [...templated(told), ...told];
  return {
    topics: draws.shuffled(topics),
    byName: new Map(topics.map((topic) => [topic.name, topic])),
    missing: shared ? data.missing.filter((reason) => reason.startsWith('quora')) : [],
  };
}

/** A template whose text is among the labelled ones is that topic: the same words must not have two answers. */
function templated(told: readonly Topic[]): Topic[] {
  const known = new Map(told.flatMap(({ name, wordings }) => wordings.map((text) => [text, name] as const)));
  return FAMILIES.flatMap(({ kind, forms, variants }, at) => {
    const name = (variant: string) =>
      forms.map((form) => known.get(form.replace('{}', variant))).find((one) => one !== undefined) ??
      `family-${at}/${variant}`;
    return variants.map((variant) => ({
      name: name(variant),
      wordings: forms.map((form) => form.replace('{}', variant)),
      near: variants.filter((other) => other !== variant).map((other) => ({ kind, topic: name(other) })),
    }));
  });
}

/** Texts that are labelled as the same question, directly or by way of others, are one topic. */
function labelled(
  pairs: readonly { readonly a: string; readonly b: string; readonly same: boolean; readonly kind?: string }[],
): Topic[] {
  const parent = new Map<string, string>();
  const root = (text: string): string => {
    const above = parent.get(text);
    if (above === undefined || above === text) return text;
    const top = root(above);
    parent.set(text, top);
    return top;
  };
  for (const { a, b, same } of pairs) {
    for (const text of [a, b]) if (!parent.has(text)) parent.set(text, text);
    if (same) parent.set(root(a), root(b));
  }
  const topics = new Map<string, { name: string; wordings: string[]; near: { kind: string; topic: string }[] }>();
  for (const text of parent.keys()) {
    const name = root(text);
    const topic = topics.get(name) ?? { name, wordings: [], near: [] };
    topics.set(name, topic);
    topic.wordings.push(text);
  }
  for (const { a, b, same, kind } of pairs) {
    const [one, other] = [root(a), root(b)];
    if (same || one === other) continue;
    topics.get(one)?.near.push({ kind: kind ?? 'unlike', topic: other });
    topics.get(other)?.near.push({ kind: kind ?? 'unlike', topic: one });
  }
  return [...topics.values()];
}
