import {
  type AnswerKind,
  type Behaviour,
  type BreakKind,
  type ConnectionFault,
  change,
  type Wire,
} from './behaviour.ts';
import { PLAIN_STATUSES, PROVIDER_ERRORS } from './provider-errors.ts';
import type { HintName } from './retry-hints.ts';

/** When the terms that follow it in the name apply. */
export type Gate =
  | { readonly kind: 'first'; readonly count: number }
  | { readonly kind: 'every'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number };

/** A term's parameters, in the order of its syntax; absent where its optional part is. Durations in ms, sizes in bytes. */
export type Values = readonly (number | undefined)[];

/**
 * One word of the grammar. In `syntax`, `{count}`, `{duration}`, `{size}` and `{share}` are parameters and `[...]` is
 * optional. A term either changes a behaviour or is a gate.
 */
export interface Term {
  readonly syntax: string;
  readonly meaning: string;
  readonly apply?: (behaviour: Behaviour, values: Values) => Behaviour;
  readonly gate?: (values: Values) => Gate;
}

const refuse = (status: number): Term => ({
  syntax: String(status),
  meaning: `HTTP ${status} in the words of the dialect`,
  apply: (b) => change(b, { reply: { error: { status }, hints: [], html: false } }),
});

const provider = (name: string, meaning: string): Term => {
  const error = PROVIDER_ERRORS[name] ?? { status: 500 };
  return { syntax: name, meaning, apply: (b) => change(b, { reply: { error, hints: [], html: false } }) };
};

/** Hints follow an error; on a behaviour without one the name has no meaning, and {@link parseBehaviour} says so. */
const hint = (syntax: string, name: HintName, meaning: string, defaultMs = 0): Term => ({
  syntax,
  meaning,
  apply: (b, [ms]) => {
    if (b.reply === undefined) throw new RangeError(`"${syntax}" must follow an error`);
    return change(b, { reply: { ...b.reply, hints: [...b.reply.hints, { name, ms: ms ?? defaultMs }] } });
  },
});

const connection = (name: ConnectionFault, meaning: string): Term => ({
  syntax: name,
  meaning,
  apply: (b) => change(b, { connection: name }),
});

const breaks = (kind: BreakKind, syntax: string, meaning: string): Term => ({
  syntax,
  meaning,
  apply: (b, [at]) => change(b, { break: { kind, at } }),
});

const answer = (kind: AnswerKind, meaning: string, syntax: string = kind): Term => ({
  syntax,
  meaning,
  apply: (b) => change(b, { answer: kind }),
});

const wire = (syntax: string, changes: Partial<Wire>, meaning: string): Term => ({
  syntax,
  meaning,
  apply: (b) => change(b, { wire: { ...b.wire, ...changes } }),
});

const gate = (syntax: string, meaning: string, build: (values: Values) => Gate): Term => ({
  syntax,
  meaning,
  gate: build,
});

