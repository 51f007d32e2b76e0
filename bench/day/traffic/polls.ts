import { question } from './agent.ts';
import type { Draws } from './draws.ts';
import { systemPrompt } from './prompts.ts';
import type { DayRequest } from './request.ts';

const SERVICES = ['payments', 'search', 'checkout', 'mail', 'exports', 'login', 'catalogue', 'billing'];
const EVERY = 5 * 60_000;
const DAY = 24 * 3_600_000;
const PROMPT_TOKENS = 350;

/** Monitors that ask the same question every five minutes, with the figures of a service that change now and then. */
export function polls(draws: Draws, tenant: string, services: number, days: number): DayRequest[] {
  const agent = 'monitor';
  const system = systemPrompt(draws, agent, tenant, PROMPT_TOKENS);
  const requests: DayRequest[] = [];
  for (const service of SERVICES.slice(0, services)) {
    let text = '';
    for (let at = draws.between(0, EVERY); at < DAY * days; at += EVERY) {
      // Every twentieth time something has changed: a reading lasts an hour and forty minutes.
      if (text === '' || draws.chance(0.05)) text = reading(draws, service);
      const id = `${tenant}-poll-${requests.length}`;
      const asked = text;
      requests.push({
        id,
        at,
        tenant,
        agent,
        session: `${tenant}-${service}`,
        task: id,
        question: question(tenant, 'poll', text),
        graded: true,
        trap: undefined,
        stream: false,
        text: asked,
        body: () => ({
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: asked },
          ],
          temperature: 0,
          max_tokens: 100,
        }),
      });
    }
  }
  return requests;
}

function reading(draws: Draws, service: string): string {
  const p95 = draws.between(80, 900);
  const errors = (draws.between(0, 40) / 10).toFixed(1);
  return `Readings of ${service}: p95 ${p95} ms, errors ${errors}%, queue ${draws.between(0, 60)}. Classify the service as healthy, degraded or down.`;
}
