import { isRecord, type JsonRecord, parseJsonText } from './json-record.ts';

/** What an error body says, whatever shape it came in. */
export interface ErrorEvidence {
  /** Everything that names the failure exactly, lower-cased, most specific first: details, code, Google status, type, exception name. */
  readonly names: readonly string[];
  /** The name to show: the upstream's own spelling of its most telling code. */
  readonly code: string | undefined;
  /** A status the body carries itself: OpenRouter's and vLLM's numeric `code`, Azure's `"429"`. */
  readonly status: number | undefined;
  readonly param: string | undefined;
  /** The upstream's message; empty when it has none. */
  readonly message: string;
  /** All text there is to search, the message included, bounded. */
  readonly text: string;
  /** Gemini's `RetryInfo.retryDelay`. */
  readonly retryDelay: unknown;
  /** Response headers an aggregator put into the body (OpenRouter's `metadata.headers`). */
  readonly headers: JsonRecord | undefined;
}

const MAX_NAMES = 32;
const MAX_NAME_LENGTH = 200;
const MAX_LIST = 16;
const MAX_TEXT = 8_192;
/** A message that is itself an error body, quoted (Gemini, gateways): looked into this many times. */
const MAX_NESTING = 2;

/** Evidence while a body is being read; `extra` is text worth searching beside the message. */
type Reading = { -readonly [K in keyof Omit<ErrorEvidence, 'text' | 'names'>]: ErrorEvidence[K] } & {
  readonly names: string[];
  extra: string;
};

/** Reads an error body, or an error object found elsewhere, of any shape. Never throws. */
export function readEvidence(body: unknown): ErrorEvidence {
  const reading: Reading = {
    names: [],
    code: undefined,
    status: undefined,
    param: undefined,
    message: '',
    retryDelay: undefined,
    headers: undefined,
    extra: '',
  };
  readBody(reading, body, 0);
  const { extra, ...evidence } = reading;
  const text = extra === '' ? reading.message : `${reading.message}\n${extra}`;
  return { ...evidence, text: text.slice(0, MAX_TEXT) };
}

function readBody(reading: Reading, body: unknown, depth: number): void {
  // Gemini's OpenAI-compatible endpoint wraps its error in an array.
  const outer = Array.isArray(body) ? body[0] : body;
  if (typeof outer === 'string') readMessage(reading, outer, depth);
  if (!isRecord(outer)) return;
  const inner = innerError(outer);
  readDetails(reading, inner);
  readCode(reading, inner.code);
  readCode(reading, inner.status);
  if (inner !== outer) {
    readCode(reading, outer.code);
    readCode(reading, outer.statusCode);
  }
  addName(reading, inner.type);
  // AWS: `com.amazon.coral.service#ThrottlingException`
  const exception = typeof outer.__type === 'string' ? outer.__type.split('#').at(-1) : undefined;
  addName(reading, exception);
  reading.code ??=
    typeof inner.type === 'string' && inner.type !== 'error' && inner.type !== '' ? inner.type : exception;
  if (typeof inner.param === 'string' && inner.param !== '') reading.param ??= inner.param.slice(0, MAX_NAME_LENGTH);
  readMessage(reading, messageOf(inner) ?? messageOf(outer) ?? '', depth);
}

/** The object that holds the error: `{error: {...}}`, `{error: "text"}`, Responses' `{response: {error}}`, or the body itself. */
function innerError(outer: JsonRecord): JsonRecord {
  if (isRecord(outer.error)) return outer.error;
  // Ollama: `{error: "text"}`. xAI: `{code, error: "text"}`. Fireworks: `{error: "Too Many Requests", message: "text"}`.
  if (typeof outer.error === 'string') {
    const { error, ...rest } = outer;
    return { ...rest, message: typeof outer.message === 'string' ? `${error}: ${outer.message}` : error };
  }
  if (isRecord(outer.response) && isRecord(outer.response.error)) return outer.response.error;
  if (Array.isArray(outer.errors) && isRecord(outer.errors[0])) return { ...outer, ...outer.errors[0] };
  return outer;
}

