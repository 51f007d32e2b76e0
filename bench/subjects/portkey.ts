import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, launch } from './launch.ts';
import { CannotStart, type Place, type Subject } from './subject.ts';

const FOLDER = fileURLToPath(new URL('../portkey', import.meta.url));
const SCRIPT = `${FOLDER}/node_modules/@portkey-ai/gateway/build/start-server.js`;
const INSTALL_MS = 180_000;

/** Portkey's open gateway at the version that `bench/portkey` pins; installed there when first asked for. */
export async function startPortkey(place: Place): Promise<Subject> {
  if (!existsSync(SCRIPT)) install();
  const port = await freePort();
  const command = [process.execPath, SCRIPT, '--headless', `--port=${port}`];
  const running = await launch('portkey', command, port, place);
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${place.upstreamPort}/v1`,
  };
  return { name: 'portkey', port, headers, model: 'bench', what: '@portkey-ai/gateway 1.15.2', ...running };
}

function install(): void {
  process.stderr.write('installing the pinned Portkey into bench/portkey\n');
  const command = ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'];
  const outcome = spawnSync('npm', command, { encoding: 'utf8', timeout: INSTALL_MS });
  if (outcome.status === 0) return;
  const why = outcome.error?.message ?? outcome.stderr.trim().split('\n').slice(-3).join(' | ');
  throw new CannotStart(`portkey: npm ci failed: ${why.slice(0, 400)}`);
}
