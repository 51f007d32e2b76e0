import type { TestContext } from 'node:test';
import { type Rig, rig } from './rig.ts';

/** `a` speaks Messages, `b` chat completions, `c` chat as Gemini words it, `d` Responses. */
const PROVIDERS = `providers:
  a: {baseUrl: up(a), apiKey: key-a, dialect: anthropic}
  b: {baseUrl: up(b), apiKey: key-b, streamUsage: true}
  c: {baseUrl: up(c), apiKey: key-c, preset: gemini}
  d: {baseUrl: up(d), apiKey: key-d, speaks: [responses]}
`;

/** A proxy before four providers, among them one for each dialect. */
export function dialectRig(t: TestContext, config: string, speed?: number): Promise<Rig> {
  return rig(t, {
    upstreams: [{}, {}, {}, {}],
    providers: PROVIDERS,
    config,
    ...(speed === undefined ? {} : { speed }),
  });
}

/** Model calls of each upstream. */
export const callsOf = ({ upstreams }: Rig): number[] => upstreams.map((up) => up.requestCount);
