/** One metric: what `/metrics` says about it, and docs/metrics.md. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

const SECONDS_OF_OVERHEAD = [0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const SECONDS_TO_FIRST_TOKEN = [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30, 60];

/** Every metric of the proxy, in the order in which they are shown. */
export const METRICS = {
  requests: {
    name: 'breakwater_requests_total',
    type: 'counter',
    labels: ['model', 'endpoint', 'status'],
    help: 'Requests finished. status: ok, degraded (answered, but not by the first choice), failed, cancelled (the client left).',
  },
  inflight: {
    name: 'breakwater_inflight_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests under way.',
  },
  refused: {
    name: 'breakwater_refused_total',
    type: 'counter',
    labels: ['code'],
    help: 'Requests refused before it was clear what they ask for, admin requests among them; not in breakwater_requests_total. code, as in the log: missing_key, invalid_key, model_not_allowed, unknown_model, invalid_json, body_too_large, proxy_overloaded, ...',
  },
  shed: {
    name: 'breakwater_shed_total',
    type: 'counter',
    labels: [],
    help: 'Requests refused at the door because the proxy had too much to do.',
  },
  overhead: {
    name: 'breakwater_overhead_seconds',
    type: 'histogram',
    labels: ['endpoint'],
    help: 'Time the proxy itself took until the answer began: without providers and waits.',
    buckets: SECONDS_OF_OVERHEAD,
  },
  firstToken: {
    name: 'breakwater_first_token_seconds',
    type: 'histogram',
    labels: ['model'],
    help: 'Time from asking a provider to its first token, for requests that got one.',
    buckets: SECONDS_TO_FIRST_TOKEN,
  },
  fallbackDepth: {
    name: 'breakwater_fallback_depth',
    type: 'histogram',
    labels: [],
    help: 'Targets passed over before the one that answered: 0 is the first choice.',
    buckets: [0, 1, 2, 3, 4, 6, 8],
  },
  tokens: {
    name: 'breakwater_tokens_total',
    type: 'counter',
    labels: ['model', 'kind'],
    help: 'Tokens as providers counted them, or as far as was seen where they did not. kind: prompt, completion.',
  },
  cost: {
    name: 'breakwater_cost_usd_total',
    type: 'counter',
    labels: ['model'],
    help: 'Dollars spent at providers, all tries together, as far as prices are known.',
  },
  limited: {
    name: 'breakwater_limited_total',
    type: 'counter',
    labels: ['code'],
    help: 'Requests of tenants refused by a limit. code, as in the log: budget_exceeded (clients read insufficient_quota), rate_limit_exceeded, concurrency_exceeded, scope_paused, ...',
  },
  decisions: {
    name: 'breakwater_decisions_total',
    type: 'counter',
    labels: ['decision'],
    help: 'Acts of the proxy that changed what a request got. decision: downgrade (a cheaper model), clamp (a lower cap on the answer).',
  },
  routeDecisions: {
    name: 'breakwater_route_decisions_total',
    type: 'counter',
    labels: ['policy', 'tier', 'model', 'state'],
    help: 'Requests whose model a policy chose. tier: what the rules say; model: what served. state: of the evidence (observe, shadow, canary, admitted, suspended), none where the policy asks for none.',
  },
  routeSaved: {
    name: 'breakwater_route_saved_usd',
    type: 'gauge',
    labels: ['policy'],
    help: 'Dollars that routed requests cost less than the reference model would have for the same tokens, failed tries included, as far as prices are known. What comparing models cost is not in it. Falls where routing made requests dearer.',
  },
  routesCompared: {
    name: 'breakwater_routes_compared_total',
    type: 'counter',
    labels: ['policy', 'result'],
    help: 'Answers of two models compared for evidence. result: same, strong-better, cheap-better, undecided (the checker has nothing to say of them), unavailable (no second answer, or no judge).',
  },
  routePairs: {
    name: 'breakwater_route_pairs',
    type: 'gauge',
    labels: ['policy', 'state'],
    help: 'Kinds of work of which this process keeps evidence, by what may be served: observe, shadow, canary, admitted, suspended. Those of all tenants together.',
  },
  evidenceSpent: {
    name: 'breakwater_route_evidence_spent_usd_total',
    type: 'counter',
    labels: ['target'],
    help: 'Dollars spent on asking a second model and on judging.',
  },
  webhookEvents: {
    name: 'breakwater_webhook_events_total',
    type: 'counter',
    labels: ['result'],
    help: 'Events for webhooks, by receiver each. result: delivered, failed-try (tried again later), given-up (no try left, or the receiver is gone), dropped (too many waited).',
  },
  webhooksWaiting: {
    name: 'breakwater_webhook_events_waiting',
    type: 'gauge',
    labels: [],
    help: 'Events that no webhook has taken yet; absent without tenants.',
  },
  configReloaded: {
    name: 'breakwater_config_last_reload_successful',
    type: 'gauge',
    labels: [],
    help: '1: the configuration in force is the last that was read. 0: the last one was refused, and an older one serves.',
  },
  stateUnavailable: {
    name: 'breakwater_state_unavailable_total',
    type: 'counter',
    labels: [],
    help: 'Requests refused or let pass unheld because the store of budgets did not answer.',
  },
  settlementsLost: {
    name: 'breakwater_settlements_lost_total',
    type: 'counter',
    labels: [],
    help: 'Settlements that never reached the store of budgets.',
  },
  attempts: {
    name: 'breakwater_attempts_total',
    type: 'counter',
    labels: ['target', 'class'],
    help: 'Tries against a target. class: ok, skipped (not asked: its circuit was open, or no key), or the class of the failure.',
  },
  retries: {
    name: 'breakwater_retries_total',
    type: 'counter',
    labels: ['result'],
    help: 'Tries that repeated a failed one on the same target. result: answered, failed.',
  },
  retrySuccess: {
    name: 'breakwater_retry_success_ratio',
    type: 'gauge',
    labels: [],
    help: 'Share of the last 256 retries that were answered; absent while there was none.',
  },
  hedges: {
    name: 'breakwater_hedges_total',
    type: 'counter',
    labels: ['target'],
    help: 'Second calls started beside a target whose first token was late.',
  },
  cascades: {
    name: 'breakwater_cascades_total',
    type: 'counter',
    labels: ['model', 'result'],
    help: 'Requests tried on a cheap model first, by that model. result: kept (its answer was given), failed (it gave none), or what was wrong with its answer, as schema, unknown-tool, refused.',
  },
  circuitState: {
    name: 'breakwater_circuit_state',
    type: 'gauge',
    labels: ['target'],
    help: '0 closed, 1 half-open (one probe is let through), 2 open.',
  },
  circuitTransitions: {
    name: 'breakwater_circuit_transitions_total',
    type: 'counter',
    labels: ['target', 'from', 'to'],
    help: 'Changes of a circuit. from, to: closed, half-open, open.',
  },
  keyQuarantines: {
    name: 'breakwater_key_quarantines_total',
    type: 'counter',
    labels: ['provider', 'reason'],
    help: 'Provider keys put aside. reason: auth (refused), quota (used up).',
  },
  streamBreaks: {
    name: 'breakwater_stream_breaks_total',
    type: 'counter',
    labels: ['target'],
    help: 'Streams that broke or stalled after the client had part of the answer.',
  },
  cacheRequests: {
    name: 'breakwater_cache_requests_total',
    type: 'counter',
    labels: ['model', 'result'],
    help: 'Requests to routes with an exact cache. result: hit, coalesced (shared the call of another), stale (stood in for failed targets), miss, bypass (not looked for).',
  },
  cacheTrouble: {
    name: 'breakwater_cache_trouble_total',
    type: 'counter',
    labels: ['what'],
    help: 'Times that the cache could not do its work; requests go on without it. what: open, read, write, decrypt.',
  },
  cacheEntries: {
    name: 'breakwater_cache_entries',
    type: 'gauge',
    labels: [],
    help: 'Answers kept by this process; absent where they are in Redis.',
  },
  cacheBytes: {
    name: 'breakwater_cache_bytes',
    type: 'gauge',
    labels: [],
    help: 'Bytes they count for; absent where they are in Redis.',
  },
  cacheEvictions: {
    name: 'breakwater_cache_evictions_total',
    type: 'counter',
    labels: [],
    help: 'Answers that had to make room before their time.',
  },
  semanticRequests: {
    name: 'breakwater_semantic_requests_total',
    type: 'counter',
    labels: ['model', 'result'],
    help: 'Requests to routes with a semantic cache that the exact one did not answer. result: hit, shadow (there was an answer, it was not given), audit (it was not given but compared with the live one), miss, ineligible (takes no part), unavailable (no vector, or no index).',
  },
  semanticReasons: {
    name: 'breakwater_semantic_reasons_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Why they were no hits: not-found, unseen, vetoed, near-tie, judge, embedder, index, no-scope, or why they take no part (docs/cache.md).',
  },
  cacheVetoes: {
    name: 'breakwater_cache_vetoes_total',
    type: 'counter',
    labels: ['guard'],
    help: 'Near questions whose answer a guard did not let through. guard: number, entity, negation, ... (docs/cache.md).',
  },
  semanticAudits: {
    name: 'breakwater_semantic_audits_total',
    type: 'counter',
    labels: ['model', 'result'],
    help: 'Kept answers to near questions compared with live ones. result: right, wrong, unsure (counts as wrong), unavailable.',
  },
  semanticCertificates: {
    name: 'breakwater_semantic_certificates_total',
    type: 'counter',
    labels: ['model', 'event'],
    help: 'What became of certificates. event: certified (answers are given at a threshold, or a looser one), tightened and suspended (too many were wrong), restarted (a new attempt), reset (another model, embedder, epoch, ...), purge.',
  },
  semanticErrorBound: {
    name: 'breakwater_semantic_error_bound',
    type: 'gauge',
    labels: ['model'],
    help: 'Exact 95% upper bound on the share of wrong answers among hits at the threshold in force, or tested first; the worst tenant of the model; 1 where nothing is known.',
  },
  semanticTrouble: {
    name: 'breakwater_semantic_trouble_total',
    type: 'counter',
    labels: ['what'],
    help: 'Times that the semantic cache could not do its work; requests go on without it. what: embedder-timeout, embedder-failed, embedder-invalid, embedder-dimensions, embedder-too-long, embedder-paused, embedder-overloaded, index, index-open, judge, certificates, ...',
  },
  cacheSaved: {
    name: 'breakwater_cache_saved_usd_total',
    type: 'counter',
    labels: ['by'],
    help: 'What calls for the answers given from the cache would have cost at least, as far as prices are known (docs/cache.md). by: exact, semantic.',
  },
  cacheSpent: {
    name: 'breakwater_cache_spent_usd_total',
    type: 'counter',
    labels: ['target'],
    help: 'Dollars spent on the cache itself, on embeddings and judges, as far as prices are known. Part of what requests cost, but for audits.',
  },
  contextRequests: {
    name: 'breakwater_context_requests_total',
    type: 'counter',
    labels: ['result'],
    help: 'Requests whose conversation was longer than its agent may send. result: compacted; sent as they came: unfit (nothing of it may give way), uncounted (its tokens were not known in time), unsummarized (there was no summary in time).',
  },
  contextSaved: {
    name: 'breakwater_context_tokens_saved_total',
    type: 'counter',
    labels: [],
    help: 'Input tokens that were not sent because a summary stood for them, as counted before sending.',
  },
  contextSummaries: {
    name: 'breakwater_context_summaries_total',
    type: 'counter',
    labels: ['result'],
    help: 'Summaries asked for. result: made, failed, unaffordable (no budget was left for it); unshared: times that Redis did not take or give one.',
  },
  contextSpent: {
    name: 'breakwater_context_spent_usd_total',
    type: 'counter',
    labels: ['target'],
    help: 'Dollars spent on summaries, as far as prices are known. Beside what requests cost.',
  },
  idempotent: {
    name: 'breakwater_idempotent_requests_total',
    type: 'counter',
    labels: ['result'],
    help: 'Requests with an idempotency key that is heeded. result: own (made the call), answer (got the answer of an earlier one), mismatch (the key stands for another request), still-running, unkept (keys could not be kept).',
  },
  malformedEvents: {
    name: 'breakwater_malformed_events_total',
    type: 'counter',
    labels: ['target'],
    help: 'Stream events that were no JSON and were left out.',
  },
  logLinesLost: {
    name: 'breakwater_log_lines_lost_total',
    type: 'counter',
    labels: [],
    help: 'Log lines that standard output did not take.',
  },
  sockets: {
    name: 'breakwater_sockets',
    type: 'gauge',
    labels: [],
    help: 'Open TCP connections, to clients and to providers.',
  },
  eventLoopDelay: {
    name: 'breakwater_event_loop_delay_seconds',
    type: 'gauge',
    labels: ['quantile'],
    help: 'How late timers ran since the last scrape. quantile: 0.5, 0.99, 1 (the worst).',
  },
  residentMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Resident memory (RSS).',
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    labels: [],
    help: 'JavaScript heap in use.',
  },
  externalMemory: {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Memory of buffers and other objects outside the JavaScript heap.',
  },
  openDescriptors: {
    name: 'process_open_fds',
    type: 'gauge',
    labels: [],
    help: 'Open file descriptors; absent where the system does not tell.',
  },
  maxDescriptors: {
    name: 'process_max_fds',
    type: 'gauge',
    labels: [],
    help: 'File descriptors the process may open (soft limit); absent where the system does not tell.',
  },
  cpuSeconds: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    labels: [],
    help: 'User and system CPU time.',
  },
  startTime: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the process started, seconds since the epoch.',
  },
} as const satisfies Record<string, MetricDefinition>;
