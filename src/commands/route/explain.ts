import { readFile } from 'node:fs/promises';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { isResolved, resolveModel } from '../../config/resolve-model.ts';
import { didYouMean } from '../../config/suggest.ts';
import type { Policy } from '../../config/tenant-config.ts';
import { ENDPOINTS, type Endpoint } from '../../dialects/endpoint.ts';
import { JsonMembers } from '../../dialects/json-members.ts';
import { type OpenAiRequest, readOpenAiRequest } from '../../dialects/openai-request.ts';
import type { Price } from '../../prices/price.ts';
import { PriceBook } from '../../prices/price-book.ts';
import { type Explanation, explainDecision, explainNamed } from '../../routing/policy/explanation.ts';
import { guessEndpoint } from '../../routing/policy/guess-endpoint.ts';
import { isRouteName } from '../../routing/policy/route-key.ts';
import { SessionPins } from '../../routing/policy/session-pins.ts';
import { readyPolicy } from '../../routing/policy/tier-targets.ts';
import { isNameAllowed, modelNameFor } from '../../tenants/models-allowed.ts';
import { parseArguments, UsageError } from '../arguments.ts';
import type { Command, Terminal } from '../command.ts';
import { CommandFailed } from '../command-failed.ts';

/** `breakwater route explain FILE|- --config FILE` */
export const explainCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArguments(
    args,
    {
      config: { type: 'string' },
      endpoint: { type: 'string' },
      tenant: { type: 'string' },
      agent: { type: 'string' },
      'task-type': { type: 'string' },
      route: { type: 'string' },
      json: { type: 'boolean' },
    },
    1,
  );
  const [file] = positionals;
  if (file === undefined || values.config === undefined)
    throw new UsageError('needs a request and a configuration: breakwater route explain REQUEST.json --config FILE.');
  const names = { taskType: values['task-type'], routeName: values.route };
  for (const [option, name] of [
    ['--task-type', names.taskType],
    ['--route', names.routeName],
  ] as const)
    if (name !== undefined && !isRouteName(name))
      throw new UsageError(`${option} "${name}": up to 128 letters, digits and any of "_.:/-".`);
  const config = loadConfig(values.config, terminal.env);
  const policy = policyOf(config, values.tenant, values.agent);
  const { endpoint, call } = readRequest(await bytesOf(file, terminal), parseEndpoint(values.endpoint), file);
  const prices = new PriceBook();
  await prices.load();
  const explanation = explain(config, prices, endpoint, call, { ...names, tenant: values.tenant ?? '', policy });
  terminal.out(values.json === true ? `${JSON.stringify(explanation, null, 2)}\n` : describe(explanation));
  return 0;
};

interface Asker {
  readonly tenant: string;
  /** Undefined: everything is allowed. */
  readonly policy: Policy | undefined;
  readonly taskType: string | undefined;
  readonly routeName: string | undefined;
}

function explain(
  config: Config,
  prices: PriceBook,
  endpoint: Endpoint,
  call: OpenAiRequest,
  { tenant, policy, taskType, routeName }: Asker,
): Explanation {
  const asked = policy === undefined ? call.model : modelNameFor(policy, call.model);
  const allows = (model: string) => policy === undefined || isNameAllowed(policy, model);
  const routed = config.routing.models.get(asked);
  if (routed === undefined) {
    const model = resolveModel(config, asked);
    if (!isResolved(model)) throw new CommandFailed(model.message);
    return explainNamed(call.model, model.name, targetsOf(config, model.name));
  }
  if (endpoint === 'embeddings')
    throw new CommandFailed(`${asked} is chosen for each request; embeddings name a model.`);
  const ready = readyPolicy(config, routed, (provider, model) => prices.contextWindow(provider, model));
  const decision = allows(asked)
    ? ready.decide(
        { endpoint, body: call.body, maxTokens: call.maxTokens, taskType, routeName, session: undefined },
        {
          tenant,
          allows,
          price: (model) => priceOf(config, prices, model),
          book: undefined,
          pins: new SessionPins(),
          now: systemClock.now(),
          dry: true,
        },
      )
    : undefined;
  if (decision === undefined)
    throw new CommandFailed(`${asked}, or each of its models, is not allowed for this tenant.`);
  return explainDecision(call.model, decision, targetsOf(config, decision.model));
}

function targetsOf(config: Config, name: string): string[] {
  const model = resolveModel(config, name);
  return isResolved(model) ? model.targets.map(({ id }) => id) : [];
}

function priceOf(config: Config, prices: PriceBook, name: string): Price | undefined {
  const [target] = config.models.get(name)?.targets ?? [];
  const provider = target === undefined ? undefined : config.providers.get(target.provider);
  return target === undefined || provider === undefined ? undefined : prices.price(provider, target, systemClock.now());
}

function policyOf(config: Config, tenantName: string | undefined, agent: string | undefined): Policy | undefined {
  if (tenantName === undefined) {
    if (agent !== undefined) throw new UsageError('--agent goes with --tenant.');
    return undefined;
  }
  const tenant = config.tenants.get(tenantName);
  if (tenant === undefined)
    throw new CommandFailed(`there is no tenant "${tenantName}".${didYouMean(tenantName, config.tenants.keys())}`);
  if (agent === undefined) return (tenant.otherAgents ?? tenant).policy;
  return (tenant.agents.get(agent) ?? tenant.otherAgents ?? tenant).policy;
}

function parseEndpoint(text: string | undefined): Endpoint | undefined {
  if (text === undefined) return undefined;
  const endpoint = ENDPOINTS.find((one) => one === text);
  if (endpoint !== undefined) return endpoint;
  throw new UsageError(`--endpoint "${text}": expected one of ${ENDPOINTS.join(', ')}.${didYouMean(text, ENDPOINTS)}`);
}

function readRequest(
  bytes: Buffer,
  given: Endpoint | undefined,
  file: string,
): { endpoint: Endpoint; call: OpenAiRequest } {
  const body = JsonMembers.read(bytes);
  const endpoint = given ?? (body instanceof JsonMembers ? guessEndpoint(body) : 'chat');
  const call = readOpenAiRequest(endpoint, bytes);
  if (!call.ok) throw new CommandFailed(`${file}: ${call.message}`);
  return { endpoint, call };
}

async function bytesOf(file: string, { input }: Terminal): Promise<Buffer> {
  try {
    if (file !== '-') return await readFile(file);
    const chunks: Buffer[] = [];
    for await (const chunk of input ?? process.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  } catch (error) {
    throw new CommandFailed(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describe(explanation: Explanation): string {
  const { asked, model, targets, routed, policy, tier, task, complexity, key, evidence, reasons } = explanation;
  const lines = [`${asked} -> ${model}  (${targets.join(', then ')})`];
  if (routed) {
    lines.push(`  policy ${policy}, tier ${tier}, task ${task ?? 'none'}, complexity ${complexity ?? 'not known'}`);
    lines.push(`  route key ${key}`);
  }
  lines.push(...reasons.map((reason, index) => `  ${index + 1}. ${reason}`));
  if (evidence != null)
    lines.push('  What a running proxy has learned is not looked at here: POST /v1/route/explain tells.');
  return `${lines.join('\n')}\n`;
}
