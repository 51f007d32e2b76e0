import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Simulator } from '../../src/simulator/simulator.ts';
import { until } from '../chaos/until.ts';
import type { Ask, Client } from './client.ts';
import { chained, DIALECTS, type Dialect, KNOWN_MODELS, MOCKED_TEXT, mocked, type Stand, simulated } from './stand.ts';
import { REPORT, TIME, TIME_RESULT, Toolbox, WEATHER, WEATHER_RESULT } from './toolbox.ts';

const PROMPT = 'Tell me of "Oslo",\nplease: grüße!';

/** What the client is told when something fails, by what the provider does. Other software looks for the words. */
const ERRORS = [
  { what: 'a request that is refused', model: 'up/sim-400', status: 400, says: /./ },
  {
    what: 'a prompt that is too long',
    model: 'up/sim-context',
    status: 400,
    says: /maximum context length|prompt is too long/,
  },
  { what: 'a rate limit', model: 'up/sim-429', status: 429, says: /rate limit/i },
  { what: 'a provider that is down', model: 'up/sim-500', status: 502, says: /./ },
  { what: 'a key that the provider refuses', model: 'up/sim-401', status: 502, says: /./ },
  { what: 'an unknown model', model: 'up/sim-nonsense', status: 404, says: /nonsense/ },
] as const;

const THOUGHTS = { reasoning: 'First I look at the map.', reasoningSignature: 'c2lnbmVkIGJ5IHRoZSBtYXA=' };

/** Everything a client must be able to do, against a target of each dialect, simulated and independent. */
export function scenarios(client: Client): void {
  for (const dialect of DIALECTS) {
    describe(`${client.name}, from a target that speaks ${dialect}`, () => againstSimulator(client, dialect));
    describe(`${client.name}, from aimock that speaks ${dialect}`, () => againstMock(client, dialect));
  }
  describe(`${client.name}, down a chain of targets that speak different dialects`, () => downAChain(client));
}

function againstSimulator(client: Client, dialect: Dialect): void {
  const open = async (t: Parameters<typeof simulated>[0], model: string) => {
    const stand = await simulated(t, dialect);
    return { stand, ask: ask(stand, `up/${model}`), tools: new Toolbox() };
  };

  test('a plain answer', async (t) => {
    const { ask } = await open(t, 'sim-ok');
    assert.equal(await client.plain(ask), await saidTo(PROMPT));
  });

  test('a streamed answer, piece by piece', async (t) => {
    const { ask } = await open(t, 'sim-ok');
    const { text, pieces } = await client.streamed(ask);
    assert.equal(text, await saidTo(PROMPT));
    assert.ok(pieces > 10, `${pieces} pieces`);
  });

  test('a tool is called, its result goes back, a text follows', async (t) => {
    const { stand, ask, tools } = await open(t, 'sim-once-tools');
    const text = await client.toolRound(ask, tools);
    assert.deepEqual(
      tools.calls.map(({ name }) => name),
      [WEATHER.name],
    );
    assert.ok(text.length > 20, text);
    assert.deepEqual(resultsIn(lastBody(stand)), [WEATHER_RESULT]);
  });

  test('two tools are called at once in a streamed answer, both results go back', async (t) => {
    const { stand, ask, tools } = await open(t, 'sim-once-parallel-tools');
    const text = await client.streamedToolRound(ask, tools);
    assert.deepEqual(tools.calls.map(({ name }) => name).toSorted(), [TIME.name, WEATHER.name]);
    assert.ok(text.length > 20, text);
    assert.deepEqual(resultsIn(lastBody(stand)), [TIME_RESULT, WEATHER_RESULT]);
  });

  test('an object that fits a schema', async (t) => {
    const stand = await simulated(t, dialect);
    REPORT.parse(await client.structured(ask(stand, KNOWN_MODELS[client.maker ?? 'openai'])));
  });

  const { abort } = client;
  if (abort !== undefined) {
    test('an aborted stream ends at the provider, too', async (t) => {
      const { stand, ask } = await open(t, 'sim-paced-1s-x200');
      await abort(ask);
      await until('the provider has noticed', () => stand.simulator.requests.at(-1)?.closed === 'client-gone');
      await until('the exchange is settled', () => stand.records.length > 0);
      assert.equal(stand.records.at(-1)?.status, 'cancelled');
      assert.equal(stand.simulator.requests.length, 1, 'nobody asks again');
    });
  }

  for (const { what, model, status, says } of ERRORS) {
    for (const streamed of [false, true]) {
      test(`${what} is an error of the library's own kind${streamed ? ', streamed, too' : ''}`, async (t) => {
        const asked = ask(await simulated(t, dialect), model);
        const told = client.told(await failureOf(streamed ? client.streamed(asked) : client.plain(asked)));
        assert.equal(told.status, status);
        assert.match(told.text, says);
      });
    }
  }

  test('a stream that breaks is an error that says so, not a short answer', async (t) => {
    const { ask } = await open(t, 'sim-cut-at-8');
    const error = await failureOf(client.streamed(ask));
    assert.match(error instanceof Error ? error.message : String(error), /the stream broke off/);
  });
}

