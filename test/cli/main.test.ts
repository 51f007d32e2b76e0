import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stateDir } from '../state/state-dir.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ENV = { PATH: process.env.PATH };

function run(...args: string[]): Promise<{ status: number | string; out: string; error: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: ENV }, (failure, out, error) =>
      resolve({ status: failure?.code ?? 0, out, error }),
    );
  });
}

test('the program answers --version and refuses what it does not know, by its exit status', async () => {
  const [version, unknown, refused] = await Promise.all([run('--version'), run('serv'), run('check', '/nowhere.yaml')]);
  assert.deepEqual([version.status, unknown.status, refused.status], [0, 2, 1]);
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  assert.equal(refused.error, '/nowhere.yaml: cannot be read: ENOENT\n');
});

test('check loads neither the server nor the simulator', async () => {
  const script = `
    const { registerHooks } = await import('node:module');
    const seen = [];
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
    process.argv.splice(1, 1, 'breakwater');
    await import(${JSON.stringify(new URL(`file://${MAIN}`).href)});
    console.log(JSON.stringify(seen.filter((url) => /fastify|undici\\/lib|src\\/(proxy|simulator)/.test(url))));
  `;
  const example = fileURLToPath(new URL('../../examples/minimal.yaml', import.meta.url));
  const env = { ...ENV, OPENAI_API_KEY: 'k' };
  const { out } = await new Promise<{ out: string }>((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script, 'x', 'check', example], { env }, (_, out) =>
      resolve({ out }),
    );
  });
  assert.match(out, /minimal\.yaml: OK/);
  assert.equal(out.trimEnd().split('\n').at(-1), '[]');
});

test('serve on an address that is taken ends with status 1 and one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { status, error } = await run('serve', '--port', String(port));
  taken.close();
  assert.equal(status, 1);
  assert.match(error, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: EADDRINUSE`));
});

test('serve without anything configured answers from the simulator, and SIGTERM ends it with status 0', async () => {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0'], {
    env: ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let told = '';
    const url = await new Promise<string>((resolve, reject) => {
      const listen = (chunk: Buffer): void => {
        told += chunk;
        const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(told)?.[0];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('exit', () => reject(new Error(`ended early: ${told}`)));
    });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }] }),
    });
    const answer: unknown = await response.json();
    assert.equal(response.status, 200);
    assert.equal(typeof Object(answer).choices[0].message.content, 'string');
    assert.match(told, /SIMULATOR/);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  }
});

test('serve on a state that it cannot have ends with status 1 and one line that says what to do', async () => {
  const dir = stateDir();
  writeFileSync(join(dir, 'breakwater.db'), 'this is no database, but long enough to be looked at as one');
  const file = join(dir, 'b.yaml');
  writeFileSync(
    file,
    `listen: {port: 0}\nproviders: {a: {baseUrl: "http://127.0.0.1:1/v1"}}\nstate: {dir: "${dir}"}\ntenants: {acme: {keys: [${'k'.repeat(20)}]}}\n`,
  );
  const { status, error } = await run('serve', '--config', file);
  assert.equal(status, 1);
  assert.match(error, /^breakwater serve: .*breakwater\.db is not an SQLite database\. Move it away [^\n]*\n$/);
});
