import type { Failure } from './failure.ts';

/** The longest upstream message that is passed on, characters. */
const MAX_MESSAGE = 2_000;
/** What is looked at in all: so much more than what is kept that no secret can be cut in half and slip through. */
const MAX_SCANNED = 4 * MAX_MESSAGE;

/**
 * What must not reach a client, and what stands there instead. Upstreams echo the key they were given (OpenAI: "Incorrect API
 * key provided: sk-...abcd"), name the account ("in organization org-...") and, behind a gateway of one's own, the machine
 * they could not reach ("dial tcp 10.0.0.7:8000").
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // user:password@ in a URL
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{0,200}:[^\s/@]{0,200}@/gi, '$1[redacted]@'],
  // Authorization: Bearer x, api-key=x, x-api-key: x, ?key=x, token: x
  [/\b(bearer|basic)\s+[\w.~+/=*-]{8,}/gi, '$1 [redacted]'],
  [
    /\b((?:x-)?(?:goog-)?api[-_ ]?key|access[-_ ]?token|token|secret|password|key)(["']?\s*[=:]\s*["']?)[^\s"'&,;]{6,}/gi,
    '$1$2[redacted]',
  ],
  // keys by the prefixes providers give them
  [/\b(?:sk|pk|rk|gsk|csk|xai|fw|hf|r8|nvapi|pplx|tgp|AIza|AQ\.|AKIA|ASIA|ya29)[-_.]?[\w*.-]{6,}/g, '[redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, '[redacted]'],
  // a key shown by its stars: ****abcd, xa***yz
  [/[\w-]{0,80}\*{3,}[\w*-]{0,80}/g, '[redacted]'],
  // account ids
  [/\b(?:org|proj|user|acct|team)[-_][A-Za-z0-9]{8,}/g, '[account]'],
  [
    /\b(organization|project|account|team|workspace)\s+[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
    '$1 [account]',
  ],
  // addresses of the inside
  [
    /\b(?:localhost|127(?:\.\d{1,3}){3}|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2})(?::\d{1,5})?/g,
    '[internal]',
  ],
  [/\[(?:::1|f[cd][0-9a-f:]{2,}|fe80[0-9a-f:%\w]{2,})\](?::\d{1,5})?/gi, '[internal]'],
  [
    /\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.(?:internal|local|svc|lan|corp)(?:\.[\w-]{1,63}){0,3}(?::\d{1,5})?\b/gi,
    '[internal]',
  ],
];

/** Makes an upstream's text fit to show: no keys, no account ids, no internal addresses, no control characters, bounded. */
export function scrub(text: string, limit: number = MAX_MESSAGE): string {
  let clean = '';
  for (const char of text.slice(0, MAX_SCANNED).toWellFormed()) {
    const code = char.charCodeAt(0);
    clean += code < 0x20 || code === 0x7f ? ' ' : char;
  }
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  clean = clean.trim();
  return clean.length > limit ? `${clean.slice(0, limit).toWellFormed()}…` : clean;
}

/** The failure without the very secrets the upstream was sent, whatever they look like: some upstreams quote them. */
export function withoutSecrets(failure: Failure, secrets: readonly string[]): Failure {
  const { message, code, param } = failure;
  if (!secrets.some((secret) => message.includes(secret) || code?.includes(secret) || param?.includes(secret)))
    return failure;
  const clean = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return {
    ...failure,
    message: clean(message),
    ...(code === undefined ? {} : { code: clean(code) }),
    ...(param === undefined ? {} : { param: clean(param) }),
  };
}
