import type { ProviderFamily } from '../family.ts';
import { ANTHROPIC_RULES } from './anthropic.ts';
import { AZURE_RULES } from './azure.ts';
import { BEDROCK_RULES } from './bedrock.ts';
import { COMMON_RULES } from './common.ts';
import { GEMINI_RULES } from './gemini.ts';
import { GROQ_RULES } from './groq.ts';
import { CEREBRAS_RULES, DEEPSEEK_RULES, FIREWORKS_RULES, TOGETHER_RULES, XAI_RULES } from './hosts.ts';
import { LMSTUDIO_RULES, OLLAMA_RULES, VLLM_RULES } from './local.ts';
import { MISTRAL_RULES } from './mistral.ts';
import { OPENAI_RULES } from './openai.ts';
import { OPENROUTER_RULES } from './openrouter.ts';
import { compileRules, type Rule, type RuleBook } from './rule.ts';

const OWN_RULES: Readonly<Record<Exclude<ProviderFamily, 'generic'>, readonly Rule[]>> = {
  openai: OPENAI_RULES,
  azure: AZURE_RULES,
  anthropic: ANTHROPIC_RULES,
  gemini: GEMINI_RULES,
  mistral: MISTRAL_RULES,
  groq: GROQ_RULES,
  openrouter: OPENROUTER_RULES,
  together: TOGETHER_RULES,
  fireworks: FIREWORKS_RULES,
  deepseek: DEEPSEEK_RULES,
  xai: XAI_RULES,
  cerebras: CEREBRAS_RULES,
  bedrock: BEDROCK_RULES,
  vllm: VLLM_RULES,
  ollama: OLLAMA_RULES,
  lmstudio: LMSTUDIO_RULES,
};

/** A family's own rules, then everybody's: compiled once at start. */
const BOOKS: ReadonlyMap<string, RuleBook> = new Map(
  Object.entries(OWN_RULES).map(([family, own]) => [family, compileRules([...own, ...COMMON_RULES])]),
);

/** Nobody knows what stands there: a server of one's own, or a gateway that passes on whatever its providers say. */
const GENERIC = compileRules([...Object.values(OWN_RULES).flat(), ...COMMON_RULES]);

/** The rules by which a family's errors are read. */
export function rulesOf(family: ProviderFamily): RuleBook {
  return BOOKS.get(family) ?? GENERIC;
}
