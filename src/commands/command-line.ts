import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './arguments.ts';
import type { Command, Terminal } from './command.ts';
import { CommandFailed } from './command-failed.ts';
import { HELP, helpOf } from './help.ts';
import { version } from './version.ts';

/** Each is loaded when it is asked for: `check` should not wait for a web server to load. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  budgets: async () => (await import('./budgets.ts')).budgetsCommand,
  ledger: async () => (await import('./ledger.ts')).ledgerCommand,
  pause: async () => (await import('./pause.ts')).pauseCommand,
  resume: async () => (await import('./resume.ts')).resumeCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  route: async () => (await import('./route.ts')).routeCommand,
  sim: async () => (await import('./sim.ts')).simCommand,
};

/** Runs one command line. Returns the exit status and never throws for what a user can get wrong. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.out(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    terminal.out(`${version()}\n`);
    return 0;
  }
  if (name === undefined) {
    terminal.error(HELP);
    return 2;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const kind = name.startsWith('-') ? 'option' : 'command';
    terminal.error(
      `breakwater: unknown ${kind} "${name}".${didYouMean(name, Object.keys(COMMANDS))} See breakwater --help\n`,
    );
    return 2;
  }
  // `sim` has options of its own and says what they are.
  if (name !== 'sim' && (rest.includes('--help') || rest.includes('-h'))) {
    terminal.out(helpOf(name));
    return 0;
  }
  try {
    return await (await load())(rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error(`breakwater ${name}: ${error.message} See breakwater --help\n`);
      return 2;
    }
    if (error instanceof CommandFailed) {
      terminal.error(`breakwater ${name}: ${error.message}\n`);
      return 1;
    }
    if (error instanceof ConfigError) {
      terminal.error(`${error}\n`);
      return 1;
    }
    throw error;
  }
}
