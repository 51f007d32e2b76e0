/** Why a request, or one branch of it, is no longer wanted. */
export type CancelReason = 'client_gone' | 'hedge_lost' | 'shutdown';

/**
 * Tells the work of one request that it is no longer wanted. A few fields instead of an AbortController, which costs
 * microseconds a request and an event object a listener.
 */
export class Cancellation {
  reason: CancelReason | undefined;
  /** Few, if any. */
  #listeners: (() => void)[] | undefined;
  readonly #detach: (() => void) | undefined;

  /** A child is cancelled with its parent, and can be cancelled alone. {@link release} it when its work is done. */
  constructor(parent?: Cancellation) {
    if (parent === undefined) return;
    const onParent = () => this.cancel(parent.reason ?? 'client_gone');
    if (parent.reason !== undefined) this.reason = parent.reason;
    else parent.on(onParent);
    this.#detach = () => parent.off(onParent);
  }

  cancel(reason: CancelReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }

  /** Calls `listener` once on cancellation; not when it has already happened: check `reason` first. */
  on(listener: () => void): void {
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  off(listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }

  release(): void {
    this.#detach?.();
  }
}
