import type { InputMeasure } from './input-measure.ts';

/**
 * Tokens of one picture at most. From measurements of November 2026, a 12-megapixel photo: GPT-6 14,364, GPT-5.5 11,868, Claude 4,005,
 * Gemini 1,100; gpt-4o-mini charges 2,833 and 5,667 for each of at most 8 tiles; Qwen2-VL allows 16,384.
 */
const IMAGE_BOUNDS: readonly (readonly [model: RegExp, tokens: number])[] = [
  [/4o-mini/, 50_000],
  [/claude/, 6000],
  [/gemini/, 4000],
];
const IMAGE_BOUND = 20_000;
/** What a picture usually is. */
const IMAGE_ESTIMATE = 1500;

/** The least a document is taken for. A page is at most some 4,500 tokens as text and picture; most take more bytes than that. */
const DOCUMENT_LEAST = 20_000;
/** Bytes of a document's base64 that make a token, usually. */
const DOCUMENT_BYTES_A_TOKEN = 10;

/** Bytes of sound's base64 for a token: Gemini counts 32 tokens a second, and the thinnest speech takes 750 bytes for it. */
const AUDIO_BYTES_A_TOKEN = 16;

/** Where neither the size of what the provider fetches nor the model's context window is known. */
const REFERENCE_BOUND = 1_000_000;
const REFERENCE_ESTIMATE = 5000;

/** What a provider adds itself: the conversation's frame; and Anthropic's instructions for tools, up to 800. */
const FRAME_BOUND = 50;
const TOOLS_BOUND = 1000;

/** The average in prose and code. */
const BYTES_A_TOKEN = 4;

/**
 * The most input tokens a call can have. Every token is at least one byte of the body; what is no text has bounds of its own, above. A
 * provider that runs tools itself (web search, file search, code, MCP servers) reads on, and nothing in the request says how much.
 *
 * @param contextWindow tokens the model reads at most, where known: a longer request is refused and costs nothing
 */
export function inputBound(measure: InputMeasure, model: string, contextWindow: number | undefined): number {
  const { textBytes, images, documents, audioBytes, references, hasTools } = measure;
  let bound = textBytes + FRAME_BOUND + (hasTools ? TOOLS_BOUND : 0);
  if (images > 0) bound += images * imageBound(model);
  for (const bytes of documents) bound += Math.max(bytes, DOCUMENT_LEAST);
  bound += Math.ceil(audioBytes / AUDIO_BYTES_A_TOKEN);
  if (references > 0) bound += references * (contextWindow ?? REFERENCE_BOUND);
  return Math.min(bound, contextWindow ?? bound);
}

/** The input tokens a call probably has: for a bill that the provider never sent. */
export function inputEstimate(measure: InputMeasure, contextWindow: number | undefined): number {
  const { textBytes, images, documents, audioBytes, references } = measure;
  let estimate = Math.ceil(textBytes / BYTES_A_TOKEN) + images * IMAGE_ESTIMATE + references * REFERENCE_ESTIMATE;
  for (const bytes of documents) estimate += Math.ceil(bytes / DOCUMENT_BYTES_A_TOKEN);
  estimate += Math.ceil(audioBytes / AUDIO_BYTES_A_TOKEN);
  return Math.min(estimate, contextWindow ?? estimate);
}

/**
 * The bound where the text was counted: what the counter found in place of the bytes, all else as before.
 *
 * @param textTokens from the {@link TokenCounter}, margin included
 */
export function countedBound(
  measure: InputMeasure,
  textTokens: number,
  model: string,
  contextWindow: number | undefined,
): number {
  return inputBound({ ...measure, textBytes: Math.min(textTokens, measure.textBytes) }, model, contextWindow);
}

function imageBound(model: string): number {
  return IMAGE_BOUNDS.find(([pattern]) => pattern.test(model))?.[1] ?? IMAGE_BOUND;
}
