/** Why a request takes no part in the semantic cache at all. */
export const INELIGIBLE_REASONS = [
  'tools',
  'multi-turn',
  'non-text',
  'choices',
  'logprobs',
  'temperature',
  'empty',
  'too-long',
  'code',
  'identifier',
  'contact',
  'reference',
  'action',
  'freshness',
  'personal',
] as const;

export type IneligibleReason = (typeof INELIGIBLE_REASONS)[number];

/**
 * Why a stored answer does not serve the question asked, the most telling first: where a pair differs in several ways, the
 * first of these is counted.
 */
export const VETO_REASONS = [
  'identifier',
  'number',
  'unit',
  'date',
  'language',
  'code',
  'negation',
  'antonym',
  'quantifier',
  'scope',
  'direction',
  'tense',
  'question',
  'entity',
  'form',
  'wording',
  'order',
  'too-long',
] as const;

export type VetoReason = (typeof VETO_REASONS)[number];
