import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers, Span } from '../../dialects/json-members.ts';
import { WalkBack, type Work } from '../../dialects/walk-back.ts';
import { headOf, tailOf } from './json-text.ts';
import { HEAD_BYTES, type PromptFlags, type PromptText, promptOfParts, TAIL_BYTES } from './prompt-text.ts';
import { closingMark } from './reminders.ts';

/** Bytes that reading a request's last turn may look at: about half a millisecond of a slow core, whatever the request looks like. */
export const MOST_WORK = 262_144;

/** How a part begins tells whether a harness wrote it. */
const BEGINNING = 64;

/** Bytes from which a reminder is passed over without being read. */
const LONG_REMINDER = 1_024;

const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;

const ROLE = Buffer.from('role');
const TYPE = Buffer.from('type');
const CONTENT = Buffer.from('content');
const TEXT = Buffer.from('text');
const MESSAGE_KEYS = [ROLE, TYPE, CONTENT];
const PART_KEYS = [TYPE, TEXT];

const USER = Buffer.from('user');
const TOOL = Buffer.from('tool');
const FUNCTION = Buffer.from('function');
const CALL_OUTPUT = Buffer.from('_call_output');
const TOOL_RESULT = Buffer.from('tool_result');
/** `image`, `input_image`; `image_url` apart. */
const IMAGE = Buffer.from('image');
const IMAGE_URL = Buffer.from('image_url');

/** The texts of a turn as spans of bytes between quotes, and what else is in it. */
interface Turn {
  readonly texts: readonly Span[];
  readonly images: boolean;
  readonly results: boolean;
}

/**
 * The text of the user's last turn, from the request's bytes: instructions, tool schemas, results of tools, answers of the model and what a
 * harness adds are passed over. Of the conversation only what stands behind that turn is looked at, and nothing of it is parsed.
 *
 * @param work for tests: what is left of it tells what was used
 * @returns undefined where the request has no such text or it stands too far from the end to be found cheaply
 */
export function readPrompt(
  endpoint: Endpoint,
  body: JsonMembers,
  work: Work = { left: MOST_WORK },
): PromptText | undefined {
  const value = body.spans(memberOf(endpoint)).at(-1);
  if (value === undefined) return undefined;
  const { bytes } = body;
  if (bytes[value.start] === QUOTE && endpoint !== 'chat' && endpoint !== 'messages') {
    const text = { start: value.start + 1, end: value.end - 1 };
    return compose(bytes, { texts: [text], images: false, results: false }, flagsOf(body, false, false));
  }
  if (bytes[value.start] !== OPEN_ARRAY || endpoint === 'completions') return undefined;
  const walk = new WalkBack(bytes, value, MESSAGE_KEYS, work);
  let inToolLoop = false;
  while (walk.previous()) {
    if (walk.is(ROLE, USER)) {
      const turn = readTurn(bytes, walk.span(CONTENT), work);
      if (turn.results) inToolLoop = true;
      else if (turn.texts.length > 0) {
        const prompt = compose(bytes, turn, flagsOf(body, turn.images, inToolLoop));
        if (isBlank(prompt.head) && isBlank(prompt.tail)) continue;
        return prompt;
      }
    } else if (walk.is(ROLE, TOOL) || walk.is(ROLE, FUNCTION) || walk.endsWith(TYPE, CALL_OUTPUT)) {
      inToolLoop = true;
    }
  }
  return undefined;
}

function memberOf(endpoint: Endpoint): string {
  if (endpoint === 'completions') return 'prompt';
  return endpoint === 'responses' || endpoint === 'embeddings' ? 'input' : 'messages';
}

/** Parts from the last to the first: a turn of ten thousand parts costs its bytes and no more. */
function readTurn(bytes: Buffer, content: Span | undefined, work: Work): Turn {
  const texts: Span[] = [];
  let images = false;
  let results = false;
  if (content !== undefined && bytes[content.start] === QUOTE) {
    const text = { start: content.start + 1, end: content.end - 1 };
    if (isSaid(bytes, text)) texts.push(text);
  } else if (content !== undefined && bytes[content.start] === OPEN_ARRAY) {
    const parts = new WalkBack(bytes, content, PART_KEYS, work);
    while (parts.previous()) {
      if (parts.endsWith(TYPE, IMAGE) || parts.is(TYPE, IMAGE_URL)) images = true;
      if (parts.is(TYPE, TOOL_RESULT)) results = true;
      const text = parts.span(TEXT);
      if (text === undefined || bytes[text.start] !== QUOTE) continue;
      const span = { start: text.start + 1, end: text.end - 1 };
      if (isSaid(bytes, span)) texts.push(span);
    }
  }
  return { texts: texts.reverse(), images, results };
}

/**
 * Something, and not one long reminder, which would leave the head no room for what the user says. Shorter ones and those beside the user's
 * own words are taken out where the text is read.
 */
function isSaid(bytes: Buffer, text: Span): boolean {
  if (text.end - text.start < LONG_REMINDER) return text.end > text.start;
  const close = closingMark(headOf(bytes, text, BEGINNING));
  if (close === undefined) return true;
  const end = bytes.subarray(text.start, text.end).indexOf(close);
  // Up to a line end or two may follow.
  return end < 0 || end + close.length < text.end - text.start - 2 * '\\n'.length;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function compose(bytes: Buffer, { texts }: Turn, flags: PromptFlags): PromptText {
  let total = Math.max(0, texts.length - 1);
  for (const { start, end } of texts) total += end - start;
  if (total <= HEAD_BYTES + TAIL_BYTES) {
    return promptOfParts(texts.map((text) => headOf(bytes, text, total)).join('\n'), '', 0, flags);
  }
  const head: string[] = [];
  let room = HEAD_BYTES;
  for (const text of texts) {
    if (room <= 0) break;
    head.push(headOf(bytes, text, room));
    room -= text.end - text.start + 1;
  }
  const tail: string[] = [];
  room = TAIL_BYTES;
  for (let index = texts.length - 1; index >= 0 && room > 0; index--) {
    const text = texts[index];
    if (text === undefined) break;
    tail.unshift(tailOf(bytes, text, room));
    room -= text.end - text.start + 1;
  }
  return promptOfParts(head.join('\n'), tail.join('\n'), total - HEAD_BYTES - TAIL_BYTES, flags);
}

/** Members that ask for an answer in a form, with what they say where they do. */
const FORM_MEMBERS = ['response_format', 'text', 'output_format', 'output_config'];

function flagsOf(body: JsonMembers, images: boolean, inToolLoop: boolean): PromptFlags {
  return {
    tools: body.hasItems('tools') || body.hasItems('functions'),
    structured: FORM_MEMBERS.some((name) => asksForm(body, name)),
    images,
    inToolLoop,
  };
}

/** The type is written before the schema by every client; a schema is not searched. */
function asksForm(body: JsonMembers, name: string): boolean {
  if (body.kind(name) !== 'object') return false;
  const span = body.spans(name).at(-1);
  return (
    span !== undefined &&
    body.bytes.toString('latin1', span.start, Math.min(span.end, span.start + 256)).includes('"json')
  );
}
