import type { Clock } from '../clock.ts';
import type { Provider } from '../config/config.ts';
import { upstreamHeaders } from './headers.ts';
import type { Transport, UpstreamCall } from './transport.ts';

const PATIENCE_MS = 3_000;
const KEPT_MS = 5 * 60_000;
/** After a failure the provider is not asked again for this long: a list must not hammer a provider that is down. */
const FAILED_KEPT_MS = 30_000;
const BODY_BYTES = 8 * 1024 * 1024;

/** The model lists of the providers, kept for a while. */
export class UpstreamModels {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly until: number; readonly ids: readonly string[] }>();

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** Model ids as the provider names them; empty when it does not answer. Lists asked with a client's own key are not kept. */
  async list(provider: Provider, path: string, authorization: string | undefined): Promise<readonly string[]> {
    if (provider.passthrough && provider.auth.kind !== 'none' && authorization === undefined) return [];
    const key = provider.passthrough ? undefined : `${provider.name}|${provider.baseUrl}`;
    const kept = key === undefined ? undefined : this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#clock.now()) return kept.ids;
    const ids = await this.#ask(provider, path, authorization);
    if (key !== undefined)
      this.#kept.set(key, {
        ids: ids ?? [],
        until: this.#clock.now() + (ids === undefined ? FAILED_KEPT_MS : KEPT_MS),
      });
    return ids ?? [];
  }

  #ask(provider: Provider, path: string, authorization: string | undefined): Promise<readonly string[] | undefined> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let ok = false;
      let call: UpstreamCall | undefined;
      const finish = (ids: readonly string[] | undefined) => {
        this.#clock.clearTimeout(timer);
        call?.abort();
        resolve(ids);
      };
      const timer = this.#clock.setTimeout(() => finish(undefined), PATIENCE_MS);
      const headers = upstreamHeaders([], provider, provider.keys[0], authorization);
      call = this.#transport.send(
        { provider, method: 'GET', path, headers, body: null, newSocket: false, connectTimeout: PATIENCE_MS },
        {
          onHeaders: (status) => {
            ok = status === 200;
          },
          onData: (chunk) => {
            bytes += chunk.length;
            if (bytes > BODY_BYTES) finish(undefined);
            else chunks.push(chunk);
          },
          onEnd: () => finish(ok ? idsIn(Buffer.concat(chunks)) : undefined),
          onError: () => finish(undefined),
        },
      );
    });
  }
}

function idsIn(body: Buffer): readonly string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const list = typeof json === 'object' && json !== null && 'data' in json ? json.data : json;
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((one: unknown) =>
    typeof one === 'object' && one !== null && 'id' in one && typeof one.id === 'string' ? [one.id] : [],
  );
}
