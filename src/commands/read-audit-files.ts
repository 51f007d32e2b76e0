import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { codecs } from '../dialects/codecs.ts';
import type { ChatDialect } from '../dialects/conversation/request.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../failures/json-record.ts';
import { CommandFailed } from './command-failed.ts';

/** One request, or one prompt, out of a file. */
export interface AuditRequest {
  readonly dialect: ChatDialect;
  readonly body: JsonRecord;
  /** As the log names it; else the file. */
  readonly agent: string;
  /** Milliseconds since the epoch, where the log tells. */
  readonly at: number | undefined;
  /** Tools called in the conversation so far and in the answer; undefined: it holds neither. */
  readonly called: readonly string[] | undefined;
}

/** Where logs keep the request they tell of: OpenAI's and Anthropic's batch files, and what people name it themselves. */
const WRAPPERS = ['body', 'params', 'request', 'request_body', 'input_body'] as const;
const ANSWERS = ['response', 'response_body', 'answer', 'output_body'] as const;
const TIMES = ['at', 'time', 'timestamp', 'ts', 'created_at', 'started_at'] as const;

/**
 * Requests out of files: a text file is one system prompt; a JSON file is a request or a list of them; a file of JSON lines is a log, in
 * which each line is a request or holds one.
 *
 * @throws CommandFailed where a file cannot be read, or holds no request
 */
export async function* readAuditFile(path: string): AsyncGenerator<AuditRequest> {
  const agent = basename(path);
  let found = 0;
  for await (const value of valuesIn(path)) {
    const request = typeof value === 'string' ? promptOnly(value, agent) : readRecord(value, agent);
    if (request === undefined) continue;
    found++;
    yield request;
  }
  if (found === 0) throw new CommandFailed(`${path} holds no request in any dialect known here, and no text.`);
}

/** JSON values of a file, or its text. */
async function* valuesIn(path: string): AsyncGenerator<unknown> {
  if (/\.(?:jsonl|ndjson|log)$/i.test(path)) {
    yield* linesOf(path);
    return;
  }
  const text = await readText(path);
  const whole = parseJsonText(text);
  if (Array.isArray(whole)) yield* whole;
  else if (isRecord(whole)) yield whole;
  else if (isRecord(parseJsonText(text.slice(0, Math.max(0, text.indexOf('\n')))))) yield* linesOf(path);
  else if (text.trim() !== '') yield text;
}

async function* linesOf(path: string): AsyncGenerator<unknown> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      const value = parseJsonText(line);
      if (isRecord(value)) yield value;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CommandFailed {
  return new CommandFailed(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
}

function promptOnly(text: string, agent: string): AuditRequest {
  const body = { messages: [{ role: 'system', content: text }] };
  return { dialect: 'chat', body, agent, at: undefined, called: undefined };
}

function readRecord(value: unknown, file: string): AuditRequest | undefined {
  if (!isRecord(value)) return undefined;
  const body = requestIn(value);
  const dialect = body === undefined ? undefined : dialectOf(body);
  if (body === undefined || dialect === undefined) return undefined;
  const agent = typeof value.agent === 'string' && value.agent !== '' ? value.agent : file;
  return { dialect, body, agent, at: timeOf(value), called: callsIn(value, body, dialect) };
}

function requestIn(value: JsonRecord): JsonRecord | undefined {
  if (dialectOf(value) !== undefined) return value;
  for (const key of WRAPPERS) {
    const held = value[key];
    const inner = typeof held === 'string' ? parseJsonText(held) : held;
    if (isRecord(inner) && dialectOf(inner) !== undefined) return inner;
  }
  return undefined;
}

/** The dialect of a request by what only it has. */
function dialectOf({ messages, input, instructions, system, tools }: JsonRecord): ChatDialect | undefined {
  if (!Array.isArray(messages)) {
    const hasInput = typeof input === 'string' || Array.isArray(input);
    return hasInput || typeof instructions === 'string' ? 'responses' : undefined;
  }
  const first: unknown = Array.isArray(tools) ? tools[0] : undefined;
  return system !== undefined || (isRecord(first) && first.input_schema !== undefined) ? 'messages' : 'chat';
}

function timeOf(value: JsonRecord): number | undefined {
  for (const key of TIMES) {
    const time = value[key];
    // Seconds or milliseconds since the epoch; or a date.
    if (typeof time === 'number' && time > 0) return time < 1e11 ? time * 1000 : time;
    const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isNaN(parsed)) return parsed;
  }
  return undefined;
}

function callsIn(value: JsonRecord, body: JsonRecord, dialect: ChatDialect): readonly string[] | undefined {
  const names: string[] = [];
  let known = false;
  const conversation = codecs[dialect].readRequest(body);
  if (!('mistake' in conversation)) {
    for (const { role, parts } of conversation.turns) {
      known ||= role === 'assistant';
      for (const part of parts) if (part.kind === 'tool-call') names.push(part.name);
    }
  }
  for (const key of ANSWERS) {
    const held = value[key];
    const answer = typeof held === 'string' ? parseJsonText(held) : held;
    const inner = isRecord(answer) && isRecord(answer.body) ? answer.body : answer;
    if (!isRecord(inner)) continue;
    known = true;
    names.push(...answerCalls(inner));
  }
  return known ? names : undefined;
}

/** Names of the calls in an answer of any dialect. */
function answerCalls(answer: JsonRecord): readonly string[] {
  const names: string[] = [];
  const rest: unknown[] = [answer];
  for (let looked = 0; rest.length > 0 && looked < 10_000; looked++) {
    const next = rest.pop();
    if (Array.isArray(next)) rest.push(...next);
    if (!isRecord(next)) continue;
    const callee = isRecord(next.function) ? next.function : isRecord(next.custom) ? next.custom : next;
    const isCall = /^(?:function|custom|tool_use|function_call|custom_tool_call)$/.test(String(next.type));
    if (isCall && typeof callee.name === 'string') names.push(callee.name);
    for (const key of ['choices', 'message', 'tool_calls', 'content', 'output']) if (key in next) rest.push(next[key]);
  }
  return names;
}
