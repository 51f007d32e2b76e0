import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Provider } from '../config/config.ts';
import { BodyWrites } from './body-writes.ts';

/** How far a call had come when something happened to it. Decides whether a repeat could be billed twice. */
export type Phase = 'connect' | 'headers' | 'body';

/** One HTTP request to one provider. */
export interface UpstreamRequest {
  readonly provider: Provider;
  readonly method: 'POST' | 'GET';
  /** Path with query, relative to the origin of the provider's base URL. */
  readonly path: string;
  /** Flat list: name, value, name, value, ... */
  readonly headers: string[];
  readonly body: Buffer | null;
  /** On a connection of its own, which is closed behind it. */
  readonly newSocket: boolean;
  /** Milliseconds until an unestablished connection is given up by the pool (coarse; the attempt has its own exact timer). */
  readonly connectTimeout: number;
}

/** What a call tells its owner. After `onEnd` or `onError` nothing more is called; after {@link UpstreamCall.abort} nothing at all. */
export interface UpstreamSink {
  onHeaders(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: unknown, phase: Phase): void;
}

/** What decides which connections a request may use. */
type ToPool = Pick<UpstreamRequest, 'provider' | 'connectTimeout' | 'newSocket'>;

const ABORTED = new Error('call aborted by its owner');

/** A call under way. Thin over undici's dispatch interface: no stream object, no AbortController, no promise per chunk. */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  phase: Phase = 'connect';
  #sink: UpstreamSink | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(sink: UpstreamSink) {
    this.#sink = sink;
  }

  /** Ends the call and closes its connection; the sink hears nothing more. */
  abort(): void {
    this.#sink = undefined;
    this.#controller?.abort(ABORTED);
  }

  /** Stops reading the answer (backpressure). */
  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The owner may have given up while the request waited for a connection: then it is never sent.
    if (this.#sink === undefined) controller.abort(ABORTED);
    else this.phase = 'headers';
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.phase = 'body';
    this.#sink?.onHeaders(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink?.onData(chunk);
  }

  onResponseEnd(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onError(error, this.phase);
  }
}

/**
 * The connections to all providers: one undici pool an origin (and connect limit), and one for calls that need a connection of
 * their own. undici's own header and body timeouts are off: they are coarse above a second, and every wait here has an exact timer
 * of its own.
 */
export class Transport {
  /** Told of what went wrong in this process, not on the way: a call that failed of it says only that it did. */
  readonly onDefect: (error: unknown) => void;
  readonly #pools = new Map<string, Pool>();
  readonly #writes = new BodyWrites();

  constructor(onDefect: (error: unknown) => void) {
    this.onDefect = onDefect;
  }

  /** Starts a call. Never throws: an unusable request is reported to the sink. */
  send(request: UpstreamRequest, sink: UpstreamSink): UpstreamCall {
    const call = new UpstreamCall(sink);
    if (request.body !== null) this.#writes.sends(request.body);
    try {
      this.#pool(request).dispatch(
        {
          path: request.path,
          method: request.method,
          headers: request.headers,
          body: request.body,
        } as Dispatcher.DispatchOptions,
        call,
      );
    } catch (error) {
      call.abort();
      sink.onError(error, 'connect');
    }
    return call;
  }

  /** Whether a connection may still be reading this very body, though its call is over. False for one that was never sent. */
  mayBeWriting(body: Buffer): boolean {
    return this.#writes.mayBeUnderWay(body);
  }

  /** Forgets pools of providers that are no longer configured; calls under way on them finish first. */
  retain(providers: Iterable<Provider>): void {
    const keep = new Set<string>();
    for (const provider of providers) keep.add(poolPrefix(provider));
    for (const [key, pool] of this.#pools) {
      if (keep.has(key.slice(0, key.lastIndexOf('|') + 1))) continue;
      this.#pools.delete(key);
      void pool.close();
    }
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  /** All connections that the provider may have (`connections`) are there and in use: who waits, waits for one of them. */
  isFull(request: ToPool): boolean {
    const { connections } = request.provider;
    return connections !== undefined && (this.#pools.get(poolKey(request))?.stats.connected ?? 0) >= connections;
  }

  #pool(request: ToPool): Pool {
    const { provider, connectTimeout, newSocket } = request;
    const key = poolKey(request);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(new URL(provider.baseUrl).origin, {
        connections: provider.connections ?? null,
        // 0 is undici's word for no keep-alive: a pool of which no connection is ever used twice.
        pipelining: newSocket ? 0 : 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        allowH2: provider.http2,
        connect: this.#connector(provider, connectTimeout),
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #connector(provider: Provider, timeout: number): buildConnector.connector {
    const ca = provider.ca === undefined ? {} : { ca: readFileSync(provider.ca) };
    const connect = buildConnector({ allowH2: provider.http2, timeout, ...ca });
    return (options, done) =>
      connect(options, (...connected: Parameters<buildConnector.Callback>) => {
        // Where there is none it is null by its type, and may be absent.
        if (connected[1]) this.#writes.watch(connected[1]);
        done(...connected);
      });
  }
}

function poolKey({ provider, connectTimeout, newSocket }: ToPool): string {
  return poolPrefix(provider) + (newSocket ? `${connectTimeout} new` : connectTimeout);
}

function poolPrefix(provider: Provider): string {
  return `${provider.name}|${provider.baseUrl}|${provider.http2}|${provider.ca ?? ''}|${provider.connections ?? ''}|`;
}
