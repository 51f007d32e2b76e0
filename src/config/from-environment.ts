import { isPresetName, PRESET_NAMES, PRESETS, type PresetName } from '../providers/presets.ts';
import { assembleConfig, type Overrides } from './assemble.ts';
import { buildProvider } from './build-provider.ts';
import type { Config, Provider } from './config.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { DEFAULT_MODEL_SETTINGS } from './defaults.ts';
import type { Environment } from './interpolate.ts';
import { formatPath } from './path.ts';
import type { ProviderShape } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** The name of the provider that stands for the simulator. */
export const SIMULATOR = 'sim';

/** The preset that is to get the client's own key, where no file says so. */
export const PASSTHROUGH_VARIABLE = 'BREAKWATER_PASSTHROUGH';

export interface EnvironmentProviders {
  readonly providers: readonly Provider[];
  readonly notices: readonly string[];
  readonly simulator: boolean;
}

/**
 * The configuration where there is no file: every provider whose key is in the environment, and nothing else; no provider
 * at all: the simulator.
 *
 * @throws ConfigError where a variable holds what cannot be a key, or names no preset.
 */
export function configFromEnvironment(env: Environment, overrides: Overrides = {}): Config {
  const found = providersFromEnvironment(env, overrides.passthrough);
  const parts = { source: '(defaults)', file: {}, models: [], defaults: DEFAULT_MODEL_SETTINGS, ...found };
  return assembleConfig(parts, overrides);
}

/** @param passthrough the preset that gets the client's own key; absent: what `BREAKWATER_PASSTHROUGH` says. */
export function providersFromEnvironment(env: Environment, passthrough?: string): EnvironmentProviders {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const passing = readPassthrough(env, passthrough, problems);
  const providers: Provider[] = [];
  for (const preset of PRESET_NAMES) {
    const variable = PRESETS[preset].keyVariables.find((name) => read(env, name) !== undefined);
    if (variable === undefined && preset !== passing) continue;
    const given = describe(preset, preset === passing ? undefined : variable, env);
    if (typeof given === 'string') notices.push(`${variable ?? preset} is left out: ${given}.`);
    else providers.push(buildProvider(preset, given, '(environment)', reporter(problems, preset, variable)));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  if (providers.length === 0)
    return { providers: [simulatorProvider(0)], notices: [...notices, SIMULATOR_NOTICE], simulator: true };
  notices.push(`Providers from the environment: ${providers.map((provider) => provider.name).join(', ')}.`);
  return { providers, notices, simulator: false };
}

/** The configuration with the address at which the simulator was started. */
export function withSimulatorUrl(config: Config, port: number): Config {
  const providers = [...config.providers.values()].map((provider) =>
    provider.name === SIMULATOR ? simulatorProvider(port) : provider,
  );
  const { source, listen, auth, limits, drain, telemetry, models, defaults, notices, simulator } = config;
  const { admin, state, cache } = config;
  const file = { listen, auth, limits, drain, telemetry };
  const rebuilt = assembleConfig(
    {
      source,
      file,
      providers,
      models: [...models.values()],
      defaults,
      notices: [],
      simulator,
      tenants: [...config.tenants.values()],
      admin,
      state,
      cache,
    },
    {},
  );
  return Object.freeze({ ...rebuilt, notices });
}

const SIMULATOR_NOTICE =
  'No provider is configured and no provider key is in the environment: a SIMULATOR answers every request with made-up text. ' +
  `Set OPENAI_API_KEY or another key, or ${PASSTHROUGH_VARIABLE}=openai to pass the clients’ own keys on.`;

/** What the preset needs beside its key, or the reason it cannot be used. */
function describe(preset: PresetName, variable: string | undefined, env: Environment): ProviderShape | string {
  const apiKey = variable === undefined ? undefined : read(env, variable);
  const given: ProviderShape = apiKey === undefined ? { passthrough: true } : { apiKey };
  if (preset === 'azure') {
    const baseUrl = read(env, 'AZURE_OPENAI_ENDPOINT');
    if (baseUrl === undefined) return 'AZURE_OPENAI_ENDPOINT is not set';
    return { ...given, baseUrl, apiVersion: read(env, 'AZURE_OPENAI_API_VERSION') };
  }
  if (preset === 'bedrock') {
    const region = read(env, 'AWS_REGION') ?? read(env, 'AWS_DEFAULT_REGION');
    return region === undefined ? 'AWS_REGION is not set' : { ...given, region };
  }
  return given;
}

function readPassthrough(env: Environment, option: string | undefined, problems: Problem[]): PresetName | undefined {
  const name = option ?? read(env, PASSTHROUGH_VARIABLE);
  if (name === undefined || isPresetName(name)) return name;
  const [file, path] =
    option === undefined ? ['(environment)', PASSTHROUGH_VARIABLE] : ['(command line)', '--passthrough'];
  const hint = didYouMean(name, PRESET_NAMES) || ` Known: ${PRESET_NAMES.join(', ')}`;
  problems.push({
    file,
    line: 0,
    column: 0,
    path,
    message: `${JSON.stringify(name.slice(0, 40))}: no known provider.${hint}`,
  });
  return undefined;
}

function reporter(problems: Problem[], preset: PresetName, variable: string | undefined) {
  return (path: readonly (string | number)[], message: string): void => {
    const named = path[0] === 'apiKey' && variable !== undefined ? variable : formatPath([preset, ...path]);
    problems.push({ file: '(environment)', line: 0, column: 0, path: named, message });
  };
}

/** Unset, empty and blank are the same; a line break at the end comes of `export KEY=$(cat file)` and the like. */
function read(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
  return value === '' ? undefined : value;
}

function simulatorProvider(port: number): Provider {
  return {
    ...buildProvider(
      SIMULATOR,
      { baseUrl: `http://127.0.0.1:${port}/v1`, streamUsage: true },
      '(defaults)',
      () => undefined,
    ),
    // It answers, and fails, in OpenAI's shapes.
    family: 'openai',
    connections: undefined,
  };
}
