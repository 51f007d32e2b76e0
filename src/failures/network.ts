import { type Failure, type FailureClass, UpstreamFailure } from './failure.ts';
import { isRecord } from './json-record.ts';

const INTERNAL_ERROR = 'internal_error';

/** How far a try had come: no connection yet, request being sent, waiting for headers, reading the body. */
export type NetworkPhase = 'connect' | 'request' | 'headers' | 'body';

type Verdict = readonly [FailureClass, string];

const UNREACHABLE: Verdict = ['connect', 'The upstream could not be reached'];
const UNKNOWN_HOST: Verdict = ['dns', "The upstream's host name could not be resolved"];
const UNTRUSTED: Verdict = ['tls', 'No trusted TLS connection to the upstream could be made'];
const LOST: Verdict = ['reset', 'The connection to the upstream was lost'];
const LATE: Verdict = ['timeout', 'The upstream did not answer in time'];
const NOT_HTTP: Verdict = ['server_error', 'The upstream answered with something that is not HTTP'];
const TOO_MUCH: Verdict = ['invalid_answer', "The upstream's answer was too large or could not be decoded"];

/** Node's and undici's error codes. What is not here is told apart by its beginning, below. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['ECONNREFUSED', UNREACHABLE],
  ['EHOSTUNREACH', UNREACHABLE],
  ['EHOSTDOWN', UNREACHABLE],
  ['ENETUNREACH', UNREACHABLE],
  ['ENETDOWN', UNREACHABLE],
  ['EADDRNOTAVAIL', UNREACHABLE],
  ['EACCES', UNREACHABLE],
  ['EPERM', UNREACHABLE],
  ['UND_ERR_CONNECT_TIMEOUT', UNREACHABLE],
  ['UND_ERR_DESTROYED', UNREACHABLE],
  ['UND_ERR_CLOSED', UNREACHABLE],
  ['ENOTFOUND', UNKNOWN_HOST],
  ['ENODATA', UNKNOWN_HOST],
  ['ESERVFAIL', UNKNOWN_HOST],
  ['UND_ERR_PRX_TLS', UNTRUSTED],
  ['CERT_HAS_EXPIRED', UNTRUSTED],
  ['CERT_NOT_YET_VALID', UNTRUSTED],
  ['CERT_REVOKED', UNTRUSTED],
  ['CERT_REJECTED', UNTRUSTED],
  ['CERT_UNTRUSTED', UNTRUSTED],
  ['CERT_CHAIN_TOO_LONG', UNTRUSTED],
  ['CERT_SIGNATURE_FAILURE', UNTRUSTED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['UNABLE_TO_GET_CRL', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', UNTRUSTED],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', UNTRUSTED],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', UNTRUSTED],
  ['CRL_HAS_EXPIRED', UNTRUSTED],
  ['CRL_NOT_YET_VALID', UNTRUSTED],
  ['CRL_SIGNATURE_FAILURE', UNTRUSTED],
  ['INVALID_CA', UNTRUSTED],
  ['INVALID_PURPOSE', UNTRUSTED],
  ['PATH_LENGTH_EXCEEDED', UNTRUSTED],
  ['HOSTNAME_MISMATCH', UNTRUSTED],
  ['ECONNRESET', LOST],
  ['ECONNABORTED', LOST],
  ['ENETRESET', LOST],
  ['EPIPE', LOST],
  ['UND_ERR_SOCKET', LOST],
  ['UND_ERR_INFO', LOST],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', LOST],
  ['ERR_STREAM_PREMATURE_CLOSE', LOST],
  ['ETIMEDOUT', LATE],
  ['UND_ERR_HEADERS_TIMEOUT', LATE],
  ['UND_ERR_BODY_TIMEOUT', LATE],
  ['TimeoutError', LATE],
  ['UND_ERR_HEADERS_OVERFLOW', NOT_HTTP],
  ['UND_ERR_HTTP_PARSER', NOT_HTTP],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', TOO_MUCH],
]);

/** Codes that come in families. The first that fits decides. */
const PREFIXES: readonly (readonly [string, Verdict])[] = [
  ['EAI_', UNKNOWN_HOST],
  ['ERR_TLS_', UNTRUSTED],
  ['ERR_SSL_', UNTRUSTED],
  ['EPROTO', UNTRUSTED],
  ['HPE_', NOT_HTTP],
  ['ERR_HTTP2_', LOST],
  ['Z_', TOO_MUCH],
];

const HOW_FAR: Readonly<Record<NetworkPhase, string>> = {
  connect: 'before the request was sent',
  request: 'while the request was sent',
  headers: 'before the answer began',
  body: 'before the answer was complete',
};

