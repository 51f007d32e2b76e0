import type { Provider } from '../config/config.ts';
import { PRESETS, type PresetName } from '../providers/presets.ts';

/** The price list's own names of our presets. Local servers have none: what they cost is the operator's electricity. */
const LISTED: Readonly<Record<PresetName, string | undefined>> = {
  openai: 'openai',
  azure: 'azure',
  anthropic: 'anthropic',
  gemini: 'google',
  mistral: 'mistral',
  groq: 'groq',
  openrouter: 'openrouter',
  together: 'together',
  fireworks: 'fireworks',
  deepseek: 'deepseek',
  xai: 'x-ai',
  cerebras: 'cerebras',
  bedrock: 'aws',
  vllm: undefined,
  ollama: undefined,
  lmstudio: undefined,
};

/** Azure gives every resource a host of its own below one of these. */
const AZURE_HOST = /\.(?:openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)$/;
const BEDROCK_HOST = /^bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com$/;

/**
 * The name under which the price list knows a provider. It goes by where the requests are sent, not by what the provider is called in
 * the configuration: a gateway that stands in for OpenAI charges what it likes. Undefined: the list does not know it.
 */
export function listedProvider(provider: Provider): string | undefined {
  if (provider.prices.like !== undefined) return LISTED[provider.prices.like];
  const url = URL.parse(provider.baseUrl);
  if (url === null) return undefined;
  const preset = BY_HOST.get(url.hostname);
  if (preset !== undefined) return LISTED[preset];
  if (AZURE_HOST.test(url.hostname)) return LISTED.azure;
  return BEDROCK_HOST.test(url.hostname) ? LISTED.bedrock : undefined;
}

/** The name under which the list knows a model: Gemini's compatible endpoint takes `models/gemini-...` as well. */
export function listedModel(listed: string, model: string): string {
  return listed === 'google' && model.startsWith('models/') ? model.slice('models/'.length) : model;
}

function presetsByHost(): ReadonlyMap<string, PresetName> {
  const byHost = new Map<string, PresetName>();
  for (const name of Object.keys(PRESETS) as PresetName[]) {
    const { baseUrl, local } = PRESETS[name];
    const host = baseUrl === undefined || local ? undefined : URL.parse(baseUrl)?.hostname;
    if (host !== undefined) byHost.set(host, name);
  }
  return byHost;
}

const BY_HOST = presetsByHost();
