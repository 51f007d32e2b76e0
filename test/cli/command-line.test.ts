import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseServeArguments, serveConfig } from '../../src/commands/serve.ts';
import { run } from './cli-rig.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'breakwater-cli-'));
after(() => rmSync(FOLDER, { recursive: true }));

function fileOf(name: string, source: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, source);
  return path;
}

test('help and version go to standard output', async () => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { status, out } = await run(args);
    assert.equal(status, 0);
    assert.match(out, /Usage: breakwater COMMAND/);
  }
  assert.match((await run(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
});

test('help of one command is of that command alone, with what it shares with others', async () => {
  for (const [command, says, not] of [
    ['serve', /--passthrough/, /--admin-key-env|calibrate/],
    ['check', /--at 10x/, /--port/],
    ['keys', /keys rotate[\s\S]*--admin-key-env/, /SCOPE/],
    ['pause', /SCOPE is[\s\S]*--url URL/, /calibrate/],
    ['route', /route calibrate/, /--admin-key-env/],
  ] as const) {
    const { status, out } = await run([command, '--help']);
    assert.equal(status, 0);
    assert.match(out, new RegExp(`^Usage: breakwater ${command} `));
    assert.match(out, says);
    assert.doesNotMatch(out, not);
  }
});

test('a wrong call says in one line what is wrong, and is status 2', async () => {
  const table: [string[], string][] = [
    [['srve'], 'breakwater: unknown command "srve". Did you mean "serve"? See breakwater --help'],
    [['--serve'], 'breakwater: unknown option "--serve". Did you mean "serve"? See breakwater --help'],
    [['constructor'], 'breakwater: unknown command "constructor". See breakwater --help'],
    [
      ['serve', '--prot', '1'],
      'breakwater serve: unknown option "--prot". Did you mean "--port"? See breakwater --help',
    ],
    [['serve', '-x'], 'breakwater serve: unknown option "-x". See breakwater --help'],
    [['serve', 'a.yaml'], 'breakwater serve: unexpected argument "a.yaml". See breakwater --help'],
    [
      ['serve', '--port', 'http'],
      'breakwater serve: --port "http": expected a number from 0 to 65535. See breakwater --help',
    ],
    [
      ['serve', '--port', '65536'],
      'breakwater serve: --port "65536": expected a number from 0 to 65535. See breakwater --help',
    ],
    [['serve', '--auth', 'some'], 'breakwater serve: --auth "some": only "none" is known. See breakwater --help'],
    [['serve', '--config'], "breakwater serve: option '--config <value>' argument missing. See breakwater --help"],
    [['check'], 'breakwater check: needs a file: breakwater check breakwater.yaml. See breakwater --help'],
    [['check', 'a', 'b'], 'breakwater check: unexpected argument "b". See breakwater --help'],
    [['schema', 'x'], 'breakwater schema: unexpected argument "x". See breakwater --help'],
  ];
  for (const [args, message] of table) {
    assert.deepEqual(await run(args), { status: 2, out: '', error: `${message}\n` });
  }
  assert.equal((await run([])).status, 2);
});

test('check says what a configuration means', async () => {
  const path = fileOf(
    'good.yaml',
    [
      'providers:',
      '  openai: {apiKey: "${KEY}"}',
      '  vllm: {}',
      'models:',
      '  smart:',
      '    targets: [vllm/llama, {target: openai/gpt-4o, contextWindow: 128000}]',
      '    timeouts: {firstToken: 8s}',
      '    fallback: {static: sorry}',
      '  alone: {targets: [openai/gpt-4o]}',
    ].join('\n'),
  );
  const { status, out, error } = await run(['check', path], { KEY: 'sk-proj-0123456789abcdefWXYZ' });
  assert.equal(status, 0);
  assert.equal(error, '');
  for (const expected of [
    `${path}: OK`,
    'http://127.0.0.1:8080  (this machine only)',
    'openai#1 ...WXYZ, preset openai',
    'no key, none sent, preset vllm',
    '1. vllm/llama',
    '2. openai/gpt-4o  (128000 tokens, no audio, no reasoning)',
    '3. a static text, labelled as degraded',
    'timers: connect 3s, first token 8s, stall 30s, total 10m; embeddings 10s',
    'presets openai, vllm: written from public documentation, not tried against the live services',
    'models.alone: one target and no fallback; when it is down, so is the model',
  ]) {
    assert.ok(out.includes(expected), `${expected}\nis not in\n${out}`);
  }
  assert.ok(!out.includes('sk-proj'));
});

test('check refuses with every problem on standard error, and is status 1', async () => {
  const path = fileOf('bad.yaml', 'drain: 1\nlisten: {port: x}\n');
  assert.deepEqual(await run(['check', path]), {
    status: 1,
    out: '',
    error: `${path}:1:8: drain: 1: a duration needs a unit: write "1s" for seconds or "1ms" for milliseconds\n${path}:2:16: listen.port: "x": expected a whole number from 0 to 65535\n`,
  });
});

test('schema prints the JSON Schema', async () => {
  const { status, out } = await run(['schema']);
  assert.equal(status, 0);
  const schema: unknown = JSON.parse(out);
  assert.equal(Object(schema).title, 'Breakwater configuration');
});

test('serve refuses a bad configuration before anything is started', async () => {
  assert.deepEqual(await run(['serve', '--config', '/nowhere/b.yaml']), {
    status: 1,
    out: '',
    error: '/nowhere/b.yaml: cannot be read: ENOENT\n',
  });
  const open = await run(['serve', '--host', '0.0.0.0']);
  assert.equal(open.status, 1);
  assert.match(open.error, /--host: 0\.0\.0\.0 is open to other machines/);
});

test('serve’s options stand over the file and over the environment', () => {
  const path = fileOf('serve.yaml', 'providers: {openai: {apiKey: k}}\nlisten: {port: 1}');
  const fromFile = parseServeArguments(['--config', path, '--port', '7', '--host=0.0.0.0', '--auth=none']);
  assert.equal(fromFile.configPath, path);
  assert.deepEqual(serveConfig(fromFile.configPath, fromFile.overrides, {}).listen, { host: '0.0.0.0', port: 7 });
  const without = parseServeArguments(['--passthrough', 'groq']);
  assert.equal(serveConfig(without.configPath, without.overrides, {}).providers.get('groq')?.passthrough, true);
  assert.equal(serveConfig(undefined, {}, {}).simulator, true);
});
