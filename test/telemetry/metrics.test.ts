import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { METRICS } from '../../src/telemetry/metric-definitions.ts';
import { Metrics, type RequestMeasures } from '../../src/telemetry/metrics.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics();
});
afterEach(() => metrics.close());

/** The samples of one metric: `{labels} value`, without its name. */
async function samples(name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length).trim());
}

const done = (changes: Partial<RequestMeasures> = {}): void =>
  metrics.requestDone({
    model: 'smart',
    endpoint: 'chat',
    status: 'ok',
    overheadSeconds: 0.0015,
    firstTokenSeconds: 0.3,
    fallbackDepth: 0,
    promptTokens: 10,
    completionTokens: 5,
    costUsd: 0.25,
    ...changes,
  });

describe('metrics count', () => {
  it('requests by model, endpoint and status', async () => {
    done();
    done();
    done({ status: 'failed' });
    done({ model: 'fast', endpoint: 'embeddings', status: 'degraded' });
    assert.deepEqual(await samples('breakwater_requests_total'), [
      '{model="smart",endpoint="chat",status="ok"} 2',
      '{model="smart",endpoint="chat",status="failed"} 1',
      '{model="fast",endpoint="embeddings",status="degraded"} 1',
    ]);
  });

  it('the same at every scrape', async () => {
    done();
    metrics.shed();
    const first = [...(await samples('breakwater_requests_total')), ...(await samples('breakwater_shed_total'))];
    assert.deepEqual(
      [...(await samples('breakwater_requests_total')), ...(await samples('breakwater_shed_total'))],
      first,
    );
    assert.deepEqual(first, ['{model="smart",endpoint="chat",status="ok"} 1', '1']);
  });

  it('tokens by kind, where they are known', async () => {
    done();
    done({ promptTokens: undefined, completionTokens: 7 });
    done({ promptTokens: undefined, completionTokens: undefined });
    assert.deepEqual(await samples('breakwater_tokens_total'), [
      '{model="smart",kind="prompt"} 10',
      '{model="smart",kind="completion"} 12',
    ]);
  });

  it('tries, retries, hedges, breaks, malformed events and quarantined keys', async () => {
    metrics.attemptDone('openai/gpt-4o', 'ok');
    metrics.attemptDone('openai/gpt-4o', 'overloaded');
    metrics.hedged('openai/gpt-4o');
    metrics.streamBroke('openai/gpt-4o');
    metrics.malformedEvents('openai/gpt-4o', 3);
    metrics.keyQuarantined('openai', 'auth');
    assert.deepEqual(await samples('breakwater_attempts_total'), [
      '{target="openai/gpt-4o",class="ok"} 1',
      '{target="openai/gpt-4o",class="overloaded"} 1',
    ]);
    assert.deepEqual(await samples('breakwater_hedges_total'), ['{target="openai/gpt-4o"} 1']);
    assert.deepEqual(await samples('breakwater_stream_breaks_total'), ['{target="openai/gpt-4o"} 1']);
    assert.deepEqual(await samples('breakwater_malformed_events_total'), ['{target="openai/gpt-4o"} 3']);
    assert.deepEqual(await samples('breakwater_key_quarantines_total'), ['{provider="openai",reason="auth"} 1']);
  });

  it('observations into buckets, each holding all that are not larger', async () => {
    for (const overheadSeconds of [0.0001, 0.00025, 0.0003, 2, Number.NaN]) done({ overheadSeconds });
    const buckets = await samples('breakwater_overhead_seconds_bucket');
    assert.equal(buckets.length, METRICS.overhead.buckets.length + 1);
    assert.deepEqual(buckets.slice(0, 2), ['{le="0.00025",endpoint="chat"} 2', '{le="0.0005",endpoint="chat"} 3']);
    assert.deepEqual(buckets.slice(-2), ['{le="1",endpoint="chat"} 3', '{le="+Inf",endpoint="chat"} 4']);
    assert.deepEqual(await samples('breakwater_overhead_seconds_count'), ['{endpoint="chat"} 4']);
    assert.deepEqual(await samples('breakwater_overhead_seconds_sum'), ['{endpoint="chat"} 2.00065']);
  });

  it('first tokens only where there was one', async () => {
    done({ firstTokenSeconds: undefined });
    done({ firstTokenSeconds: 0.3 });
    assert.deepEqual(await samples('breakwater_first_token_seconds_count'), ['{model="smart"} 1']);
  });

  it('the depth of fallbacks', async () => {
    for (const fallbackDepth of [0, 0, 1, 99]) done({ fallbackDepth });
    const buckets = await samples('breakwater_fallback_depth_bucket');
    assert.deepEqual([buckets[0], buckets[1], buckets.at(-1)], ['{le="0"} 2', '{le="1"} 3', '{le="+Inf"} 4']);
  });
});

