import { question } from './agent.ts';
import type { Catalogue, Topic } from './catalogue.ts';
import type { Draws } from './draws.ts';
import { systemPrompt } from './prompts.ts';
import type { DayRequest } from './request.ts';
import type { DaySize } from './size.ts';

const AUDITED_TOKENS = 420;
const MINUTE = 60_000;

/** How a question is put: to the letter, carelessly, or in other words. */
const CARELESS: readonly ((text: string) => string)[] = [
  (text) => carelessCase(text),
  (text) => text.replace(/[?.]$/, ''),
  (text) => carelessCase(text).replace(/[?.]$/, ''),
  (text) => `${text} Thanks`,
  (text) => ` ${text}\n`,
  (text) => text.replace(/^How do I /, 'How can I '),
  (text) => text.replace(/^What is /, "What's "),
  (text) => `Please: ${text}`,
];

/**
 * A help desk: few topics make up most of the questions, many are asked in the very same words, and a near question with another answer often
 * follows within minutes.
 */
export function support(
  draws: Draws,
  tenant: string,
  { topics, byName }: Catalogue,
  { support: count, supportPrompt }: DaySize,
): DayRequest[] {
  const agent = 'support';
  const long = systemPrompt(draws, agent, tenant, supportPrompt);
  const short = systemPrompt(draws, agent, tenant, AUDITED_TOKENS);
  const requests: DayRequest[] = [];
  const put = (at: number, topic: Topic, text: string, trap: string | undefined) => {
    const id = `${tenant}-support-${requests.length}`;
    requests.push({
      id,
      at,
      tenant,
      agent,
      session: id,
      task: id,
      question: question(tenant, 'faq', topic.name),
      graded: true,
      trap,
      stream: draws.chance(0.3),
      text,
      body: (audited) => ({
        messages: [
          { role: 'system', content: audited ? short : long },
          { role: 'user', content: text },
        ],
        temperature: 0.2,
      }),
    });
  };
  for (const at of draws.moments(count, true)) {
    const topic = topics[draws.popular(topics.length)];
    if (topic === undefined) continue;
    put(at, topic, wording(draws, topic), undefined);
    const near = topic.near.length > 0 && draws.chance(0.25) ? draws.pick(topic.near) : undefined;
    const trap = near && byName.get(near.topic);
    if (near !== undefined && trap !== undefined)
      put(at + draws.between(1, 20) * MINUTE, trap, wording(draws, trap), near.kind);
  }
  return requests.slice(0, count);
}

/** Without capitals, but where they carry a meaning: 5M is not 5m, and a code is written as it is. */
function carelessCase(text: string): string {
  return text.replace(/\S+/g, (word) => (/^[A-Z][a-z]*\W*$/.test(word) ? word.toLowerCase() : word));
}

function wording(draws: Draws, { wordings }: Topic): string {
  const usual = wordings[0] ?? '';
  const dice = draws.next();
  if (dice < 0.4) return usual;
  return dice < 0.7 ? draws.pick(CARELESS)(usual) : draws.pick(wordings);
}