function messageOf(record: JsonRecord): string | undefined {
  // `Message`: AWS. `detail`: FastAPI, a text or a list of complaints; Mistral puts that list under `message`.
  for (const value of [record.message, record.Message, record.detail, record.msg]) {
    if (typeof value === 'string') return value;
    const list = isRecord(value) ? value.detail : value;
    if (!Array.isArray(list)) continue;
    const lines = list
      .slice(0, MAX_LIST)
      .flatMap((item) => (isRecord(item) && typeof item.msg === 'string' ? [complaint(item)] : []));
    if (lines.length > 0) return lines.join('; ');
  }
  return undefined;
}

function complaint(item: JsonRecord): string {
  const where = Array.isArray(item.loc)
    ? item.loc.filter((part) => typeof part === 'string' || typeof part === 'number').join('.')
    : '';
  return where === '' ? String(item.msg) : `${where}: ${String(item.msg)}`;
}

function readMessage(reading: Reading, message: string, depth: number): void {
  const start = message.trimStart()[0];
  const quoted = start === '{' || start === '[' ? parseJsonText(message.slice(0, MAX_TEXT)) : undefined;
  if (quoted === undefined || depth >= MAX_NESTING) {
    if (reading.message === '') reading.message = message.slice(0, MAX_TEXT);
    return;
  }
  readBody(reading, quoted, depth + 1);
  if (reading.message === '') reading.message = message.slice(0, MAX_TEXT);
}

function readCode(reading: Reading, value: unknown): void {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : undefined;
  if (number !== undefined) {
    if (Number.isInteger(number) && number >= 400 && number <= 599) reading.status ??= number;
    else addName(reading, String(number));
    return;
  }
  if (typeof value !== 'string' || value === '') return;
  addName(reading, value);
  reading.code ??= value.slice(0, MAX_NAME_LENGTH);
}

function readDetails(reading: Reading, error: JsonRecord): void {
  if (isRecord(error.innererror)) addName(reading, error.innererror.code);
  if (Array.isArray(error.details))
    for (const item of error.details.slice(0, MAX_LIST)) readGoogleDetail(reading, item);
  // Anthropic: `details: {error_code: "enforced_spend_limit_reached"}`
  else if (isRecord(error.details)) addValues(reading, error.details);
  if (Array.isArray(error.errors))
    for (const item of error.errors.slice(0, MAX_LIST)) if (isRecord(item)) addName(reading, item.reason);
  if (isRecord(error.metadata)) readMetadata(reading, error.metadata);
}

/** google.rpc: ErrorInfo (`reason`), QuotaFailure (`violations[].quotaId`), RetryInfo (`retryDelay`). */
function readGoogleDetail(reading: Reading, item: unknown): void {
  if (!isRecord(item)) return;
  addName(reading, item.reason);
  if (item.retryDelay !== undefined) reading.retryDelay ??= item.retryDelay;
  if (!Array.isArray(item.violations)) return;
  for (const violation of item.violations.slice(0, MAX_LIST)) {
    if (!isRecord(violation) || typeof violation.quotaId !== 'string') continue;
    addName(reading, violation.quotaId);
    if (violation.quotaId.includes('PerDay')) addName(reading, 'per_day_quota');
    // A quota of nothing at all: the model is not in this plan, and no wait brings it.
    if (violation.quotaValue === '0') addName(reading, 'zero_quota');
  }
}

/** OpenRouter: what went wrong behind it, in its own words and in the provider's (`raw`). */
function readMetadata(reading: Reading, metadata: JsonRecord): void {
  addName(reading, metadata.limit_source);
  addName(reading, metadata.reason);
  if ('flagged_input' in metadata) addName(reading, 'flagged_input');
  addName(reading, metadata.error_type);
  if (isRecord(metadata.headers)) reading.headers ??= metadata.headers;
  const raw = typeof metadata.raw === 'string' ? metadata.raw.slice(0, MAX_TEXT) : undefined;
  if (raw === undefined) return;
  reading.extra = raw;
  const behind = readEvidence(parseJsonText(raw) ?? raw);
  // "Provider returned error" tells nobody anything.
  if (behind.message !== '') reading.message = behind.message;
}

function addValues(reading: Reading, details: JsonRecord): void {
  for (const value of Object.values(details).slice(0, MAX_LIST)) addName(reading, value);
}

function addName(reading: Reading, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_LENGTH) return;
  if (reading.names.length < MAX_NAMES) reading.names.push(value.toLowerCase());
}
