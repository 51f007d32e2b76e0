import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A proxy in a process of its own, as an operator runs it. */
export class ChildProxy {
  readonly configPath: string;
  readonly child: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #output = '';
  url = '';

  private constructor(configPath: string | undefined, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.configPath = configPath ?? '';
    this.child = spawn(process.execPath, [MAIN, 'serve', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (text: Buffer) => {
      this.#output += text.toString();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.#exited = once(this.child, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** Starts it and waits until it listens. Without a configuration it gets none, and an environment without keys. */
  static async start(t: TestContext, config?: string, env: NodeJS.ProcessEnv = {}): Promise<ChildProxy> {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-test-'));
    const path = join(folder, 'breakwater.yaml');
    if (config !== undefined) writeFileSync(path, config);
    const args = config === undefined ? ['--port', '0'] : ['--config', path];
    const proxy = new ChildProxy(config === undefined ? undefined : path, args, { PATH: process.env.PATH, ...env });
    t.after(async () => {
      if (proxy.child.exitCode === null && proxy.child.signalCode === null) proxy.child.kill('SIGKILL');
      await proxy.#exited;
      rmSync(folder, { recursive: true });
    });
    await until('the proxy listens', () => {
      if (proxy.child.exitCode !== null) throw new Error(`the proxy did not start: ${proxy.output}`);
      return /listening on http:\/\/\S+?:\d+/.test(proxy.output);
    });
    proxy.url = /listening on (http:\/\/[\w.]+:\d+)/.exec(proxy.output)?.[1] ?? '';
    return proxy;
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** How it ended. */
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#exited;
  }
}
