import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Launched, launch } from './launch.ts';
import { CannotStart, type Place, type Subject, type SubjectName } from './subject.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = join(ROOT, 'src/main.ts');
const BUILT = join(ROOT, 'dist/main.js');

/** Breakwater with every default: one provider, one model, logs at info to a file. */
export async function startBreakwater(place: Place, name: SubjectName = 'breakwater'): Promise<Subject> {
  const { port, ...running } = await serve(place, name, [
    'providers:',
    `  up: {baseUrl: "http://127.0.0.1:${place.upstreamPort}/v1", apiKey: bench}`,
    'models:',
    '  bench: {targets: [up/bench]}',
  ]);
  // `up/gpt` must go upstream as `gpt`: the bytes are spliced, where `bench` passes as it is.
  const model = name === 'spliced' ? 'up/gpt' : 'bench';
  return { name, port, headers: {}, model, ...running };
}

/** Serves a configuration (YAML lines without `listen`) and says how it was run. */
export async function serve(
  place: Place,
  name: string,
  configuration: readonly string[],
): Promise<Launched & { readonly port: number; readonly what: string }> {
  const script = place.entry ?? (builtIsCurrent() ? BUILT : SOURCE);
  if (!existsSync(script)) throw new CannotStart(`${name}: ${script} is not there`);
  const port = await freePort();
  const file = join(place.folder, `${name}.yaml`);
  writeFileSync(file, `${[`listen: {host: 127.0.0.1, port: ${port}}`, ...configuration].join('\n')}\n`);
  const running = await launch(name, [process.execPath, script, 'serve', '--config', file], port, place);
  return { ...running, port, what: script.startsWith(ROOT) ? relative(ROOT, script) : script };
}

/** A build older than the sources would measure yesterday's proxy. */
function builtIsCurrent(): boolean {
  if (!existsSync(BUILT)) return false;
  const builtAt = statSync(BUILT).mtimeMs;
  return readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .every((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs <= builtAt);
}
