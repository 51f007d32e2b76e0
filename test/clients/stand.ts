import type { TestContext } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { ExchangeRecord } from '../../src/telemetry/telemetry.ts';
import { rig } from '../chaos/rig.ts';
import { TIME, WEATHER } from './toolbox.ts';

/** The dialects a target may speak, as the configuration says it. */
const SPEAKS = {
  chat: 'speaks: [chat]',
  messages: 'dialect: anthropic',
  responses: 'speaks: [responses]',
} as const;

export type Dialect = keyof typeof SPEAKS;

export const DIALECTS: readonly Dialect[] = ['chat', 'messages', 'responses'];

/** Names by which some libraries decide what a model can do. Here they stand for one that answers with JSON. */
export const KNOWN_MODELS = { openai: 'gpt-4o', anthropic: 'claude-sonnet-4-6' } as const;

/** A proxy with one provider behind it. */
export interface Stand {
  readonly url: string;
  readonly records: readonly ExchangeRecord[];
}

/** The provider is the simulator. */
export async function simulated(t: TestContext, dialect: Dialect): Promise<Stand & { simulator: Simulator }> {
  const { proxy, upstreams, records } = await rig(t, {
    providers: `providers:\n  up: {baseUrl: "up(a)", apiKey: key, ${SPEAKS[dialect]}}\n`,
    config: `models:\n${Object.values(KNOWN_MODELS)
      .map((name) => `  ${name}: {targets: [up/sim-json]}\n`)
      .join('')}`,
  });
  const [simulator] = upstreams;
  if (simulator === undefined) throw new Error('the rig has no simulator');
  return { url: proxy.url, records, simulator };
}

/**
 * Three providers, a dialect each. `text-at-last` is answered by the last in the chain; `tools-elsewhere` calls a tool at the first, which
 * fails after that, so that the second gets the result.
 */
export async function chained(t: TestContext): Promise<Stand> {
  const { proxy, records } = await rig(t, {
    upstreams: [{ script: { claude: ['tools', ...Array<string>(20).fill('503')] } }, {}, {}],
    providers: `providers:
  messages: {baseUrl: "up(a)", apiKey: key, ${SPEAKS.messages}}
  responses: {baseUrl: "up(b)", apiKey: key, ${SPEAKS.responses}}
  chat: {baseUrl: "up(c)", apiKey: key, ${SPEAKS.chat}}
`,
    config: `models:
  text-at-last: {targets: [messages/sim-overloaded, responses/sim-error-event-before-delta, chat/sim-ok]}
  tools-elsewhere: {targets: [messages/claude, chat/sim-ok]}
`,
  });
  return { url: proxy.url, records };
}

export const MOCKED_TEXT = 'A text that only the other fake provider knows, with "quotes" and a\nsecond line.';

/** The provider is aimock: a fake that knows nothing of this project. Tools are called where the prompt speaks of them. */
export async function mocked(
  t: TestContext,
  dialect: Dialect,
  thoughts: { readonly reasoning?: string; readonly reasoningSignature?: string } = {},
): Promise<Stand & { mock: LLMock }> {
  const mock = new LLMock({ port: 0 });
  const weather = { id: 'call_weather1', name: WEATHER.name, arguments: '{"city":"Oslo","unit":"celsius"}' };
  const time = { id: 'call_time2', name: TIME.name, arguments: '{"zone":"Europe/Oslo"}' };
  mock.on({ hasToolResult: true }, { content: MOCKED_TEXT, ...thoughts });
  mock.onMessage(/both tools/, { toolCalls: [weather, time], ...thoughts });
  mock.onMessage(/one tool/, { toolCalls: [weather], ...thoughts });
  mock.onMessage(/./, { content: MOCKED_TEXT, ...thoughts });
  await mock.start();
  const { proxy, records } = await rig(t, {
    upstreams: [],
    providers: `providers:\n  up: {baseUrl: "${mock.url}/v1", apiKey: key, ${SPEAKS[dialect]}}\n`,
    config: '',
  });
  // Registered behind the rig's: the proxy's kept connections are closed first.
  t.after(() => mock.stop());
  return { url: proxy.url, records, mock };
}
