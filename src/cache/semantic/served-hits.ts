/** Hits remembered; the oldest are forgotten first. */
const MOST = 10_000;

/** Which answers a certified route has served at which cosines: after a breach those of the band given up are purged. Of this process only. */
export class ServedHits {
  /** By answer: the farthest question it was given to. */
  readonly #served = new Map<string, { readonly tenant: string; readonly route: string; readonly cosine: number }>();

  add(tenant: string, route: string, id: string, cosine: number): void {
    const before = this.#served.get(id)?.cosine ?? cosine;
    this.#served.delete(id);
    this.#served.set(id, { tenant, route, cosine: Math.min(before, cosine) });
    if (this.#served.size <= MOST) return;
    const [oldest] = this.#served.keys();
    if (oldest !== undefined) this.#served.delete(oldest);
  }

  /** The answers served at cosines from `from` up to, not including, `below`; forgotten here. */
  take(tenant: string, route: string, from: number, below: number): string[] {
    const ids: string[] = [];
    for (const [id, hit] of this.#served)
      if (hit.tenant === tenant && hit.route === route && hit.cosine >= from && hit.cosine < below) ids.push(id);
    for (const id of ids) this.#served.delete(id);
    return ids;
  }
}
