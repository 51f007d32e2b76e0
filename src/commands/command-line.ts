import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './arguments.ts';
import type { Command, Terminal } from './command.ts';
import { version } from './version.ts';

/** Each is loaded when it is asked for: `check` should not wait for a web server to load. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  sim: async () => (await import('./sim.ts')).simCommand,
};

const HELP = `Usage: breakwater COMMAND [OPTIONS]

  serve         run the proxy
      --config FILE         breakwater.yaml; without it, providers come from the environment
      --host HOST           address to listen on (127.0.0.1)
      --port PORT           port to listen on (8080); 0 takes a free one
      --auth none           let anybody who reaches the address use the proxy
      --passthrough PRESET  without --config: pass the clients' own keys on to openai, anthropic, ...
  check FILE    validate a configuration and say what it means
  schema        print the JSON Schema of the configuration
  sim           run the simulated provider
      --port PORT --faults SHARE --seed NUMBER ...; "breakwater sim --help" lists all

  --help, --version

Exit status: 0 done, 1 refused or failed, 2 called wrongly.
`;

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
    terminal.out(HELP);
    return 0;
  }
  try {
    return await (await load())(rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error(`breakwater ${name}: ${error.message} See breakwater --help\n`);
      return 2;
    }
    if (error instanceof ConfigError) {
      terminal.error(`${error}\n`);
      return 1;
    }
    throw error;
  }
}
