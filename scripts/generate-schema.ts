/** Writes docs/config.schema.json; with --check, fails where the committed file is not what the code says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaText } from '../src/commands/schema.ts';

const file = new URL('../docs/config.schema.json', import.meta.url);
const wanted = schemaText();

if (process.argv.includes('--check')) {
  if (committed() !== wanted) {
    process.stderr.write('docs/config.schema.json is stale: run node scripts/generate-schema.ts\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, wanted);
}

function committed(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
