import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { Endpoint } from './endpoint.ts';
import type { JsonKind, JsonMembers } from './json-members.ts';
import { describe, type ReadBody, readBody } from './request-body.ts';

/** Why a request cannot be understood. Goes to the client as a 400. */
export interface RequestFault {
  readonly ok: false;
  readonly code: 'invalid_json' | 'missing' | 'wrong_type' | 'ambiguous';
  /** Says what is wrong and where, for a person. */
  readonly message: string;
  /** The field that is wrong, where it is one. */
  readonly param: string | undefined;
}

/** A request of an OpenAI dialect, with what routing and relaying need. All other fields are the upstream's to judge. */
export interface OpenAiRequest {
  readonly ok: true;
  /** The parsed body: parsed when it is first asked for. */
  readonly json: JsonRecord;
  /** The body as it came, with its top level known: for the changes each target needs. */
  readonly body: JsonMembers;
  readonly model: string;
  readonly stream: boolean;
  /** The client gets usage at the end of the stream: it asked for it, or its dialect always tells. */
  readonly includeUsage: boolean;
  /** Choices asked for: `n` of every prompt. */
  readonly choices: number;
  /** Prompts of the old completions, which may bring many; 1 everywhere else. */
  readonly prompts: number;
  /**
   * The most tokens the client wants, undefined where it did not say in its endpoint's own words, or says nothing that every provider
   * takes for a cap. Of two caps the larger: which one a provider heeds is not known.
   */
  readonly maxTokens: number | undefined;
  /** Tools or functions are offered. */
  readonly hasTools: boolean;
  /** The answer must be JSON (`response_format` other than `text`). */
  readonly hasSchema: boolean;
}

export type ReadRequest = OpenAiRequest | RequestFault;

type Check = (members: JsonMembers) => RequestFault | undefined;

/**
 * Reads the body of a call, as far as routing needs. Never throws for anything a client can send.
 *
 * @param readAs in place of {@link readBody}, for who has read the same before
 */
export function readOpenAiRequest(
  endpoint: Endpoint,
  bytes: Buffer,
  readAs: (bytes: Buffer) => ReadBody = readBody,
): ReadRequest {
  const read = readAs(bytes);
  if (!read.ok) return { ok: false, code: read.code, message: read.message, param: undefined };
  const { members } = read;
  const twice = ambiguity(members);
  if (twice !== undefined) return twice;
  for (const check of CHECKS[endpoint]) {
    const found = check(members);
    if (found !== undefined) return found;
  }
  const stream = STREAMED.has(endpoint) && members.value('stream') === true;
  const options = stream ? members.value('stream_options') : undefined;
  const openAi = endpoint !== 'messages' && endpoint !== 'responses';
  const format = members.value('response_format');
  const prompts = endpoint === 'completions' ? promptsIn(members) : 1;
  return {
    ok: true,
    get json() {
      return members.json;
    },
    body: members,
    model: String(members.value('model')),
    stream,
    includeUsage: !openAi || (isRecord(options) && options.include_usage === true),
    choices: ((openAi ? numberOf(members.value('n')) : undefined) ?? 1) * prompts,
    prompts,
    maxTokens: capIn(members, CAPS[endpoint]),
    hasTools: members.hasItems('tools') || members.hasItems('functions'),
    hasSchema: isRecord(format) && format.type !== undefined && format.type !== 'text',
  };
}

/** The same call with another body: what is routed and answered by stays. */
export function withBody(call: OpenAiRequest, body: JsonMembers): OpenAiRequest {
  const { ok, model, stream, includeUsage, choices, prompts, maxTokens, hasTools, hasSchema } = call;
  return {
    ok,
    get json() {
      return body.json;
    },
    body,
    model,
    stream,
    includeUsage,
    choices,
    prompts,
    maxTokens,
    hasTools,
    hasSchema,
  };
}

/** By what names an endpoint knows the cap on an answer. Those of another mean nothing there: most servers pass them over. */
const CAPS: Readonly<Record<Endpoint, readonly string[]>> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  completions: ['max_tokens'],
  embeddings: [],
  messages: ['max_tokens'],
  'count-tokens': [],
  responses: ['max_output_tokens'],
};

/** Some servers take a cap below one for none at all. */
function capIn(members: JsonMembers, names: readonly string[]): number | undefined {
  let cap: number | undefined;
  for (const name of names) {
    const value = members.value(name);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || !(value >= 1 && value < Number.POSITIVE_INFINITY)) return undefined;
    cap = Math.max(cap ?? 0, value);
  }
  return cap;
}

/** Texts, or lists of token numbers, each of which gets answers of its own; a list of numbers by itself is one. */
function promptsIn(members: JsonMembers): number {
  if (members.kind('prompt') !== 'array') return 1;
  const prompts = members.value('prompt');
  if (!Array.isArray(prompts)) return 1;
  return Math.max(1, prompts.filter((prompt) => typeof prompt !== 'number').length);
}

const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 1;
const INPUT: readonly JsonKind[] = ['string', 'array'];