function againstMock(client: Client, dialect: Dialect): void {
  test('a plain answer', async (t) => {
    assert.equal(await client.plain(ask(await mocked(t, dialect), 'up/mock')), MOCKED_TEXT);
  });

  test('a streamed answer', async (t) => {
    const { text, pieces } = await client.streamed(ask(await mocked(t, dialect), 'up/mock'));
    assert.equal(text, MOCKED_TEXT);
    assert.ok(pieces > 1, `${pieces} pieces`);
  });

  test('a tool is called, its result goes back, a text follows', async (t) => {
    const tools = new Toolbox();
    const stand = await mocked(t, dialect);
    assert.equal(await client.toolRound(ask(stand, 'up/mock', 'Use one tool'), tools), MOCKED_TEXT);
    assert.deepEqual(tools.calls, [{ name: WEATHER.name, input: { city: 'Oslo', unit: 'celsius' } }]);
  });

  test('two tools are called at once in a streamed answer, both results go back', async (t) => {
    const tools = new Toolbox();
    const stand = await mocked(t, dialect);
    assert.equal(await client.streamedToolRound(ask(stand, 'up/mock', 'Use both tools'), tools), MOCKED_TEXT);
    assert.deepEqual(
      tools.calls.toSorted((a, b) => a.name.localeCompare(b.name)),
      [
        { name: TIME.name, input: { zone: 'Europe/Oslo' } },
        { name: WEATHER.name, input: { city: 'Oslo', unit: 'celsius' } },
      ],
    );
  });

  // aimock names no role before a thought in chat completions; those bytes pass untouched, and such a client loses the call.
  if (client.needsRoleFirst === true && dialect === 'chat') return;
  test('a model that thinks aloud before it calls and before it answers', async (t) => {
    const tools = new Toolbox();
    const stand = await mocked(t, dialect, THOUGHTS);
    assert.equal(await client.toolRound(ask(stand, 'up/mock', 'Use one tool'), tools), MOCKED_TEXT);
    assert.equal(await client.streamedToolRound(ask(stand, 'up/mock', 'Use both tools'), tools), MOCKED_TEXT);
    assert.equal(tools.calls.length, 3);
  });
}

function downAChain(client: Client): void {
  test('the last one answers in a stream what the first two could not', async (t) => {
    const stand = await chained(t);
    const { text } = await client.streamed(ask(stand, 'text-at-last'));
    assert.equal(text, await saidTo(PROMPT));
    assert.deepEqual(await answeredBy(stand, 1), ['chat/sim-ok']);
  });

  test('a conversation with tools goes on at a target that speaks another dialect than its beginning', async (t) => {
    const tools = new Toolbox();
    const stand = await chained(t);
    const text = await client.toolRound(ask(stand, 'tools-elsewhere'), tools);
    assert.deepEqual(
      tools.calls.map(({ name }) => name),
      [WEATHER.name],
    );
    assert.ok(text.length > 20, text);
    assert.deepEqual(await answeredBy(stand, 2), ['messages/claude', 'chat/sim-ok']);
  });
}

async function answeredBy({ records }: Stand, count: number): Promise<unknown[]> {
  await until(`${count} exchanges are settled`, () => records.length >= count);
  return records.map(({ target }) => target);
}

function ask({ url }: Stand, model: string, prompt = PROMPT): Ask {
  return { url, model, prompt };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (error) {
    return error;
  }
  return assert.fail(`it answered ${JSON.stringify(answer)}`);
}

/** The simulator's text is a function of the last user message, whoever asks and in whatever dialect. */
async function saidTo(prompt: string): Promise<string> {
  const simulator = await Simulator.start();
  const response = await fetch(`${simulator.baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'sim-ok', messages: [{ role: 'user', content: prompt }] }),
  });
  const answer = (await response.json()) as { choices: [{ message: { content: string } }] };
  await simulator.close();
  return answer.choices[0].message.content;
}

function lastBody(stand: Awaited<ReturnType<typeof simulated>>): unknown {
  return stand.simulator.requests.at(-1)?.body;
}

/** Which of the two results a request holds, wherever its dialect and its client put them. */
function resultsIn(body: unknown): string[] {
  const texts = JSON.stringify(strings(body));
  return [TIME_RESULT, WEATHER_RESULT].filter((result) => texts.includes(JSON.stringify(result).slice(1, -1)));
}

/** All texts in a value; those that are JSON themselves (a client may quote a result) once more as what they quote. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('"') ? [value, ...strings(JSON.parse(value))] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
