import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './arguments.ts';
import type { Command, Terminal } from './command.ts';
import { CommandFailed } from './command-failed.ts';
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

const HELP = `Usage: breakwater COMMAND [OPTIONS]

  serve         run the proxy
      --config FILE         breakwater.yaml; without it, providers come from the environment
      --host HOST           address to listen on (127.0.0.1)
      --port PORT           port to listen on (8080); 0 takes a free one
      --auth none           let anybody who reaches the address use the proxy
      --passthrough PRESET  without --config: pass the clients' own keys on to openai, anthropic, ...
  check FILE    validate a configuration and say what it means
      --at 10x              project the cost of so much traffic, from the ledger of the last 7 days
      --requests-per-day N --tokens IN/OUT   ... from these numbers instead
  schema        print the JSON Schema of the configuration
  keys create   make a client key: it is printed once, alone on standard output
      --tenant NAME [--agent NAME] [--label TEXT] [--expires 90d]
  keys list     [--tenant NAME]
  keys rotate ID            a new key in its place; the old one goes on for [--overlap 24h]
  keys revoke ID            refuse it from now on
  budgets       how the budgets stand: [--tenant NAME] [--csv]
  ledger        what was spent, request by request: --tenant NAME [--since 24h] [--csv]
  pause SCOPE   stop a scope until it is resumed: --tenant NAME [--reason TEXT]
  resume SCOPE  --tenant NAME
      SCOPE is tenant, agent:NAME, user:NAME, session:NAME or task:NAME
      These work on the state that a file names, or on a running proxy's, and take
      --config FILE, or --url URL with an admin key in BREAKWATER_ADMIN_KEY (--admin-key-env NAME)
      --json                for programs
  audit FILE... what system prompts and tools cost: prompts as text, requests as JSON, logs as JSON lines
      --requests-per-day N  reckon with so many; --model MODEL where the file names none
      --config FILE         models and prices of a configuration; --json for programs
  route explain FILE   where a request goes and why, without calling anyone; - reads standard input
      --config FILE [--endpoint chat] [--tenant NAME [--agent NAME]] [--task-type TASK] [--route KEY] [--json]
  route status         evidence on cheap models: states, losses, savings, of a running proxy
      --url URL, with an admin key in BREAKWATER_ADMIN_KEY [--tenant NAME] [--verdicts] [--json]
  route calibrate LOG  a score out of prompts that two models answered, as JSON lines
      [--out policy.json] [--delta 5pt]
  route eval LOG       how a calibrated score does on other prompts
      --policy FILE [--cheap-price 0.2] [--json]
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
