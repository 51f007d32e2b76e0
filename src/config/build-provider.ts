import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  AZURE_DATED_PATHS,
  CHAT_ENDPOINTS,
  DEFAULT_PATHS,
  isPresetName,
  MESSAGES_ENDPOINTS,
  PRESET_NAMES,
  PRESETS,
  type Preset,
  type ProviderAuth,
} from '../providers/presets.ts';
import type { Provider } from './config.ts';
import { buildKeys } from './keys.ts';
import type { Report } from './path.ts';
import { buildProviderPrices } from './price-schema.ts';
import type { ProviderShape } from './schema.ts';
import { didYouMean } from './suggest.ts';

const ENDPOINTS_OF = { openai: CHAT_ENDPOINTS, anthropic: MESSAGES_ENDPOINTS } as const;
const ANTHROPIC_AUTH: ProviderAuth = { kind: 'header', name: 'x-api-key' };

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header value must not hold.
const HEADER_VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]*$/;

/** Set by the connection itself; a second one breaks the framing of the request. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * One provider with every default filled in: the file's word, else the preset's, else ours. Reports all that is wrong with
 * it, and is then not to be used.
 *
 * @param file the configuration file, for paths relative to it
 * @param report is told paths that begin below the provider's name
 */
export function buildProvider(name: string, given: ProviderShape, file: string, report: Report): Provider {
  if (!NAME.test(name))
    report([], 'a provider’s name is up to 64 letters, digits, "-" and "_", beginning with a letter');
  const presetName = given.preset ?? (isPresetName(name) ? name : undefined);
  const preset = presetName === undefined ? undefined : PRESETS[presetName];
  const keys = buildKeys(name, given, report);
  const passthrough = given.passthrough ?? (keys.length === 0 && preset !== undefined && !preset.local);
  checkCredentials(given, preset, keys.length, report);
  const auth: ProviderAuth =
    given.auth ?? preset?.auth ?? (given.dialect === 'anthropic' ? ANTHROPIC_AUTH : { kind: 'bearer' });
  const { baseUrl, dated } = resolveBaseUrl(name, given, preset, report);
  return {
    name,
    preset: presetName,
    speaks:
      given.speaks ?? (given.dialect === undefined ? preset?.speaks : ENDPOINTS_OF[given.dialect]) ?? CHAT_ENDPOINTS,
    family: preset?.family ?? (given.dialect === 'anthropic' ? 'anthropic' : 'generic'),
    baseUrl,
    keys,
    passthrough,
    auth: keys.length > 0 || passthrough ? auth : { kind: 'none' },
    headers: buildHeaders(given, auth, keys.length, report),
    query: { ...(dated === undefined ? {} : { 'api-version': dated }), ...given.query },
    paths: buildPaths(given, dated === undefined ? (preset?.paths ?? DEFAULT_PATHS) : AZURE_DATED_PATHS, report),
    owns: preset?.owns ?? [],
    // An unknown server may refuse a field it does not know, and then every stream fails.
    streamUsage: given.streamUsage ?? preset?.streamUsage ?? false,
    concurrency: given.concurrency ?? { kind: 'none' },
    connections: given.connections,
    http2: given.http2 ?? false,
    ca: resolveCa(given, file, baseUrl, report),
    prices: buildProviderPrices(given, report),
    verified: preset?.verified ?? false,
  };
}

function checkCredentials(given: ProviderShape, preset: Preset | undefined, keys: number, report: Report): void {
  if (given.passthrough === true && keys > 0)
    report(['passthrough'], 'either the client’s key goes upstream or this one does');
  if (given.passthrough === false && keys === 0 && preset !== undefined && !preset.local) {
    report(['passthrough'], 'without passthrough it needs an apiKey');
  }
  const keyed = given.auth !== undefined && given.auth.kind !== 'none';
  if (keyed && keys === 0 && preset === undefined && given.passthrough !== true)
    report(['auth'], 'there is no apiKey to send');
  if (given.auth?.kind === 'none' && keys > 0) report(['auth'], 'with auth: none the apiKey would never be sent');
}

