import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { Tiktoken } from 'tiktoken/lite';
import { systemClock } from '../clock.ts';
import { isRecord, parseJsonText } from '../failures/json-record.ts';
import { LruMap } from '../lru-map.ts';
import { type PromptSketch, signatureOf, toolNameOf, usualForm } from './audit/sketch.ts';
import { countTexts } from './request-texts.ts';
import type { CountJob, PromptJob, TextsJob, TokenJob, TokenReply } from './token-counter.ts';
import { pieces } from './unbroken-runs.ts';

/** Texts remembered: an agent sends its whole past again with each request. */
const TEXTS_KEPT = 50_000;
/** Texts up to this length are their own key. */
const SHORT = 64;

interface Counted {
  readonly tokens: number;
  /** Bytes beyond one a character. */
  readonly foreign: number;
}

/** Its JSON: the module of the same name has types that fit another loader. */
const encoder: {
  readonly bpe_ranks: string;
  readonly special_tokens: Record<string, number>;
  readonly pat_str: string;
} = createRequire(import.meta.url)('tiktoken/encoders/o200k_base.json');
const tokenizer = new Tiktoken(encoder.bpe_ranks, encoder.special_tokens, encoder.pat_str);
const known = new LruMap<string, Counted>(TEXTS_KEPT);

/** Undefined: not in time. */
function countJob({ body, deadline, factor, foreign }: CountJob): number | undefined {
  const json = parseJsonText(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  let beyond = 0;
  const tokens = countTexts(json, (text) => {
    const counted = countText(text, deadline);
    beyond += counted?.foreign ?? 0;
    return counted?.tokens;
  });
  return tokens === undefined ? undefined : Math.ceil(tokens * factor + beyond * foreign);
}

function countText(text: string, deadline: number): Counted | undefined {
  const key = text.length <= SHORT ? text : hash('sha1', text, 'base64');
  const before = known.get(key);
  if (before !== undefined) return before;
  let tokens = 0;
  for (const piece of pieces(text)) {
    if (systemClock.now() > deadline) return undefined;
    tokens += tokenizer.encode_ordinary(piece).length;
  }
  const counted = { tokens, foreign: Buffer.byteLength(text) - text.length };
  known.set(key, counted);
  return counted;
}

function countEach({ texts, deadline }: TextsJob): readonly number[] | undefined {
  const each: number[] = [];
  for (const text of texts) {
    const counted = countText(text, deadline);
    if (counted === undefined) return undefined;
    each.push(counted.tokens);
  }
  return each;
}

function sketchOf({ prompt, tools, deadline }: PromptJob): PromptSketch | undefined {
  const whole = countText(prompt, deadline);
  if (whole === undefined) return undefined;
  const list = parseJsonText(tools);
  const counted: { name: string; tokens: number }[] = [];
  for (const tool of Array.isArray(list) ? list : []) {
    const tokens = countText(JSON.stringify(tool), deadline)?.tokens;
    if (tokens === undefined) return undefined;
    if (isRecord(tool)) counted.push({ name: toolNameOf(tool), tokens });
  }
  const usual = usualForm(prompt);
  return {
    tokens: whole.tokens,
    tools: counted,
    key: hash('sha256', usual, 'base64url').slice(0, 22),
    signature: signatureOf(usual),
  };
}

function replyTo(job: TokenJob): TokenReply {
  const { id, kind } = job;
  if (kind === 'body') return { id, kind, tokens: countJob(job) };
  if (kind === 'texts') return { id, kind, each: countEach(job) };
  return { id, kind, sketch: sketchOf(job) };
}

parentPort?.on('message', (job: TokenJob) => parentPort?.postMessage(replyTo(job)));
