/** Events that webhooks were to take, and what became of them. */
export interface WebhookCounts {
  readonly waiting: number;
  readonly delivered: number;
  readonly failedTries: number;
  readonly givenUp: number;
  readonly dropped: number;
}

/** What other rooms know and `/metrics` shows: read at each scrape. */
export interface Readings {
  inflightRequests?: () => number;
  logLinesLost?: () => number;
  /** Of all receivers of events together. */
  webhooks?: () => WebhookCounts;
  /** Kinds of work of which evidence is kept. */
  routePairs?: () => Iterable<{ readonly policy: string; readonly state: string }>;
  /** Routes with certificates, and the worst bound of each. */
  semanticBounds?: () => Iterable<readonly [model: string, bound: number]>;
  /** Undefined: not kept in this process. */
  cache?: () => { readonly entries: number; readonly bytes: number; readonly evicted: number } | undefined;
}
