import { didYouMean } from '../config/suggest.ts';
import type { KeyShape, MadeKey } from '../console/shapes.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command, Terminal } from './command.ts';
import { ACCESS, withAdministration } from './open-administration.ts';
import { table } from './table.ts';

const ACTIONS: Readonly<Record<string, Command>> = { create, list, rotate, revoke };

/** `breakwater keys create | list | rotate | revoke` */
export const keysCommand: Command = async ([action, ...args], terminal) => {
  const names = Object.keys(ACTIONS);
  if (action === undefined || action.startsWith('-'))
    throw new UsageError(`needs what to do with them: ${names.join(', ')}.`);
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (act === undefined) throw new UsageError(`unknown action "${action}".${didYouMean(action, names)}`);
  return act(args, terminal);
};

const JSON_OPTION = { json: { type: 'boolean' } } as const;

async function create(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArguments(args, {
    ...ACCESS,
    ...JSON_OPTION,
    tenant: { type: 'string' },
    agent: { type: 'string' },
    label: { type: 'string' },
    expires: { type: 'string' },
  });
  const { tenant, agent, label, expires: expiresIn } = values;
  if (tenant === undefined) throw new UsageError('create needs --tenant NAME.');
  const made = await withAdministration(
    values,
    terminal,
    (administration) => administration.createKey({ tenant, agent, label, expiresIn }),
    true,
  );
  tellMade(made, values.json === true, terminal);
  return 0;
}

async function rotate(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArguments(args, { ...ACCESS, ...JSON_OPTION, overlap: { type: 'string' } }, 1);
  const [id] = positionals;
  if (id === undefined) throw new UsageError('rotate needs the id of a key: breakwater keys list shows them.');
  const made = await withAdministration(values, terminal, (administration) =>
    administration.rotateKey(id, values.overlap),
  );
  tellMade(made, values.json === true, terminal);
  return 0;
}

async function revoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArguments(args, { ...ACCESS, ...JSON_OPTION }, 1);
  const [id] = positionals;
  if (id === undefined) throw new UsageError('revoke needs the id of a key: breakwater keys list shows them.');
  const revoked = await withAdministration(values, terminal, (administration) => administration.revokeKey(id));
  if (values.json === true) terminal.out(`${JSON.stringify(revoked)}\n`);
  else terminal.error(`${revoked.id} ${whose(revoked)} is revoked; every process refuses it within a second or so.\n`);
  return 0;
}

async function list(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArguments(args, { ...ACCESS, ...JSON_OPTION, tenant: { type: 'string' } });
  const { tenant } = values;
  const keys = await withAdministration(values, terminal, (administration) => administration.keys({ tenant }));
  if (values.json === true) {
    terminal.out(`${JSON.stringify(keys)}\n`);
    return 0;
  }
  const rows = keys.data.map((key) => [
    key.id,
    key.tenant,
    key.agent ?? 'any',
    key.hint === null ? '-' : `...${key.hint}`,
    statusOf(key),
    key.createdAt?.slice(0, 10) ?? 'in the file',
    key.expiresAt?.slice(0, 10) ?? 'never',
    key.label ?? '',
  ]);
  terminal.out(table([['KEY', 'TENANT', 'AGENT', 'ENDS IN', 'STATUS', 'CREATED', 'EXPIRES', 'LABEL'], ...rows]));
  return 0;
}

/** The key alone on standard output, so that `KEY=$(breakwater keys create ...)` has it and nothing else. */
function tellMade(made: MadeKey, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(`${JSON.stringify(made)}\n`);
    return;
  }
  terminal.out(`${made.key}\n`);
  const expires = made.expiresAt === null ? '' : `, until ${made.expiresAt}`;
  terminal.error(`${made.id} ${whose(made)}${expires}. It is shown this once: only its hash is kept.\n`);
  if (made.replaces !== null)
    terminal.error(`${made.replaces.id}, which it takes the place of, is good until ${made.replaces.goodUntil}.\n`);
}

function whose({ tenant, agent }: Pick<KeyShape, 'tenant' | 'agent'>): string {
  return agent === null ? `of tenant ${tenant}` : `of agent ${agent} of tenant ${tenant}`;
}

function statusOf({ status, revokedAt }: KeyShape): string {
  return status === 'ending' && revokedAt !== null ? `until ${revokedAt.slice(0, 16).replace('T', ' ')}Z` : status;
}
