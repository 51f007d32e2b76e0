import type { Capabilities, Capability } from '../dialects/capability.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { claudeVersion } from '../dialects/messages/model-habits.ts';
import { KNOWN_MODELS, type ModelEntry } from './known-models.ts';
import type { PresetName } from './presets.ts';

/** What is known of a model by its name, before anybody configures it. */
export interface ModelFacts {
  readonly capabilities: Capabilities;
  /** The kinds of call the model has, where that is less than its provider's. */
  readonly speaks: readonly Endpoint[] | undefined;
  /** Tokens of an answer at most. */
  readonly maxOutputTokens: number | undefined;
}

export const NOTHING_KNOWN: ModelFacts = Object.freeze({
  capabilities: Object.freeze({}),
  speaks: undefined,
  maxOutputTokens: undefined,
});

/** What is known of an upstream model at a preset; little or nothing for most, and for every model elsewhere. */
export function factsOf(preset: PresetName | undefined, model: string): ModelFacts {
  if (preset === undefined) return NOTHING_KNOWN;
  if (preset === 'anthropic') return claudeFacts(model);
  const entry = KNOWN_MODELS[preset]?.find(({ models }) => models.test(model));
  return entry === undefined ? NOTHING_KNOWN : factsIn(entry);
}

function factsIn({ has = [], lacks = [], speaks, maxOutputTokens }: ModelEntry): ModelFacts {
  return { capabilities: { ...all(has, true), ...all(lacks, false) }, speaks, maxOutputTokens };
}

function all(capabilities: readonly Capability[], can: boolean): Capabilities {
  return Object.fromEntries(capabilities.map((capability) => [capability, can]));
}

/** From this one on Claude refuses a prefill: https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6#prefill-removal */
const WITHOUT_PREFILL = 406;
/** Opus 4.1 is the first with structured outputs: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
const WITH_SCHEMA = 401;
/** The first that thinks: https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
const WITH_THINKING = 307;

/**
 * Claude's abilities go by version, not by name. Sources beside those above: the models overview and Anthropic's API reference, which
 * has no log-probabilities and no sound.
 */
function claudeFacts(model: string): ModelFacts {
  const version = claudeVersion(model);
  if (version === undefined) return NOTHING_KNOWN;
  const schema: Capabilities = version < WITH_SCHEMA ? { schema: false } : {};
  const reasoning: Capabilities = version < WITH_THINKING ? { reasoning: false } : {};
  return {
    capabilities: {
      ...(version < 300 ? {} : { vision: true, tools: true }),
      audio: false,
      customTools: false,
      logprobs: false,
      ...schema,
      ...reasoning,
      prefill: version < WITHOUT_PREFILL,
    },
    speaks: undefined,
    maxOutputTokens: claudeCap(model, version),
  };
}

/** https://platform.claude.com/docs/en/about-claude/models/overview. Undefined from 4.7 on: not read yet. */
function claudeCap(model: string, version: number): number | undefined {
  if (version < 305) return 4096;
  if (version < 307) return 8192;
  if (version > 406) return undefined;
  if (!model.includes('opus')) return 64_000;
  return version < 405 ? 32_000 : version < 406 ? 64_000 : 128_000;
}