function resolveBaseUrl(
  name: string,
  given: ProviderShape,
  preset: Preset | undefined,
  report: Report,
): { baseUrl: string; dated: string | undefined } {
  const azure = preset?.family === 'azure';
  if (given.apiVersion !== undefined && !azure) report(['apiVersion'], 'only azure has one');
  if (given.region !== undefined && preset?.family !== 'bedrock') report(['region'], 'only bedrock has one');
  const url = given.baseUrl === undefined ? presetUrl(name, given, preset, report) : checkUrl(given.baseUrl, report);
  if (!azure) return { baseUrl: url, dated: undefined };
  // Both `https://my.openai.azure.com` and the same with the API's path behind it are in circulation.
  const resource = url.replace(/\/openai(?:\/v1)?$/, '');
  return {
    baseUrl: `${resource}${given.apiVersion === undefined ? '/openai/v1' : '/openai'}`,
    dated: given.apiVersion,
  };
}

function presetUrl(name: string, given: ProviderShape, preset: Preset | undefined, report: Report): string {
  if (preset === undefined) {
    report([], `needs a baseUrl, as it is no known provider.${didYouMean(name, PRESET_NAMES)}`);
    return '';
  }
  if (preset.baseUrl === undefined) {
    report([], 'needs a baseUrl, the endpoint of your resource: https://NAME.openai.azure.com');
    return '';
  }
  if (!preset.baseUrl.includes('{region}')) return preset.baseUrl;
  if (given.region === undefined) report([], 'needs a region, such as us-east-1');
  else if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(given.region)) report(['region'], 'expected a region such as us-east-1');
  return preset.baseUrl.replace('{region}', given.region ?? '');
}

/** Without a trailing slash. The value is never repeated: it may carry credentials. */
function checkUrl(text: string, report: Report): string {
  const refuse = (message: string): string => {
    report(['baseUrl'], message);
    return '';
  };
  const url = URL.parse(text);
  if (url === null) return refuse('expected a URL such as http://127.0.0.1:8000/v1');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('expected http:// or https://');
  if (url.username !== '' || url.password !== '') return refuse('holds credentials; write them as apiKey or headers');
  if (url.search !== '' || text.includes('?')) return refuse('holds a query; write it as query');
  if (url.hash !== '' || text.includes('#')) return refuse('holds a fragment ("#...")');
  const path = url.pathname.replace(/\/+$/, '');
  if (/\/(?:chat\/completions|completions|embeddings|messages|responses)$/.test(path)) {
    return refuse('names one endpoint; stop before it, after /v1 where there is one');
  }
  return url.origin + path;
}

function buildHeaders(given: ProviderShape, auth: ProviderAuth, keys: number, report: Report): Record<string, string> {
  // Looked up by the names of a client's headers, of which one may be `constructor`.
  const headers: Record<string, string> = Object.create(null);
  const keyHeader = auth.kind === 'header' ? auth.name : 'authorization';
  for (const [written, value] of Object.entries(given.headers ?? {})) {
    const name = written.toLowerCase();
    const refuse = (message: string): void => report(['headers', written], message);
    if (!HEADER_NAME.test(name)) refuse('not a header name');
    else if (OWN_HEADERS.has(name)) refuse('is set by the connection itself');
    else if (keys > 0 && name === keyHeader) refuse('is set by apiKey');
    else if (Object.hasOwn(headers, name)) refuse('is written twice, in capitals and not');
    else if (!HEADER_VALUE.test(value)) refuse('holds a line break or a character a header cannot carry');
    headers[name] = value;
  }
  return headers;
}

function buildPaths(given: ProviderShape, base: Provider['paths'], report: Report): Provider['paths'] {
  const {
    chat = base.chat,
    completions = base.completions,
    embeddings = base.embeddings,
    messages = base.messages,
    responses = base.responses,
    countTokens = base.countTokens,
    models = base.models,
  } = given.paths ?? {};
  const paths = { chat, completions, embeddings, messages, responses, countTokens, models };
  for (const [name, path] of Object.entries(paths)) {
    if (!/^\/[^?#\s]*$/.test(path)) report(['paths', name], 'a path begins with "/" and holds no "?", "#" or blank');
  }
  return paths;
}

function resolveCa(given: ProviderShape, file: string, baseUrl: string, report: Report): string | undefined {
  if (given.ca === undefined) return undefined;
  if (baseUrl.startsWith('http:')) report(['ca'], 'the baseUrl is not https://');
  const path = resolve(dirname(file), given.ca);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    report(['ca'], `cannot be read: ${code}`);
  }
  return path;
}
