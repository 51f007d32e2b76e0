import { claudeVersion } from '../dialects/messages/model-habits.ts';
import { tokenMargin } from './token-margin.ts';

/**
 * How many tokens of its own a model usually makes of one of o200k_base: what plans and reports multiply by, where {@link tokenMargin} is for
 * bounds that must hold. The same sources: 1.18 for Claude up to 4.6, 1.53 since 4.7, measured on a mix of prose and code. 1 where no model is named.
 */
export function tokenFactor(model: string): number {
  if (model === '' || tokenMargin(model).foreign === 0) return 1;
  if (!model.includes('claude')) return 1.15;
  const version = claudeVersion(model);
  return version !== undefined && version < 407 ? 1.18 : 1.53;
}