/** The whole grammar, by heading: what the parser reads and what `docs/simulator.md` lists. */
export const TERMS: Readonly<Record<string, readonly Term[]>> = {
  'Good answers': [
    { syntax: 'ok', meaning: 'a good answer: the default', apply: (b) => b },
    answer('other-text', 'another text for the same prompt'),
    answer('echo', "the last user message's text"),
    answer('tools', 'a tool call: the first function the request offers, or `get_weather`; arguments in parts'),
    answer('parallel-tools', 'two tool calls'),
    answer('json', "JSON that fits the request's schema"),
    {
      syntax: 'thinking',
      meaning: 'thinks eight tokens first: `reasoning_content`, a thinking block, a reasoning summary',
      apply: (b) => change(b, { thinks: true }),
    },
    answer('refusal', 'a refusal: content is null, `refusal` says why'),
    {
      syntax: 'length',
      meaning: 'stops with `finish_reason: length`',
      apply: (b) => change(b, { forceLength: true }),
    },
    answer('filtered', 'stops half way with `finish_reason: content_filter`'),
    {
      syntax: 'no-prefill',
      meaning:
        'good, but a request that ends with an assistant message gets the 400 "does not support assistant message prefill"',
      apply: (b) => change(b, { refusesPrefill: true }),
    },
  ],
  'Length, usage and limits': [
    { syntax: 'long-{count}', meaning: 'an answer of so many tokens', apply: (b, [n]) => change(b, { tokens: n }) },
    {
      syntax: 'x{count}',
      meaning: 'the same, shorter: `paced-10ms-x100`',
      apply: (b, [n]) => change(b, { tokens: n }),
    },
    {
      syntax: 'usage-{count}-{count}',
      meaning: 'reports so many prompt and completion tokens',
      apply: (b, [prompt = 0, completion = 0]) => change(b, { usage: { prompt, completion } }),
    },
    {
      syntax: 'cached-{count}',
      meaning: "reports so many of the prompt's tokens as read from the cache",
      apply: (b, [n]) => change(b, { cached: n }),
    },
    {
      syntax: 'prompt-cache',
      meaning: 'reports as read from the cache what an earlier prompt of the same model and key began with',
      apply: (b) => change(b, { promptCache: true }),
    },
    {
      syntax: 'window-{count}',
      meaning: 'prompts of more tokens get the 400 `context_length_exceeded`',
      apply: (b, [n]) => change(b, { contextWindow: n }),
    },
    {
      syntax: 'capacity-{count}',
      meaning: 'more requests of this model in flight get the 503 `server_is_overloaded`',
      apply: (b, [n]) => change(b, { capacity: n }),
    },
  ],
  Pace: [
    {
      syntax: 'slow-headers-{duration}',
      meaning: 'nothing at all for so long; errors wait too',
      apply: (b, [ms = 0]) => change(b, { headersMs: ms }),
    },
    {
      syntax: 'slow-first-token-{duration}',
      meaning: 'headers (and the role event) at once, then nothing for so long',
      apply: (b, [ms]) => change(b, { firstTokenMs: ms }),
    },
    {
      syntax: 'prefill-{duration}',
      meaning: 'so long before the first token for each thousand tokens of the prompt; for cached ones a tenth of it',
      apply: (b, [ms = 0]) => change(b, { prefillMs: ms }),
    },
    {
      syntax: 'slow-tokens-{duration}',
      meaning: 'so long before each token',
      apply: (b, [ms]) => change(b, { firstTokenMs: ms, tokenMs: ms }),
    },
    {
      syntax: 'paced-{duration}',
      meaning: 'tokens exactly so far apart, the first at once, each in a write of its own',
      apply: (b, [ms]) => change(b, { firstTokenMs: 0, tokenMs: ms }),
    },
    {
      syntax: 'burst',
      meaning: 'no waiting, whatever the pace of the simulator',
      apply: (b) => change(b, { firstTokenMs: 0, tokenMs: 0 }),
    },
    wire('separate-writes', { separateWrites: true }, 'no waiting between events, but each in a write of its own'),
  ],
  Errors: PLAIN_STATUSES.map(refuse),
  'Errors of providers': Object.entries(PROVIDER_ERRORS).map(([name, error]) => provider(name, error.meaning)),
  'Hints, behind an error': [
    hint('after-{duration}', 'retry-after', '`retry-after` in seconds'),
    hint('after-ms-{count}', 'retry-after-ms', '`retry-after-ms`'),
    hint('date[-{duration}]', 'retry-after-date', '`retry-after` as an HTTP date, 2 s ahead or as given', 2000),
    hint('negative', 'retry-after-negative', '`retry-after: -5`'),
    hint('garbage', 'retry-after-garbage', '`retry-after: soon, we hope`'),
    hint('reset-in-{duration}', 'ratelimit-reset', '`x-ratelimit-reset-requests` as a Go duration'),
    hint('should-retry', 'should-retry', '`x-should-retry: true`'),
    hint('should-not-retry', 'should-not-retry', '`x-should-retry: false`'),
  ],
  'On the connection': [
    connection('reset', 'RST before the headers'),
    connection('reset-reused', 'RST when the request comes on a connection that has served one before'),
    connection('hang-up', 'closes the connection without an answer'),
    connection('silent', 'accepts and never answers'),
    connection('bad-http', 'bytes that are not HTTP'),
    connection('cut-headers', 'closes the connection in the middle of the headers'),
    connection('comments-only', 'a stream of `: keep-alive` comments, one a second, and never an event'),
  ],
  'In the middle of an answer': [
    breaks('cut', 'cut[-at-{count}]', 'closes the connection after so many tokens (default: half)'),
    breaks('cut-clean', 'cut-clean[-at-{count}]', 'ends the body cleanly, without finish reason or `[DONE]`'),
    breaks('reset', 'reset-at-{count}', 'RST'),
    breaks('stall', 'stall[-at-{count}]', 'sends nothing more and keeps the connection open'),
    breaks('error-event', 'error-event[-at-{count}]', 'an in-band error, then the end of the body'),
    {
      syntax: 'bad-json-event[-at-{count}]',
      meaning: 'one malformed event after so many tokens (default: none); the stream goes on',
      apply: (b, [at]) => change(b, { malformedAt: at ?? 0 }),
    },
  ],
  'A 200 that is a failure': [
    {
      syntax: 'html',
      meaning: 'an HTML page; behind an error, as its body: `502-html`',
      apply: (b) =>
        b.reply === undefined ? change(b, { answer: 'html' }) : change(b, { reply: { ...b.reply, html: true } }),
    },
    answer('not-json', 'a body that is not JSON'),
    answer('empty-body', 'no body at all'),
    answer('empty-sse', 'a stream without events, ended cleanly'),
    answer('empty-choices', '`choices: []`'),
    answer('null-content', 'null content without tool calls'),
    answer('error-in-200', 'an error object as the body'),
    {
      syntax: 'error-event-before-delta',
      meaning: 'the role event, then an in-band error',
      apply: (b) => change(b, { break: { kind: 'error-event', at: 0 } }),
    },
    answer('bad-tool-args', 'a tool call whose arguments are broken JSON'),
    answer('wrong-json', "JSON that does not fit the request's schema"),
    answer('repeat', 'the same five words over and over'),
    wire('no-finish', { finish: false }, 'no finish reason, though the stream ends with `[DONE]`'),
  ],
  'On the wire (the answer stays good)': [
    wire('bytes', { slicing: 'bytes' }, 'one byte at a time'),
    wire('split-emoji', { slicing: 'inside-characters', emoji: true }, 'emoji, each split over two writes'),
    {
      syntax: 'headers-dribble[-{duration}]',
      meaning: 'the response head one byte at a time, so long apart',
      apply: (b, [ms]) => change(b, { wire: { ...b.wire, dribbleMs: ms ?? 0 } }),
    },
    wire('crlf', { lineEnd: '\r\n' }, 'events end in CRLF'),
    wire('cr', { lineEnd: '\r' }, 'events end in a lone CR'),
    wire('bom', { byteOrderMark: true }, 'a byte order mark before the first event'),
    wire('no-space', { spaceAfterColon: false }, '`data:` without the space'),
    wire('data-lines', { splitDataLines: true }, "each event's JSON over two `data:` lines"),
    wire('comments', { comments: true }, 'a comment before each event'),
    wire('no-done', { done: false }, 'no `[DONE]` after the finish reason'),
    wire('no-usage', { usage: false }, 'no usage, though asked for'),
    wire('linger', { linger: true }, 'the response stays open after its last event'),
    {
      syntax: 'big-event[-{size}]',
      meaning: 'one event of 256 KiB or as given: `big-event-5MiB`',
      apply: (b, [bytes]) => change(b, { answer: 'big-event', bigEventBytes: bytes ?? b.bigEventBytes }),
    },
  ],
  'Gates: the terms behind one apply to some requests, the rest are without them': [
    gate('once', 'the first request of this model', () => ({ kind: 'first', count: 1 })),
    gate('times-{count}', 'the first so many', ([count = 1]) => ({ kind: 'first', count })),
    gate('every-{count}', 'every so many-th', ([count = 1]) => ({ kind: 'every', count })),
    gate('flaky-{share}', 'a random share, 0 to 1 (alone: `500`)', ([share = 0]) => ({ kind: 'share', share })),
  ],
};
