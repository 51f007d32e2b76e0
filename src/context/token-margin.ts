import { claudeVersion } from '../dialects/messages/model-habits.ts';

/** OpenAI's models since GPT-4o: their tokenizer is the one we have. */
const O200K = /(?:^|\/)(?:ft:)?(?:gpt-(?:4o|4\.[15]|[5-9]|\d\d|oss)|chatgpt-4o|o\d|codex|computer-use)/;

/**
 * By how much a model's own tokens may be more than those of o200k_base.
 *
 * Measured by others against Anthropic's counting endpoint (2026): Claude up to 4.6 takes 1.18 times as many for mixed prose and code, since
 * 4.7 1.53 times; code and tables lie up to a quarter above the mix. For the rest no figures of that kind are known: vocabularies from
 * 128,000 entries on (Llama 3, Qwen, DeepSeek, Mistral's Tekken, Gemini) lie within 1.2, older ones of 32,000 near 1.4.
 */
export function tokenMargin(model: string): TokenMargin {
  if (O200K.test(model)) return EXACT;
  if (!model.includes('claude')) return { factor: 1.5, foreign: 0.75 };
  const version = claudeVersion(model);
  return { factor: version !== undefined && version < 407 ? 1.45 : 1.9, foreign: 0.75 };
}

export interface TokenMargin {
  readonly factor: number;
  /**
   * Added for each byte that a text has beyond one a character: other scripts than Latin are where vocabularies differ most (o200k_base
   * needs a third of the tokens of its forerunner for Hindi).
   */
  readonly foreign: number;
}

/** Special tokens and the frame of messages are counted, but not as every model has them. */
const EXACT: TokenMargin = { factor: 1.02, foreign: 0 };
