#!/usr/bin/env node
import { runCommandLine } from './commands/command-line.ts';

const status = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});

// What failed shall not linger on behalf of something half started; what was started keeps the process alive.
if (status !== 0) process.exit(status);
