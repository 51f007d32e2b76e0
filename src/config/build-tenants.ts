import { ClientKeys } from './build-client-keys.ts';
import { buildPolicy, DEFAULT_POLICY, type KnownModels } from './build-policy.ts';
import type { ConfigDocument } from './document.ts';
import { FrozenMap } from './freeze.ts';
import { isLoopback } from './loopback.ts';
import type { Path } from './path.ts';
import {
  type AdminConfig,
  type Agent,
  type MoneyCircuitConfig,
  type ScopeLimits,
  type Tenant,
  WEBHOOK_EVENTS,
  type WebhookConfig,
} from './tenant-config.ts';
import { type AdminShape, adminSchema, type LimitsShape, type TenantShape, tenantSchema } from './tenant-schema.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const NAME_EXPECTED = 'a name is up to 64 letters, digits and any of "_.-"';
const EVERY_OTHER = '*';
const SHORTEST_WEBHOOK_SECRET = 16;
const HOUR = 3_600_000;
const DEFAULT_SPIKE = 3;

export interface BuiltTenants {
  readonly tenants: readonly Tenant[];
  readonly admin: AdminConfig;
}

/** Tenants and admin keys, as far as they are sound in themselves. Reports all that is wrong; the result is then not to be used. */
export function buildTenants(
  tenants: Readonly<Record<string, unknown>>,
  admin: unknown,
  known: KnownModels,
): BuiltTenants {
  const { document } = known;
  const keys = new ClientKeys((path, message) => document.report(path, message));
  const built: Tenant[] = [];
  for (const [name, value] of Object.entries(tenants)) {
    const parsed = tenantSchema.safeParse(value);
    if (parsed.success) built.push(buildTenant(name, parsed.data, keys, known));
  }
  const parsed = adminSchema.safeParse(admin);
  const given: AdminShape | undefined = parsed.success ? parsed.data : undefined;
  return { tenants: built, admin: { keys: keys.build('admin', given?.keys, undefined, ['admin', 'keys']) } };
}

function buildTenant(name: string, given: TenantShape, keys: ClientKeys, known: KnownModels): Tenant {
  const path: Path = ['tenants', name];
  const { document } = known;
  if (!NAME.test(name)) document.reportKey(path, NAME_EXPECTED, ['tenants']);
  const policy = buildPolicy(DEFAULT_POLICY, given, path, known);
  const own = keys.build(name, given.keys, undefined, [...path, 'keys']);
  const agents: Agent[] = [];
  for (const [agentName, agent] of Object.entries(given.agents ?? {})) {
    const at = [...path, 'agents', agentName];
    if (!NAME.test(agentName) && agentName !== EVERY_OTHER)
      document.reportKey(at, `${NAME_EXPECTED}, or "*" for every other agent`, [...path, 'agents']);
    if (agentName === EVERY_OTHER && agent.keys !== undefined)
      document.report(
        [...at, 'keys'],
        'a key stands for one agent; write it at the tenant, or at an agent with a name',
      );
    own.push(...keys.build(`${name}/${agentName}`, agent.keys, agentName, [...at, 'keys']));
    agents.push({
      name: agentName,
      limits: buildLimits(agent, at, document),
      policy: buildPolicy(policy, agent, at, known),
    });
  }
  return {
    name,
    keys: own,
    timeZone: given.timeZone ?? 'UTC',
    limits: buildLimits(given, path, document),
    users: buildLimits(given.users ?? {}, [...path, 'users'], document),
    policy,
    ...sortAgents(agents),
    moneyCircuit: buildMoneyCircuit(given.moneyCircuit),
    webhooks: (given.webhooks ?? []).map((webhook, index) =>
      buildWebhook(webhook, [...path, 'webhooks', index], document),
    ),
  };
}

function sortAgents(agents: readonly Agent[]): Pick<Tenant, 'agents' | 'otherAgents'> {
  const named = agents.filter((agent) => agent.name !== EVERY_OTHER);
  return {
    agents: new FrozenMap(named.map((agent): [string, Agent] => [agent.name, agent])),
    otherAgents: agents.find((agent) => agent.name === EVERY_OTHER),
  };
}

function buildLimits(given: LimitsShape, path: Path, document: ConfigDocument): ScopeLimits {
  const { budget = [], rates, concurrency } = given;
  for (const [index, rule] of budget.entries()) {
    const first = budget.findIndex((other) => other.limit.unit === rule.limit.unit && other.per === rule.per);
    if (first === index) continue;
    const place = [...path, 'budget', index];
    document.report(
      place,
      `is a second limit of ${rule.limit.unit} per ${rule.per}, as number ${first + 1}; one decides`,
    );
  }
  return {
    budget: budget.map(({ limit: { unit, limit }, per }) => ({ unit, limit, per })),
    requestRate: rates?.requests,
    tokenRate: rates?.tokens,
    concurrency,
  };
}

function buildMoneyCircuit(given: TenantShape['moneyCircuit']): MoneyCircuitConfig {
  const spike = given?.spike ?? DEFAULT_SPIKE;
  return {
    spike: spike === 'off' ? undefined : spike,
    endsWithin: given?.endsWithin ?? HOUR,
    action: given?.action ?? 'alert',
  };
}

function buildWebhook(
  given: NonNullable<TenantShape['webhooks']>[number],
  path: Path,
  document: ConfigDocument,
): WebhookConfig {
  const url = URL.parse(given.url);
  const plain = url?.protocol === 'http:' && isLoopback(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !plain))
    document.report(
      [...path, 'url'],
      'expected https://..., or http:// on this machine: what is posted names your tenants',
    );
  if (given.secret.length < SHORTEST_WEBHOOK_SECRET)
    document.report([...path, 'secret'], `is too short: at least ${SHORTEST_WEBHOOK_SECRET} characters`);
  const webhook = { url: given.url, secret: given.secret, events: [...new Set(given.events ?? WEBHOOK_EVENTS)] };
  // Logging or serialising a configuration shows neither.
  return Object.defineProperties(webhook, { url: { enumerable: false }, secret: { enumerable: false } });
}
