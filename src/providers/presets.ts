import type { Endpoint } from '../dialects/endpoint.ts';
import type { ProviderFamily } from '../failures/family.ts';

/** How the key travels: `Authorization: Bearer`, a header of its own, or not at all. */
export type ProviderAuth =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'none' };

/** Where each endpoint lies below the base URL. `{model}` stands for the URL-encoded model (or deployment) name. */
export interface EndpointPaths {
  readonly chat: string;
  readonly completions: string;
  readonly embeddings: string;
  readonly messages: string;
  readonly responses: string;
  readonly countTokens: string;
  readonly models: string;
}

export const PRESET_NAMES = [
  'openai',
  'azure',
  'anthropic',
  'gemini',
  'mistral',
  'groq',
  'openrouter',
  'together',
  'fireworks',
  'deepseek',
  'xai',
  'cerebras',
  'bedrock',
  'vllm',
  'ollama',
  'lmstudio',
] as const;

export type PresetName = (typeof PRESET_NAMES)[number];

/** What is known of a provider before anybody configures it. */
export interface Preset {
  readonly family: ProviderFamily;
  /** Without a trailing slash. May hold `{region}`. Undefined: every customer has an address of their own. */
  readonly baseUrl: string | undefined;
  readonly auth: ProviderAuth;
  readonly paths: EndpointPaths;
  /** The kinds of call it has, in its own dialect. Others are translated where that is possible. */
  readonly speaks: readonly Endpoint[];
  /** Environment variables that hold the key, the first that is set wins. Empty: works without a key. */
  readonly keyVariables: readonly string[];
  /**
   * Upstream model names only this provider hosts, so that a bare `gpt-5` needs no prefix. Hosts of other people's open
   * weights own nothing: `llama-3` may be anybody's.
   */
  readonly owns: readonly RegExp[];
  /** Accepts `stream_options: {include_usage: true}`. */
  readonly streamUsage: boolean;
  /** Runs on the operator's own machine: a missing key is normal, and the client's key is not for it. */
  readonly local: boolean;
  /** Where the values above were read. */
  readonly source: string;
  /** Tried against the live service. No preset is: docs/providers.md says so. */
  readonly verified: boolean;
}

export const DEFAULT_PATHS: EndpointPaths = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  messages: '/messages',
  responses: '/responses',
  countTokens: '/messages/count_tokens',
  models: '/models',
};

/** What a server of OpenAI's chat completions has. */
export const CHAT_ENDPOINTS: readonly Endpoint[] = ['chat', 'completions', 'embeddings'];
/** What a server of Anthropic's API has. */
export const MESSAGES_ENDPOINTS: readonly Endpoint[] = ['messages', 'count-tokens'];

/** Azure's dated API: the deployment is part of the path and `api-version` of the query. */
export const AZURE_DATED_PATHS: EndpointPaths = {
  chat: '/deployments/{model}/chat/completions',
  completions: '/deployments/{model}/completions',
  embeddings: '/deployments/{model}/embeddings',
  messages: '/messages',
  responses: '/responses',
  countTokens: '/messages/count_tokens',
  models: '/models',
};

type Given = Pick<Preset, 'family' | 'baseUrl' | 'source'> & Partial<Preset>;

function preset(given: Given): Preset {
  const defaults = {
    auth: { kind: 'bearer' },
    paths: DEFAULT_PATHS,
    speaks: CHAT_ENDPOINTS,
    keyVariables: [],
    owns: [],
    streamUsage: true,
    local: false,
    verified: false,
  } as const;
  return Object.freeze({ ...defaults, ...given });
}

export const PRESETS: Readonly<Record<PresetName, Preset>> = Object.freeze({
  openai: preset({
    family: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    keyVariables: ['OPENAI_API_KEY'],
    speaks: [...CHAT_ENDPOINTS, 'responses'],
    // gpt-oss are open weights that OpenAI itself does not serve.
    owns: [
      /^(?:ft:)?gpt-(?!oss)/,
      /^(?:ft:)?o\d/,
      /^chatgpt-/,
      /^codex-/,
      /^text-embedding-(?:ada|3)-/,
      /^(?:davinci|babbage)-002$/,
    ],
    source: 'https://platform.openai.com/docs/api-reference',
  }),
  azure: preset({
    family: 'azure',
    baseUrl: undefined,
    auth: { kind: 'header', name: 'api-key' },
    keyVariables: ['AZURE_OPENAI_API_KEY'],
    speaks: [...CHAT_ENDPOINTS, 'responses'],
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle',
  }),
  anthropic: preset({
    family: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    auth: { kind: 'header', name: 'x-api-key' },
    keyVariables: ['ANTHROPIC_API_KEY'],
    speaks: MESSAGES_ENDPOINTS,
    owns: [/^claude-/],
    source: 'https://platform.claude.com/docs/en/api/messages',
  }),
  gemini: preset({
    family: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    owns: [/^(?:models\/)?gemini-/, /^text-embedding-00\d$/],
    source: 'https://ai.google.dev/gemini-api/docs/openai',
  }),
  mistral: preset({
    family: 'mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    keyVariables: ['MISTRAL_API_KEY'],
    owns: [/^(?:open-)?(?:mistral|mixtral|codestral|ministral|pixtral|magistral|devstral|voxtral)-/],
    // Refuses it with a 422 (`extra_forbidden`); its last chunk carries usage unasked.
    streamUsage: false,
    source: 'https://docs.mistral.ai/api',
  }),
  groq: preset({
    family: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    keyVariables: ['GROQ_API_KEY'],
    source: 'https://console.groq.com/docs/openai',
  }),
  openrouter: preset({
    family: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariables: ['OPENROUTER_API_KEY'],
    source: 'https://openrouter.ai/docs/api-reference/overview',
  }),
  together: preset({
    family: 'together',
    baseUrl: 'https://api.together.ai/v1',
    keyVariables: ['TOGETHER_API_KEY'],
    source: 'https://docs.together.ai/docs/inference/openai-compatibility',
  }),
  fireworks: preset({
    family: 'fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyVariables: ['FIREWORKS_API_KEY'],
    owns: [/^accounts\/fireworks\//],
    source: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
  }),
  deepseek: preset({
    family: 'deepseek',
    baseUrl: 'https://api.deepseek.com',
    keyVariables: ['DEEPSEEK_API_KEY'],
    paths: { ...DEFAULT_PATHS, completions: '/beta/completions' },
    owns: [/^deepseek-(?:chat|reasoner|v\d)/],
    source: 'https://api-docs.deepseek.com',
  }),
  xai: preset({
    family: 'xai',
    baseUrl: 'https://api.x.ai/v1',
    keyVariables: ['XAI_API_KEY'],
    owns: [/^grok-/],
    source: 'https://docs.x.ai/docs/api-reference',
  }),
  cerebras: preset({
    family: 'cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    keyVariables: ['CEREBRAS_API_KEY'],
    source: 'https://inference-docs.cerebras.ai/resources/openai',
  }),
  bedrock: preset({
    family: 'bedrock',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
    owns: [/^(?:(?:us|eu|apac|global)\.)?(?:amazon|anthropic|openai|meta|mistral|cohere|ai21|deepseek|qwen)\./],
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html',
  }),
  vllm: preset({
    family: 'vllm',
    baseUrl: 'http://127.0.0.1:8000/v1',
    local: true,
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  }),
  ollama: preset({
    family: 'ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    local: true,
    source: 'https://docs.ollama.com/api/openai-compatibility',
  }),
  lmstudio: preset({
    family: 'lmstudio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    local: true,
    source: 'https://lmstudio.ai/docs/api/openai-api',
  }),
});

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}
