import assert from 'node:assert/strict';
import { it } from 'node:test';
import OpenAI from 'openai';
import { Simulator } from '../../src/simulator/simulator.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { until } from '../chaos/until.ts';

const PAST = 'All that was said before. '.repeat(400);

it('reports as cached what an earlier prompt of the same model and key began with', async (t) => {
  const simulator = await Simulator.start();
  t.after(() => simulator.close());
  const ask = async (words: string[], apiKey = 'one', model = 'sim-prompt-cache') => {
    const client = new OpenAI({ baseURL: simulator.baseUrl, apiKey, maxRetries: 0 });
    const messages = words.map((content) => ({ role: 'user' as const, content }));
    const { usage } = await client.chat.completions.create({ model, messages });
    return [usage?.prompt_tokens, usage?.prompt_tokens_details?.cached_tokens ?? 0];
  };
  assert.deepEqual(await ask([PAST]), [2603, 0]);
  const [prompt = 0, cached = 0] = await ask([PAST, 'And then?']);
  assert.ok(cached % 128 === 0 && cached > 2400 && cached < prompt, `${cached} of ${prompt}`);
  assert.deepEqual((await ask([`Otherwise. ${PAST}`]))[1], 0, 'another beginning');
  assert.deepEqual((await ask([PAST], 'two'))[1], 0, 'another key');
  assert.deepEqual((await ask([PAST], 'one', 'sim-prompt-cache@b'))[1], 0, 'another model');
  assert.deepEqual((await ask(['Hi.']))[1], 0);
  assert.deepEqual((await ask(['Hi.']))[1], 0, 'nothing so short is cached');
});

it('takes its time for the prompt, and a tenth of it for what is cached', async (t) => {
  const clock = new FakeClock();
  const simulator = await Simulator.start({ clock });
  t.after(() => simulator.close());
  const client = new OpenAI({ baseURL: simulator.baseUrl, apiKey: 'k', maxRetries: 0 });
  const ask = (model: string) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content: PAST }] }).then(() => clock.now());
  const took = async (model: string, ms: number) => {
    const asked = ask(model);
    await until('the simulator waits', () => clock.pending === 1);
    clock.advance(ms - 1);
    assert.equal(clock.pending, 1, 'answered too early');
    clock.advance(1);
    await asked;
  };
  // 2603 tokens, and 100 ms for a thousand.
  await took('sim-prefill-100ms', 261);
  await took('sim-prefill-100ms-prompt-cache', 261);
  // 2560 of them are cached now.
  await took('sim-prefill-100ms-prompt-cache', 30);
});
