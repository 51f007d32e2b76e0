import { systemClock } from '../../src/clock.ts';
import type { Finding } from '../../src/context/audit/audit-report.ts';
import { PromptAudit } from '../../src/context/audit/prompt-audit.ts';
import { TokenCounter } from '../../src/context/token-counter.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { NO_TOKENS } from '../../src/dialects/reported-tokens.ts';
import { MODEL } from './configuration.ts';
import type { Day, DayRequest } from './traffic/request.ts';

/** Requests of each agent that are looked at: the audit calls a tool unused after 20 answers. */
const LOOKED_AT = 40;
/** What an operator acts upon by writing less. */
const TRIMMED: readonly Finding['flag'][] = ['long', 'unused-tools'];

export interface AuditFindings {
  /** Agents whose prompts can be shortened. */
  readonly trimmed: ReadonlySet<string>;
  /** `support: long (789 tokens)`, an agent of a tenant each. */
  readonly said: readonly string[];
}

/** What the audit finds in the day: it decides whose prompts are shortened, not the bench. */
export async function auditDay({ requests }: Day): Promise<AuditFindings> {
  const counter = new TokenCounter({ limit: 300_000, longest: 10_000_000 });
  try {
    const audit = new PromptAudit({
      clock: systemClock,
      sketch: (prompt, tools) => counter.sketch(prompt, tools),
      perSecond: Number.MAX_SAFE_INTEGER,
    });
    for (const request of fewOfEach(requests)) {
      const body = JsonMembers.read(Buffer.from(JSON.stringify({ model: MODEL, ...request.body(false) })));
      if (!(body instanceof JsonMembers)) continue;
      const { tenant, agent, question } = request;
      const called = question.call === undefined ? [] : [question.call.tool];
      const sample = { tenant, agent, endpoint: 'chat', body, model: MODEL, called, record: false } as const;
      await audit.learn(sample);
      audit.observe({ ...sample, uses: [{ tokens: { ...NO_TOKENS, promptTokens: 1_000 }, price: undefined }] });
    }
    const found = audit.report().prompts.flatMap(({ tenant, agent, tokens, tools, unusedTools, findings }) => {
      const flags = findings.map(({ flag }) => flag).filter((flag) => TRIMMED.includes(flag));
      return agent === undefined || flags.length === 0 ? [] : [{ tenant, agent, tokens, tools, unusedTools, flags }];
    });
    return {
      trimmed: new Set(found.map(({ agent }) => agent)),
      said: found.map(({ tenant, agent, tokens, tools, unusedTools, flags }) => {
        const unused = unusedTools.length === 0 ? '' : `, ${unusedTools.length} of ${tools} tools never called`;
        return `${tenant}/${agent}: ${flags.join(', ')} (${tokens} tokens${unused})`;
      }),
    };
  } finally {
    await counter.close();
  }
}

function fewOfEach(requests: readonly DayRequest[]): DayRequest[] {
  const seen = new Map<string, number>();
  return requests.filter(({ tenant, agent }) => {
    const count = (seen.get(`${tenant}/${agent}`) ?? 0) + 1;
    seen.set(`${tenant}/${agent}`, count);
    return count <= LOOKED_AT;
  });
}
