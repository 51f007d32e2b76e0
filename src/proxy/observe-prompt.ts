import type { PromptAudit } from '../context/audit/prompt-audit.ts';
import type { PromptUse } from '../context/audit/prompt-record.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** Takes a settled request into the audit of prompts. Never throws: it is after the answer, and nobody's business but the operator's. */
export function observePrompt(exchange: Exchange, runtime: Runtime, audit: PromptAudit): void {
  try {
    const { endpoint, call, account, bills } = exchange;
    const now = runtime.clock.now();
    const uses: PromptUse[] = [];
    let model: string | undefined;
    for (const { rung, tokens, forCache } of bills) {
      if (tokens === undefined || forCache) continue;
      model = rung.target.model;
      uses.push({ tokens, price: runtime.prices.price(rung.provider, rung.target, exchange.startedAt) });
    }
    // Nobody was asked, or for nothing: a kept answer sends no prompt.
    if (model === undefined) return;
    const { tenant, agent } = account?.identity ?? {};
    audit.observe({
      tenant: tenant?.name,
      agent,
      endpoint,
      body: call.body,
      model,
      uses,
      called: undefined,
      // Texts are kept where recording is allowed, and there is none yet.
      record: false,
      at: now,
    });
  } catch (error) {
    runtime.telemetry.defect(error);
  }
}
