import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CommandIo, simulatorCommand } from '../../src/simulator/command.ts';
import { startFor } from './raw-client.ts';

/** Runs the command until its greeting has been used. */
async function run(args: string[], use: (baseUrl: string) => Promise<void> = async () => {}) {
  const written = { out: '', err: '' };
  const io: CommandIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    stopped: () => use(/http:\S+/.exec(written.out)?.[0].replace(/\.$/, '') ?? ''),
  };
  return { code: await simulatorCommand(args, io), ...written };
}

async function chat(url: string, model: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  });
}

describe('breakwater sim', () => {
  it('listens, greets with a curl line, logs, and ends when told', async () => {
    const { code, out } = await run(['--port', '0', '--log', '--tokens', '7'], async (url) => {
      const response = await chat(url, 'gpt-4o');
      assert.equal(((await response.json()) as { usage: { completion_tokens: number } }).usage.completion_tokens, 7);
      await chat(url, 'sim-429-after-2s');
    });
    assert.equal(code, 0);
    assert.match(out, /curl http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
    assert.match(out, /^1 gpt-4o ok 200 completed first \d+\.\d ms, end \d+\.\d ms, 7 tokens$/m);
    assert.match(out, /^2 sim-429-after-2s 429-after-2s 429 completed/m);
  });

  it('passes its options on', async () => {
    const args = [
      '--port=0',
      '--faults=1',
      '--fault-kinds=503, 529',
      '--seed=3',
      '--first-token=1ms',
      '--tokens-per-second=1e6',
    ];
    await run(args, async (url) => {
      const seen = new Set<number>();
      for (let i = 0; i < 20; i++) seen.add((await chat(url, 'm')).status);
      assert.deepEqual([...seen].toSorted(), [503, 529]);
    });
  });

  it('explains itself', async () => {
    const { code, out } = await run(['--help']);
    assert.equal(code, 0);
    assert.match(out, /--fault-kinds/);
  });

  for (const [args, message] of [
    [['--faults', '2'], '--faults must be a number from 0 to 1, not "2"'],
    [['--port', 'abc'], '--port must be a number from 0 to 65535, not "abc"'],
    [['--first-token', '200'], '--first-token "200": a duration needs a unit'],
    [['--faults', '0.1', '--fault-kinds', 'meteor'], '"meteor"'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, err } = await run([...args]);
      assert.equal(code, 2);
      assert.ok(err.includes(message), err);
    });
  }

  it('says so when the port is taken', async (t) => {
    const { port } = await startFor(t);
    const { code, err } = await run(['--port', String(port)]);
    assert.equal(code, 1);
    assert.match(err, /EADDRINUSE/);
  });
});
