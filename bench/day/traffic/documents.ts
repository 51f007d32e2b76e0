import { question } from './agent.ts';
import type { Draws } from './draws.ts';
import { systemPrompt } from './prompts.ts';
import type { DayRequest, Kind } from './request.ts';

/** A kind of agent that is given one text and answers with JSON. */
interface Desk {
  readonly agent: string;
  readonly kind: Kind;
  readonly promptTokens: number;
  readonly auditedTokens: number;
  readonly properties: readonly string[];
  /** The share of texts that a machine wrote, again and again. */
  readonly repeated: number;
  text(draws: Draws): string;
}

const TOPICS = [
  'an invoice',
  'a parcel',
  'a password',
  'a crash',
  'a discount',
  'an export',
  'a broken link',
  'a slow page',
];
const MOODS = ['It was charged twice', 'It never arrived', 'It fails each time', 'It worked last week', 'It is urgent'];

export const CLASSIFIER: Desk = {
  agent: 'triage',
  kind: 'classify',
  promptTokens: 300,
  auditedTokens: 300,
  properties: ['category', 'ref'],
  repeated: 0.3,
  text: (draws) =>
    `Classify this ticket. A customer writes about ${draws.pick(TOPICS)}, order ${draws.between(1000, 99_999)}. ${draws.pick(MOODS)}.`,
};

export const EXTRACTOR: Desk = {
  agent: 'intake',
  kind: 'extract',
  promptTokens: 420,
  auditedTokens: 420,
  properties: ['number', 'total', 'due', 'ref'],
  repeated: 0.1,
  text: (draws) =>
    `Extract number, total and due date. Invoice ${draws.between(10_000, 99_999)} of ${draws.between(1, 28)} March, net ${draws.between(100, 9999)}.00 EUR, ` +
    `payable within ${draws.pick([10, 14, 30])} days, ${draws.between(1, 12)} positions, reference ${draws.code()}.`,
};

/** It looks like the extractor and is much harder: what a rule by keyword cannot see. */
export const CONTRACTS: Desk = {
  agent: 'contracts',
  kind: 'contract',
  promptTokens: 900,
  auditedTokens: 450,
  properties: ['party', 'liability', 'notice', 'ref'],
  repeated: 0,
  text: (draws) =>
    `Extract party, liability cap and notice period from clause ${draws.between(2, 40)}.${draws.between(1, 9)}: the cap of clause ${draws.between(2, 40)} holds ` +
    `unless clause ${draws.between(2, 40)} applies, save where ${draws.code()} was agreed in writing, in which case twice the annual fee is owed.`,
};

export function desk(draws: Draws, tenant: string, kind: Desk, count: number): DayRequest[] {
  const { agent } = kind;
  const long = systemPrompt(draws, agent, tenant, kind.promptTokens);
  const short = kind.auditedTokens < kind.promptTokens ? systemPrompt(draws, agent, tenant, kind.auditedTokens) : long;
  const machine = Array.from({ length: 6 }, () => kind.text(draws));
  return draws.moments(count, true).map((at, number) => {
    const text = draws.chance(kind.repeated) ? draws.pick(machine) : kind.text(draws);
    const id = `${tenant}-${agent}-${number}`;
    return {
      id,
      at,
      tenant,
      agent,
      session: undefined,
      task: id,
      question: question(tenant, kind.kind, text, { json: true }),
      graded: true,
      trap: undefined,
      stream: false,
      text,
      body: (audited) => ({
        messages: [
          { role: 'system', content: audited ? short : long },
          { role: 'user', content: text },
        ],
        temperature: 0,
        response_format: format(kind.properties),
      }),
    };
  });
}

function format(properties: readonly string[]): object {
  return {
    type: 'json_schema',
    json_schema: {
      name: 'answer',
      strict: true,
      schema: {
        type: 'object',
        properties: Object.fromEntries(properties.map((name) => [name, { type: 'string' }])),
        required: properties,
        additionalProperties: false,
      },
    },
  };
}
