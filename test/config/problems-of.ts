import type { Overrides } from '../../src/config/assemble.ts';
import type { Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Environment } from '../../src/config/interpolate.ts';
import { parseConfig } from '../../src/config/load.ts';

/** The configuration a text gives. */
export function configOf(source: string, env: Environment = {}, overrides: Overrides = {}): Config {
  return parseConfig('test.yaml', source, env, overrides);
}

/** What is wrong with a text, each as `line:column path: message`; empty where nothing is. */
export function problemsOf(source: string, env: Environment = {}, overrides: Overrides = {}): string[] {
  try {
    parseConfig('test.yaml', source, env, overrides);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
}
