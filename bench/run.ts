/**
 * The bench: Breakwater, what it is compared with and the numbers it has to hold, side by side in one run. All of it stays on
 * 127.0.0.1. `npm run bench -- --help` lists the options; docs/benchmarks.md explains the method.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureBudgets } from './budgets.ts';
import { measureCacheHits } from './cache-hits.ts';
import { measureCpu } from './cpu.ts';
import { measureFaults } from './faults.ts';
import { measureLatency } from './latency.ts';
import { describeMachine } from './machine.ts';
import type { Figure } from './measure/figure.ts';
import { Neighbours } from './measure/neighbours.ts';
import { pinLoad } from './measure/pinning.ts';
import { measureMemory } from './memory.ts';
import { type Options, parseOptions, type SectionName, USAGE } from './options.ts';
import { report } from './report.ts';
import type { Bench } from './section.ts';
import { measureStreams } from './stream.ts';
import { startSubjects } from './subjects/start.ts';
import { measureTranslation } from './translate.ts';
import { Upstream } from './upstream/handle.ts';

const SECTIONS: Readonly<Record<SectionName, (bench: Bench) => Promise<void>>> = {
  cpu: measureCpu,
  stream: measureStreams,
  translate: measureTranslation,
  latency: measureLatency,
  faults: measureFaults,
  memory: measureMemory,
  budgets: measureBudgets,
  cache: measureCacheHits,
};

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'));
  process.once('exit', () => {
    if (options.keep) process.stdout.write(`logs and configurations: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  });
  // Through `exit`, so that nothing the bench started outlives it.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  await bench(options, args, folder);
}

/** The options, or nothing where they make no sense and that was said. */
function readOptions(args: readonly string[]): Options | 'help' | undefined {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

async function bench(options: Options, args: readonly string[], folder: string): Promise<void> {
  const date = new Date();
  const machine = describeMachine();
  const neighbours = new Neighbours();
  const pinning = pinLoad();
  const figures: Figure[] = [];
  const failed: string[] = [];
  const upstream = await Upstream.start();
  const place = { upstreamPort: upstream.port, pinning, folder, entry: options.entry, before: options.before };
  const { subjects, absent } = await startSubjects(options.subjects, place);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  try {
    for (const name of options.only) {
      try {
        const record = (figure: Figure) => figures.push(figure);
        await SECTIONS[name]({ options, upstream, place, subjects, record, say });
      } catch (error) {
        failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        say(`failed: ${failed.at(-1)}`);
      }
    }
  } finally {
    for (const subject of subjects) await subject.stop();
    await upstream.stop();
  }
  const results = {
    date: date.toISOString(),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine,
    pinning: `${pinning.description}; ${neighbours.describe()}`,
    quick: options.quick,
    tookSeconds: (Date.now() - date.getTime()) / 1000,
    subjects: subjects.map(({ name, what }) => `${name}: ${what}`),
    absent,
    failed,
    sections: options.only,
    figures,
  };
  report(results, options.write);
  if (failed.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
