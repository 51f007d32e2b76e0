/** The guards of the semantic cache: who may ask it, and which near question may answer. docs/cache.md explains them. */
export { profileOf } from './build-profile.ts';
export { comparePair, type PairVerdict } from './compare.ts';
export { checkEligibility, type Eligibility } from './eligibility.ts';
export type { QuestionProfile } from './profile.ts';
export { ELIGIBILITY_DEFAULTS, type EligibilityLimits, type SemanticQuestion } from './question.ts';
export { INELIGIBLE_REASONS, type IneligibleReason, VETO_REASONS, type VetoReason } from './reasons.ts';
export { compareFollowUps } from './same-words.ts';
export { GUARD_VERSION } from './version.ts';
