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
    help: 'Requests of tenants refused by a limit. code: of the error, as budget_exceeded, rate_limit_exceeded, concurrency_exceeded, scope_paused.',
  },
  decisions: {
    name: 'breakwater_decisions_total',
    type: 'counter',
    labels: ['decision'],
    help: 'Acts of the proxy that changed what a request got. decision: downgrade (a cheaper model), clamp (a lower cap on the answer).',
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
