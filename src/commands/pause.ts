import { scopeInWords } from '../tenants/scopes.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { ACCESS, withAdministration } from './open-administration.ts';

const OPTIONS = { ...ACCESS, tenant: { type: 'string' }, json: { type: 'boolean' } } as const;
const SCOPES = 'tenant, agent:NAME, user:NAME, session:NAME or task:NAME';

/** `breakwater pause SCOPE` */
export const pauseCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, { ...OPTIONS, reason: { type: 'string' } }, 1);
  const [scope] = positionals;
  const { tenant, reason = 'by an operator' } = values;
  if (tenant === undefined) throw new UsageError('needs --tenant NAME.');
  if (scope === undefined) throw new UsageError(`needs what to pause: ${SCOPES}.`);
  const paused = await withAdministration(
    values,
    terminal,
    (administration) => administration.pause({ tenant, scope, reason }),
    true,
  );
  if (values.json === true) terminal.out(`${JSON.stringify(paused)}\n`);
  else terminal.out(`${scopeInWords(paused.scope, tenant)} is paused: ${paused.reason}\n`);
  return 0;
};
