import type { Kind, Question } from './request.ts';

/** Answers are about so long, tokens; the same whichever model answers. */
const ANSWER_TOKENS: Readonly<Record<Kind, readonly [least: number, most: number]>> = {
  faq: [60, 160],
  poll: [20, 30],
  classify: [16, 24],
  extract: [40, 80],
  contract: [60, 120],
  research: [250, 500],
  reasoning: [300, 700],
  coding: [120, 300],
};

/** A question of a tenant; `name` tells it from the tenant's others. */
export function question(
  tenant: string,
  kind: Kind,
  name: string,
  more: Partial<Pick<Question, 'needs' | 'call' | 'json'>> = {},
): Question {
  const id = `${tenant}/${kind}/${name}`;
  const [least, most] = ANSWER_TOKENS[kind];
  const at = fnv(id);
  return {
    id,
    kind,
    truth: `ref ${at.toString(16).padStart(8, '0')}`,
    needs: more.needs ?? [],
    answerTokens: least + (at % (most - least + 1)),
    call: more.call,
    json: more.json ?? false,
  };
}

/** FNV-1a over all of a text: two questions must not share their reference. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
