import { question } from './agent.ts';
import type { Draws } from './draws.ts';
import { prose, systemPrompt } from './prompts.ts';
import type { DayRequest, Message } from './request.ts';

const MINUTE = 60_000;

/** Hard questions, each asked once. */
export function reasoning(draws: Draws, tenant: string, count: number): DayRequest[] {
  const agent = 'analyst';
  const long = systemPrompt(draws, agent, tenant, 700);
  const short = systemPrompt(draws, agent, tenant, 380);
  return draws.moments(count, true).map((at, number) => {
    const text =
      `Work out step by step whether plan ${draws.code()} can be met: ${draws.between(3, 9)} sites, ${draws.between(20, 90)} crews, a shift of ` +
      `${draws.between(6, 12)} hours, a changeover of ${draws.between(10, 55)} minutes, and ${prose(draws, 400)} Derive the bound and explain why it is tight.`;
    const id = `${tenant}-analyst-${number}`;
    return {
      id,
      at,
      tenant,
      agent,
      session: undefined,
      task: id,
      question: question(tenant, 'reasoning', text),
      graded: true,
      trap: undefined,
      stream: true,
      text,
      body: (audited) => ({
        messages: [
          { role: 'system', content: audited ? short : long },
          { role: 'user', content: text },
        ],
      }),
    };
  });
}

/** Long documents: a summary, then questions about it, each with the document sent again. A task is one document. */
export function research(draws: Draws, tenant: string, documents: number): DayRequest[] {
  const agent = 'research';
  const long = systemPrompt(draws, agent, tenant, 650);
  const short = systemPrompt(draws, agent, tenant, 360);
  const requests: DayRequest[] = [];
  for (const [number, start] of draws.moments(documents, true).entries()) {
    const task = `${tenant}-research-${number}`;
    const document = `Summarize the key points of this report ${draws.code()}.\n\n${prose(draws, draws.between(16_000, 60_000))}`;
    const asked: Message[] = [{ role: 'user', content: document }];
    let at = start;
    for (let turn = 0; turn < draws.between(1, 3); turn++) {
      if (turn > 0) {
        asked.push({ role: 'assistant', content: prose(draws, 1_500) });
        asked.push({ role: 'user', content: `Summarize what item ${draws.between(1, 9999)} of ${draws.code()} says.` });
        at += draws.between(1, 3) * MINUTE;
      }
      const messages = [...asked];
      const text = messages.at(-1)?.content ?? '';
      requests.push({
        id: `${task}-${turn}`,
        at,
        tenant,
        agent,
        session: task,
        task,
        question: question(tenant, 'research', `${task}-${turn}`),
        graded: true,
        trap: undefined,
        stream: false,
        text,
        body: (audited) => ({ messages: [{ role: 'system', content: audited ? short : long }, ...messages] }),
      });
    }
  }
  return requests;
}
