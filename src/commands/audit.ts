import { systemClock } from '../clock.ts';
import { assembleConfig } from '../config/assemble.ts';
import { buildProvider } from '../config/build-provider.ts';
import type { Config, Provider } from '../config/config.ts';
import { DEFAULT_MODEL_SETTINGS } from '../config/defaults.ts';
import { loadConfig } from '../config/load.ts';
import { isResolved, resolveModel } from '../config/resolve-model.ts';
import { PromptAudit } from '../context/audit/prompt-audit.ts';
import { TokenCounter } from '../context/token-counter.ts';
import { tokenFactor } from '../context/token-estimate.ts';
import { JsonMembers } from '../dialects/json-members.ts';
import { NO_TOKENS } from '../dialects/reported-tokens.ts';
import type { Price } from '../prices/price.ts';
import { PriceBook } from '../prices/price-book.ts';
import { PRESET_NAMES } from '../providers/presets.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { describeAudit } from './describe-audit.ts';
import { type AuditRequest, readAuditFile } from './read-audit-files.ts';

const MOST_FILES = 1000;
/** Nobody waits for a deadline here. */
const COUNT_LIMIT_MS = 300_000;
const LONGEST_BODY = 268_435_456;
const MOST_PER_DAY = 1_000_000_000;

/** `breakwater audit FILE...` */
export const auditCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArguments(
    args,
    {
      model: { type: 'string' },
      'requests-per-day': { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean' },
    },
    MOST_FILES,
  );
  if (positionals.length === 0) throw new UsageError('needs a file: breakwater audit prompt.txt requests.jsonl.');
  const requestsPerDay = parseRequests(values['requests-per-day']);
  const config = values.config === undefined ? presetsOnly() : loadConfig(values.config, terminal.env);
  const prices = new PriceBook();
  await prices.load();
  const counter = new TokenCounter({ limit: COUNT_LIMIT_MS, longest: LONGEST_BODY });
  try {
    const audit = new PromptAudit({
      clock: systemClock,
      sketch: (prompt, tools) => counter.sketch(prompt, tools),
      perSecond: Number.MAX_SAFE_INTEGER,
    });
    const unpriced = new Set<string>();
    for (const path of positionals) {
      for await (const request of readAuditFile(path)) {
        const model = values.model ?? (typeof request.body.model === 'string' ? request.body.model : '');
        const price = priceOf(config, prices, model);
        if (price === undefined) unpriced.add(model);
        await observe(audit, counter, request, model, price);
      }
    }
    const report = audit.report({ requestsPerDay, cacheKnown: false });
    terminal.out(
      values.json === true
        ? `${JSON.stringify(report, null, 2)}\n`
        : describeAudit(report, { requestsPerDay, unpriced: [...unpriced] }),
    );
  } finally {
    await counter.close();
  }
  return 0;
};

/** Each is counted before the next is read: a log may be larger than memory. */
async function observe(
  audit: PromptAudit,
  counter: TokenCounter,
  { dialect, body, agent, at, called }: AuditRequest,
  model: string,
  price: Price | undefined,
): Promise<void> {
  const text = JSON.stringify(body);
  const members = JsonMembers.read(Buffer.from(text));
  if (!(members instanceof JsonMembers)) return;
  const [counted = 0] = (await counter.countEach([text])) ?? [];
  const sample = { tenant: undefined, agent, endpoint: dialect, body: members, model, called, record: false } as const;
  const when = at === undefined ? {} : { at };
  // Counted first, so that the sums are not made of guesses.
  await audit.learn(sample);
  const promptTokens = Math.ceil(counted * tokenFactor(model));
  audit.observe({ ...sample, ...when, uses: [{ tokens: { ...NO_TOKENS, promptTokens }, price }] });
}

function priceOf(config: Config, prices: PriceBook, name: string): Price | undefined {
  const model = resolveModel(config, name);
  if (!isResolved(model)) return undefined;
  const [target] = model.targets;
  const provider = target === undefined ? undefined : config.providers.get(target.provider);
  return target === undefined || provider === undefined ? undefined : prices.price(provider, target, systemClock.now());
}

/** Every provider whose address is known without being told: only their prices are wanted. */
function presetsOnly(): Config {
  const providers: Provider[] = [];
  for (const name of PRESET_NAMES) {
    let sound = true;
    const provider = buildProvider(name, { passthrough: true }, '(presets)', () => {
      sound = false;
    });
    if (sound) providers.push(provider);
  }
  const parts = { source: '(presets)', file: {}, models: [], notices: [], simulator: false };
  return assembleConfig({ ...parts, providers, defaults: DEFAULT_MODEL_SETTINGS }, {});
}

function parseRequests(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_PER_DAY) return value;
  throw new UsageError(`--requests-per-day "${text}": expected a whole number from 1.`);
}
