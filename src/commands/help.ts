/** What each command takes, by name, in the order in which they are shown. */
const SECTIONS: Readonly<Record<string, string>> = {
  serve: `  serve         run the proxy
      --config FILE         breakwater.yaml; without it, providers come from the environment
      --host HOST           address to listen on (127.0.0.1)
      --port PORT           port to listen on (8080); 0 takes a free one
      --auth none           let anybody who reaches the address use the proxy
      --passthrough PRESET  without --config: pass the clients' own keys on to openai, anthropic, ...
`,
  check: `  check FILE    validate a configuration and say what it means
      --at 10x              project the cost of so much traffic, from the ledger of the last 7 days
      --requests-per-day N --tokens IN/OUT   ... from these numbers instead
`,
  schema: `  schema        print the JSON Schema of the configuration
`,
  keys: `  keys create   make a client key: it is printed once, alone on standard output
      --tenant NAME [--agent NAME] [--label TEXT] [--expires 90d]
  keys list     [--tenant NAME]
  keys rotate ID            a new key in its place; the old one goes on for [--overlap 24h]
  keys revoke ID            refuse it from now on
`,
  budgets: `  budgets       how the budgets stand: [--tenant NAME] [--csv]
`,
  ledger: `  ledger        what was spent, request by request: --tenant NAME [--since 24h] [--csv]
`,
  pause: `  pause SCOPE   stop a scope until it is resumed: --tenant NAME [--reason TEXT]
`,
  resume: `  resume SCOPE  --tenant NAME
`,
  audit: `  audit FILE... what system prompts and tools cost: prompts as text, requests as JSON, logs as JSON lines
      --requests-per-day N  reckon with so many; --model MODEL where the file names none
      --config FILE         models and prices of a configuration; --json for programs
`,
  route: `  route explain FILE   where a request goes and why, without calling anyone; - reads standard input
      --config FILE [--endpoint chat] [--tenant NAME [--agent NAME]] [--task-type TASK] [--route KEY] [--json]
  route status         evidence on cheap models: states, losses, savings, of a running proxy
      --url URL, with an admin key in BREAKWATER_ADMIN_KEY [--tenant NAME] [--verdicts] [--json]
  route calibrate LOG  a score out of prompts that two models answered, as JSON lines
      [--out policy.json] [--delta 5pt]
  route eval LOG       how a calibrated score does on other prompts
      --policy FILE [--cheap-price 0.2] [--json]
`,
  sim: `  sim           run the simulated provider
      --port PORT --faults SHARE --seed NUMBER ...; "breakwater sim --help" lists all
`,
};

/** Of the commands that work on the state; below the last of them. */
const OPERATORS: readonly string[] = ['keys', 'budgets', 'ledger', 'pause', 'resume'];
const SCOPES = `      SCOPE is tenant, agent:NAME, user:NAME, session:NAME or task:NAME
`;
const ACCESS = `      These work on the state that a file names, or on a running proxy's, and take
      --config FILE, or --url URL with an admin key in BREAKWATER_ADMIN_KEY (--admin-key-env NAME)
      --json                for programs
`;
const STATUS = `
Exit status: 0 done, 1 refused or failed, 2 called wrongly.
`;

const sections = Object.entries(SECTIONS).map(([name, text]) =>
  name === OPERATORS.at(-1) ? `${text}${SCOPES}${ACCESS}` : text,
);

/** Of all commands. */
export const HELP = `Usage: breakwater COMMAND [OPTIONS]

${sections.join('')}
  --help, --version; COMMAND --help: of one command
${STATUS}`;

/** Of one command. */
export function helpOf(command: string): string {
  const section = SECTIONS[command];
  if (section === undefined) return HELP;
  const scopes = command === 'pause' || command === 'resume' ? SCOPES : '';
  const access = OPERATORS.includes(command)
    ? ACCESS.replace('These work', 'Works').replace('and take', 'and takes')
    : '';
  return `Usage: breakwater ${command} [OPTIONS]\n\n${section}${scopes}${access}${STATUS}`;
}
