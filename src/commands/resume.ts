import { scopeInWords } from '../tenants/scopes.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { ACCESS, withAdministration } from './open-administration.ts';

/** `breakwater resume SCOPE` */
export const resumeCommand: Command = async (args, terminal) => {
  const options = { ...ACCESS, tenant: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseArguments(args, options, 1);
  const [scope] = positionals;
  const { tenant } = values;
  if (tenant === undefined) throw new UsageError('needs --tenant NAME.');
  if (scope === undefined) throw new UsageError('needs what to resume: breakwater budgets shows what is paused.');
  const resumed = await withAdministration(values, terminal, (administration) =>
    administration.resume({ tenant, scope }),
  );
  if (values.json === true) terminal.out(`${JSON.stringify(resumed)}\n`);
  else terminal.out(`${scopeInWords(resumed.scope, tenant)} is resumed.\n`);
  return 0;
};
