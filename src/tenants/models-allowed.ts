import type { Config, Model } from '../config/config.ts';
import type { ModelList, Policy } from '../config/tenant-config.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';

/** The name by which a client asks for what its operator chose for it. */
export const DEFAULT_MODEL = 'default';

/** The model that a client's word stands for: its own, or the one configured as `chain` where it says `default`. */
export function modelNameFor(policy: Policy, asked: string): string {
  return asked === DEFAULT_MODEL ? (policy.chain ?? asked) : asked;
}

/**
 * Whether every allow-list has the model, by the name asked for. A model that is not configured is its one target too, so a list with
 * `openai/gpt-4o` has `gpt-4o` where that is OpenAI's; not the other way round, as another provider's could be meant. A configured chain
 * is only ever allowed by its name, whatever its targets are.
 */
export function isModelAllowed(policy: Policy, model: Model, configured: Config['models']): boolean {
  if (policy.allow.length === 0) return true;
  const [target] = model.targets;
  const plain = configured.has(model.name) ? undefined : target;
  return policy.allow.every((list) => holds(list, model.name) || (plain !== undefined && holds(list, plain.id)));
}

/** Whether every allow-list has the name: for one that stands for a choice among models, each of which must be on the lists as well. */
export function isNameAllowed({ allow }: Policy, name: string): boolean {
  return allow.every((list) => holds(list, name));
}

/** 403, naming what is allowed. */
export function modelNotAllowed(policy: Policy, asked: string): Failure {
  const lists = policy.allow.map(({ names, prefixes }) =>
    [...names, ...prefixes.map((prefix) => `${prefix}*`)].join(', '),
  );
  const shown = asked.length > LONGEST_SHOWN ? `${asked.slice(0, LONGEST_SHOWN)}...` : asked;
  return ownFailure(
    'model_not_allowed',
    `The model ${JSON.stringify(shown)} is not allowed for this key. Allowed: ${lists.join('; of these: ')}.`,
  );
}

const LONGEST_SHOWN = 80;

function holds({ names, prefixes }: ModelList, name: string): boolean {
  return names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
