import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DIALECTS, mocked, type Stand, simulated } from './stand.ts';

/** A coding agent, headless, as its users start it: with a provider in its models.json and nothing else. */
const PI = fileURLToPath(new URL('cli.js', import.meta.resolve('@mariozechner/pi-coding-agent')));

/** Pi's names of the dialects, and what it expects behind the origin. */
const APIS = [
  { api: 'openai-completions', path: '/v1' },
  { api: 'openai-responses', path: '/v1' },
  { api: 'anthropic-messages', path: '' },
] as const;

const DONE = 'The greeting is written.';

for (const api of APIS) {
  for (const dialect of DIALECTS) {
    describe(`pi, ${api.api}, target speaks ${dialect}`, () => {
      test('answers a question', async (t) => {
        const stand = await simulated(t, dialect);
        const { stdout } = await pi(t, api, stand, 'sim-ok', 'Say something');
        assert.ok(stdout.trim().length > 20, stdout);
      });

      test('writes a file it was asked for, and says so', async (t) => {
        const stand = await mocked(t, dialect);
        stand.mock.clearFixtures();
        stand.mock.on({ hasToolResult: true }, { content: DONE });
        stand.mock.onMessage(/greeting/, {
          toolCalls: [{ name: 'write', arguments: '{"path":"greeting.txt","content":"Grüß Gott,\\n\\"Oslo\\"\\n"}' }],
        });
        const { stdout, folder } = await pi(t, api, stand, 'mock', 'Write a greeting to greeting.txt');
        assert.equal(stdout.trim(), DONE);
        assert.equal(await readFile(join(folder, 'greeting.txt'), 'utf8'), 'Grüß Gott,\n"Oslo"\n');
      });
    });
  }
}

async function pi(
  t: TestContext,
  { api, path }: (typeof APIS)[number],
  { url }: Stand,
  model: string,
  prompt: string,
): Promise<{ stdout: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-pi-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const provider = { baseUrl: `${url}${path}`, api, apiKey: 'any', models: [{ id: `up/${model}` }] };
  await writeFile(join(folder, 'models.json'), JSON.stringify({ providers: { breakwater: provider } }));
  const running = promisify(execFile)(
    process.execPath,
    [PI, '--print', '--offline', '--no-session', '--provider', 'breakwater', '--model', `up/${model}`, prompt],
    { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder, PI_CODING_AGENT_DIR: folder }, timeout: 60_000 },
  );
  // Where its standard input is no terminal it waits for the end of it.
  running.child.stdin?.end();
  const { stdout } = await running;
  return { stdout, folder };
}