/**
 * Says what an exception of node or undici means. Messages name the code and how far the try had come, never an address or a host.
 *
 * A connection lost in phase `body` is a `reset` too: whether the client has seen any of the answer, and the stream is therefore
 * `stream_broken`, is for the relay to know. An exception that is none of the network's is this proxy's own fault: its origin is
 * `proxy`, and it says nothing about the target.
 */
export function classifyNetworkError(error: unknown, reached: NetworkPhase): Failure {
  const phase = brokeBeforeTls(error) ? 'connect' : reached;
  const codes = codesOf(error);
  const own = codes.find((code) => code instanceof UpstreamFailure);
  if (own instanceof UpstreamFailure) return own.failure;
  for (const code of codes) {
    if (typeof code !== 'string') continue;
    const verdict = verdictOf(code, phase);
    if (verdict !== undefined) return networkFailure(verdict, code, phase);
    if (code === 'AbortError' || code === 'UND_ERR_ABORTED' || code === 'ABORT_ERR') return cancelled(code, phase);
  }
  const code = codes.find((candidate): candidate is string => typeof candidate === 'string') ?? 'unknown';
  return {
    class: 'server_error',
    origin: 'proxy',
    message: `The proxy could not make this call (${code}).`,
    code: INTERNAL_ERROR,
    maybeBilled: phase !== 'connect',
  };
}

/** Whether a try failed of this proxy's own fault: somebody has to mend it, and the target is as healthy as before. */
export function isOwnFault({ origin, code }: Failure): boolean {
  return origin === 'proxy' && code === INTERNAL_ERROR;
}

function verdictOf(code: string, phase: NetworkPhase): Verdict | undefined {
  const verdict = VERDICTS.get(code) ?? PREFIXES.find(([prefix]) => code.startsWith(prefix))?.[1];
  // Nothing was sent yet: however the attempt to connect ended, that is all it was.
  if (phase === 'connect' && (verdict === LOST || verdict === LATE)) return UNREACHABLE;
  // A TLS record that breaks in the middle of an answer is a broken connection; certificates are looked at before that.
  if (phase === 'body' && verdict === UNTRUSTED) return LOST;
  // The head was HTTP: it is the body that ended too early (so undici says where the answer says `connection: close`).
  if (phase === 'body' && verdict === NOT_HTTP) return LOST;
  return verdict;
}

function networkFailure([failureClass, what]: Verdict, code: string, phase: NetworkPhase): Failure {
  const neverSent = failureClass === 'connect' || failureClass === 'dns' || failureClass === 'tls';
  return {
    class: failureClass,
    origin: 'network',
    message: neverSent ? `${what} (${code}).` : `${what} ${HOW_FAR[phase]} (${code}).`,
    code,
    maybeBilled: !neverSent && phase !== 'connect',
  };
}

function cancelled(code: string, phase: NetworkPhase): Failure {
  return {
    class: 'client_cancelled',
    origin: 'client',
    message: 'The request was cancelled.',
    code,
    maybeBilled: phase !== 'connect',
  };
}

/**
 * The codes (or names) of an error, of the errors it holds together (node tries several addresses and throws all that went
 * wrong) and of its causes, outermost first. `UND_ERR_SOCKET` and plain names come last: what lies beneath tells more.
 */
function codesOf(error: unknown): readonly (string | UpstreamFailure)[] {
  const telling: (string | UpstreamFailure)[] = [];
  const vague: string[] = [];
  let level: unknown = error;
  for (let depth = 0; depth < 5 && isRecord(level); depth++) {
    if (level instanceof UpstreamFailure) telling.push(level);
    collect(level, telling, vague);
    if (Array.isArray(level.errors))
      for (const one of level.errors.slice(0, 8)) if (isRecord(one)) collect(one, telling, vague);
    level = level.cause;
  }
  return [...telling, ...vague];
}

function collect(
  error: Readonly<Record<string, unknown>>,
  telling: (string | UpstreamFailure)[],
  vague: string[],
): void {
  const { code, name } = error;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code))
    (code === 'UND_ERR_SOCKET' ? vague : telling).push(code);
  // undici's parser errors may lack a code
  else if (name === 'HTTPParserError') telling.push('UND_ERR_HTTP_PARSER');
  if (typeof name === 'string' && /^\w{1,64}$/.test(name)) vague.push(name);
}

/** Node reports a handshake that was hung up on with plain ECONNRESET, though nothing was sent yet. */
function brokeBeforeTls(error: unknown): boolean {
  return isRecord(error) && typeof error.message === 'string' && error.message.includes('before secure TLS connection');
}
