import type { AuditReport, PromptReport } from '../context/audit/audit-report.ts';
import { table } from './table.ts';

interface AuditSetting {
  readonly requestsPerDay: number | undefined;
  /** Models without a price. */
  readonly unpriced: readonly string[];
}

const SHOWN = 40;

/** An audit for a person to read. */
export function describeAudit(report: AuditReport, { requestsPerDay, unpriced }: AuditSetting): string {
  const { prompts, requests } = report;
  const listed = prompts.slice(0, SHOWN);
  const rows = [
    ['PROMPT', 'AGENT', 'MODEL', 'TOKENS', 'TOOLS', 'TOOL TOKENS', 'REQUESTS', '$/DAY', 'OF INPUT', 'FLAGS'],
  ];
  for (const prompt of listed) rows.push(rowOf(prompt, unpriced));
  const lines = [table(rows, [3, 4, 5, 6, 7, 8])];
  const more = prompts.length - listed.length + report.unlisted.prompts;
  if (more > 0) lines.push(`and ${more} more prompts; --json lists them\n`);
  for (const prompt of listed) {
    for (const { flag, suggestion } of prompt.findings) lines.push(`\n${prompt.id}  ${flag}: ${suggestion}`);
  }
  if (listed.some(({ findings }) => findings.length > 0)) lines.push('\n');
  const basis =
    requestsPerDay === undefined
      ? `${requests} requests over ${report.days < 1.05 ? 'a day' : `${report.days.toFixed(1)} days`}`
      : `${requestsPerDay} requests a day, split as in the files`;
  lines.push(
    `\nReckoned for ${basis}, at input prices without any provider's cache. $/DAY is for system prompt and tools.\n`,
  );
  const names = unpriced.map((model) => (model === '' ? 'no model named: say --model' : model));
  if (names.length > 0) lines.push(`No price known: ${names.join(', ')}.\n`);
  return lines.join('');
}

function rowOf(prompt: PromptReport, unpriced: readonly string[]): string[] {
  const { id, agent, models, tokens, tools, toolTokens, requests, costPerDayUsd, shareOfBill, findings } = prompt;
  const priced = models.some((model) => !unpriced.includes(model));
  return [
    id,
    agent ?? '-',
    models.join(',') || '-',
    String(tokens),
    String(tools),
    String(toolTokens),
    String(requests),
    priced ? dollars(costPerDayUsd) : '-',
    priced ? `${Math.round(shareOfBill * 100)}%` : '-',
    findings.map(({ flag }) => flag).join(',') || '-',
  ];
}

function dollars(amount: number): string {
  return amount >= 1 ? amount.toFixed(2) : amount.toFixed(amount >= 0.01 ? 4 : 6);
}
