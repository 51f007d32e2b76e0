import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LineWriter } from '../../src/telemetry/line-writer.ts';

/** An output that takes as many bytes as it is allowed to. */
class Output {
  taken = '';
  room = Number.POSITIVE_INFINITY;
  readonly write = (_fd: number, bytes: Uint8Array, offset: number): number => {
    const part = bytes.subarray(offset, Math.min(bytes.length, offset + this.room));
    if (part.length === 0) throw Object.assign(new Error('write EAGAIN'), { code: 'EAGAIN' });
    this.room -= part.length;
    this.taken += Buffer.from(part).toString();
    return part.length;
  };
}

/** No event loop in between. */
const atOnce = (flush: () => void) => flush();

describe('the line writer', () => {
  it('writes the lines of one turn of the event loop together, at its end', () => {
    const output = new Output();
    const turns: (() => void)[] = [];
    const writes: number[] = [];
    const counting = (fd: number, bytes: Uint8Array, offset: number) => {
      writes.push(bytes.length);
      return output.write(fd, bytes, offset);
    };
    const writer = new LineWriter(1, counting, (flush) => turns.push(flush));
    writer.write('a\n');
    writer.write('b\n');
    assert.equal(output.taken, '');
    turns.shift()?.();
    assert.equal(output.taken, 'a\nb\n');
    assert.deepEqual([writes, turns.length], [[4], 0]);
    writer.write('c\n');
    writer.flush();
    assert.equal(output.taken, 'a\nb\nc\n');
  });

  it('writes UTF-8', () => {
    const output = new Output();
    const writer = new LineWriter(1, output.write, atOnce);
    writer.write('a é\n');
    assert.equal(output.taken, 'a é\n');
  });

  it('keeps what the output does not take, in order, and never throws', () => {
    const output = new Output();
    const writer = new LineWriter(1, output.write, atOnce);
    output.room = 3;
    writer.write('first\n');
    writer.write('second\n');
    assert.equal(output.taken, 'fir');
    output.room = 6;
    writer.write('third\n');
    assert.equal(output.taken, 'first\nsec');
    output.room = Number.POSITIVE_INFINITY;
    writer.write('fourth\n');
    assert.equal(output.taken, 'first\nsecond\nthird\nfourth\n');
    assert.equal(writer.lost, 0);
  });

  it('loses lines past a megabyte, counts them, and says so when the output takes bytes again', () => {
    const output = new Output();
    const writer = new LineWriter(1, output.write, atOnce);
    output.room = 0;
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 1030; count++) writer.write(line);
    assert.equal(writer.lost, 6);
    output.room = Number.POSITIVE_INFINITY;
    writer.write('after\n');
    const lines = output.taken.split('\n');
    assert.equal(lines.length, 1024 + 2 + 1);
    assert.deepEqual(JSON.parse(lines[1024] ?? ''), { level: 'error', lost: 6, msg: 'log lines were lost' });
    assert.equal(lines[1025], 'after');
    writer.write('more\n');
    output.room = 0;
    writer.write('waits\n');
    output.room = Number.POSITIVE_INFINITY;
    writer.write('last\n');
    assert.ok(output.taken.endsWith('after\nmore\nwaits\nlast\n'), 'what was lost is said once');
    assert.equal(writer.lost, 6);
  });

  it('outlives an output that takes nothing and says nothing', () => {
    const writer = new LineWriter(1, () => 0, atOnce);
    writer.write('a\n');
    writer.write('b\n');
    assert.equal(writer.lost, 0);
  });

  it('has each line of an earlier turn out before a kill -9, and those of the last one before an exit', async () => {
    const log = fileURLToPath(new URL('../../src/telemetry/log.ts', import.meta.url));
    const dying = (end: string) => `
      const { createLogs } = await import(${JSON.stringify(log)});
      const { events } = createLogs({ level: 'info' });
      for (let n = 0; n < 100; n++) events.info({ n }, 'request');
      ${end}
    `;
    for (const [end, how] of [
      ["setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGKILL')));", 'SIGKILL'],
      ['process.exit(0);', null],
      ["process.stderr.write = () => true; throw new Error('a defect');", null],
    ] as const) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', dying(end)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const [, signal] = await once(child, 'close');
      assert.equal(signal, how);
      assert.deepEqual(
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).n),
        Array.from({ length: 100 }, (_, n) => n),
        end,
      );
    }
  });
});