const MODEL: readonly Check[] = [required('model', 'a string', ['string']), modelIsNamed];
const GENERATION: readonly Check[] = [
  optional('stream', 'a boolean', ['boolean']),
  optional('stream_options', 'an object', ['object']),
  optional('n', 'a whole number of at least 1', ['number'], isCount),
  optional('best_of', 'a whole number of at least 1', ['number'], isCount),
  optional('max_tokens', 'a number', ['number']),
];

/** What is checked, by endpoint: only what the proxy itself relies on. */
const CHECKS: Readonly<Record<Endpoint, readonly Check[]>> = {
  chat: [
    ...MODEL,
    required('messages', 'an array', ['array']),
    ...GENERATION,
    optional('max_completion_tokens', 'a number', ['number']),
  ],
  completions: [...MODEL, optional('prompt', 'a string or an array', INPUT), ...GENERATION],
  embeddings: [...MODEL, required('input', 'a string or an array', INPUT)],
  messages: [
    ...MODEL,
    required('messages', 'an array', ['array']),
    required('max_tokens', 'a number', ['number']),
    optional('stream', 'a boolean', ['boolean']),
  ],
  'count-tokens': [...MODEL, required('messages', 'an array', ['array'])],
  responses: [
    ...MODEL,
    optional('input', 'a string or an array', INPUT),
    optional('stream', 'a boolean', ['boolean']),
    optional('max_output_tokens', 'a number', ['number']),
  ],
};

const STREAMED: ReadonlySet<Endpoint> = new Set<Endpoint>(['chat', 'completions', 'messages', 'responses']);

function required(param: string, expected: string, kinds: readonly JsonKind[]): Check {
  return (members) => {
    const kind = members.kind(param);
    if (kind === undefined) {
      return { ok: false, code: 'missing', message: `Missing required parameter: '${param}'.`, param };
    }
    return kinds.includes(kind) ? undefined : wrongType(param, expected, members);
  };
}

/** `null` is as good as absent: several SDKs write out what was not set. */
function optional(
  param: string,
  expected: string,
  kinds: readonly JsonKind[],
  isRight?: (value: unknown) => boolean,
): Check {
  return (members) => {
    const kind = members.kind(param);
    if (kind === undefined || kind === 'null') return undefined;
    const right = kinds.includes(kind) && (isRight === undefined || isRight(members.value(param)));
    return right ? undefined : wrongType(param, expected, members);
  };
}

function wrongType(param: string, expected: string, members: JsonMembers): RequestFault {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${describe(members.value(param))} instead.`;
  return { ok: false, code: 'wrong_type', message, param };
}

function modelIsNamed(members: JsonMembers): RequestFault | undefined {
  if (members.value('model') !== '') return undefined;
  return { ok: false, code: 'missing', message: "Invalid value for 'model': it is empty.", param: 'model' };
}

/**
 * Refuses a body that another parser may read differently: what is decided here (who pays, how many choices, what is cached)
 * must be what the provider sees.
 *
 * - A repeated key: parsers take the first, the last, or fail.
 * - `Model` beside `model`, or `N`: Go's decoder matches keys whatever their case.
 * - A key with a backslash in it: V8 (13.6 in Node 24, 14.6 in Node 26) misreads an escaped key once it has parsed a certain
 *   other one: `"\u006e"` is then not `n` but a backslash (nodejs/node#63785). A client could prepare that with one request
 *   and hide `n` or `max_tokens` in the next.
 */
function ambiguity({ keys }: JsonMembers): RequestFault | undefined {
  if (new Set(keys).size !== keys.length)
    return ambiguous('The request has a key more than once: providers disagree on which counts.');
  for (const key of keys) {
    if (key.includes('\\')) return ambiguous(`The request has a key with a backslash: ${JSON.stringify(key)}.`);
    if (PLAIN_KEY.test(key)) continue;
    const known = foldedKey(key);
    if (known === 'model')
      return ambiguous(`The request has both 'model' and '${key}': providers disagree on which counts.`);
    if (RELIED_ON.has(known))
      return ambiguous(`The request has '${key}': providers disagree on whether that means '${known}'.`);
  }
  return undefined;
}

const PLAIN_KEY = /^[a-z0-9_]*$/;

/** What a budget, the cache or the guards go by, or a try sets anew. */
const RELIED_ON: ReadonlySet<string> = new Set([
  'background',
  'best_of',
  'conversation',
  'functions',
  'inference_geo',
  'input',
  'max_completion_tokens',
  'max_output_tokens',
  'max_tokens',
  'messages',
  'n',
  'prediction',
  'previous_response_id',
  'prompt',
  'response_format',
  'service_tier',
  'speed',
  'stream',
  'stream_options',
  'system',
  'tools',
]);

/** As Go's decoder folds it, to which the long s and the sign for kelvin are letters as well. */
function foldedKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function ambiguous(message: string): RequestFault {
  return { ok: false, code: 'ambiguous', message, param: undefined };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