describe('metrics show', () => {
  it('the share of the latest retries that were answered, once there was one', async () => {
    assert.deepEqual(await samples('breakwater_retry_success_ratio'), []);
    for (let count = 0; count < 1000; count++) metrics.retryDone(false);
    assert.deepEqual(await samples('breakwater_retry_success_ratio'), ['0']);
    for (let count = 0; count < 64; count++) metrics.retryDone(true);
    assert.deepEqual(await samples('breakwater_retry_success_ratio'), ['0.25']);
    for (let count = 0; count < 1000; count++) metrics.retryDone(true);
    assert.deepEqual(await samples('breakwater_retry_success_ratio'), ['1']);
    assert.deepEqual(await samples('breakwater_retries_total'), ['{result="failed"} 1000', '{result="answered"} 1064']);
  });

  it('each circuit as it is, those of the configuration from the start', async () => {
    metrics.expect({ models: [], targets: ['a/x', 'b/y'] });
    metrics.circuitChanged('a/x', 'closed', 'open');
    metrics.circuitChanged('a/x', 'open', 'half-open');
    metrics.circuitChanged('c/z', 'closed', 'open');
    assert.deepEqual(await samples('breakwater_circuit_state'), [
      '{target="a/x"} 1',
      '{target="b/y"} 0',
      '{target="c/z"} 2',
    ]);
    assert.deepEqual(await samples('breakwater_circuit_transitions_total'), [
      '{target="a/x",from="closed",to="open"} 1',
      '{target="a/x",from="open",to="half-open"} 1',
      '{target="c/z",from="closed",to="open"} 1',
    ]);
  });

  it('what other rooms know, read at the scrape', async () => {
    assert.deepEqual(await samples('breakwater_inflight_requests'), []);
    let inflight = 3;
    metrics.read({ inflightRequests: () => inflight });
    metrics.read({ logLinesLost: () => 2 });
    assert.deepEqual(await samples('breakwater_inflight_requests'), ['3']);
    inflight = 0;
    assert.deepEqual(await samples('breakwater_inflight_requests'), ['0']);
    assert.deepEqual(await samples('breakwater_log_lines_lost_total'), ['2']);
  });

  it('every metric that is defined, with its type, and none that is not', async () => {
    const text = await metrics.text();
    const shown = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    assert.deepEqual(
      shown,
      Object.values(METRICS).map(({ name, type }) => `${name} ${type}`),
    );
  });

  it('label values with quotes, backslashes and line ends as the format wants them', async () => {
    done({ model: 'a"b\\c\nd' });
    assert.deepEqual(await samples('breakwater_requests_total'), [
      '{model="a\\"b\\\\c\\nd",endpoint="chat",status="ok"} 1',
    ]);
  });
});

describe('metrics stay bounded', () => {
  it('when clients name ever more models', async () => {
    for (let count = 0; count < 5000; count++) done({ model: `made-up-${count}` });
    const lines = await samples('breakwater_requests_total');
    assert.equal(lines.length, 201);
    assert.equal(lines.at(-1), '{model="other",endpoint="chat",status="ok"} 4800');
  });

  it('and the configuration’s own models and targets are still told apart', async () => {
    for (let count = 0; count < 5000; count++) {
      done({ model: `made-up-${count}` });
      metrics.attemptDone(`p/made-up-${count}`, 'ok');
    }
    metrics.expect({ models: ['smart'], targets: ['openai/gpt-4o'] });
    done();
    metrics.attemptDone('openai/gpt-4o', 'ok');
    assert.ok((await samples('breakwater_requests_total')).includes('{model="smart",endpoint="chat",status="ok"} 1'));
    assert.ok((await samples('breakwater_attempts_total')).includes('{target="openai/gpt-4o",class="ok"} 1'));
  });

  it('when a name is absurdly long', async () => {
    done({ model: 'x'.repeat(100_000) });
    assert.deepEqual(await samples('breakwater_requests_total'), ['{model="other",endpoint="chat",status="ok"} 1']);
  });
});
