import type { Capability } from '../dialects/capability.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { PresetName } from './presets.ts';

/** Models of one provider of which the same is known. */
export interface ModelEntry {
  /** Of upstream names. */
  readonly models: RegExp;
  readonly has?: readonly Capability[];
  /** What a request would be refused for. Only what is documented: what stands here by mistake is never asked for. */
  readonly lacks?: readonly Capability[];
  readonly speaks?: readonly Endpoint[];
  readonly maxOutputTokens?: number;
  readonly source: string;
}

const TEXT_ONLY: readonly Capability[] = ['vision', 'files', 'audio'];
const EMBEDDINGS: readonly Endpoint[] = ['embeddings'];

const OPENAI_MODELS = 'https://platform.openai.com/docs/models';
/** Which member which model refuses, tried out one by one. */
const OPENAI_TRIED = 'https://community.openai.com/t/developer-role-not-accepted-for-o1-o1-mini-o3-mini/1110750';
/** `ResponsesOnlyModel` of the API reference. */
const OPENAI_SHARED = 'https://developers.openai.com/api/reference/resources/$shared';

const GROQ_VISION = 'https://console.groq.com/docs/vision';
const GROQ_SCHEMAS = 'https://console.groq.com/docs/structured-outputs';
const GROQ_UNSUPPORTED = 'https://console.groq.com/docs/openai#currently-unsupported-openai-features';

/** By preset; the first entry that fits a name holds. A preset that is absent hosts what its customer likes. */
export const KNOWN_MODELS: Readonly<Partial<Record<PresetName, readonly ModelEntry[]>>> = {
  openai: [
    { models: /^text-embedding-/, speaks: EMBEDDINGS, source: OPENAI_MODELS },
    { models: /^(?:davinci|babbage)-002$|^gpt-3\.5-turbo-instruct/, speaks: ['completions'], source: OPENAI_MODELS },
    {
      models:
        /^(?:o1-pro|o3-pro|o3-deep-research|o4-mini-deep-research|computer-use-preview|gpt-5-codex|gpt-5\.1-codex-max|gpt-5(?:\.\d)?-pro)/,
      speaks: ['responses'],
      lacks: ['audio'],
      source: OPENAI_SHARED,
    },
    {
      models: /^(?:ft:)?gpt-3\.5-turbo/,
      lacks: [...TEXT_ONLY, 'customTools', 'schema', 'reasoning'],
      source: OPENAI_MODELS,
    },
    {
      models: /^(?:ft:)?gpt-4(?:-32k)?(?:-0314|-0613)?(?:$|:)/,
      lacks: [...TEXT_ONLY, 'customTools', 'schema', 'json', 'reasoning'],
      source: OPENAI_MODELS,
    },
    {
      models: /^gpt-4-(?:1106-preview|0125-preview|turbo-preview)$/,
      lacks: [...TEXT_ONLY, 'customTools', 'schema', 'reasoning'],
      source: OPENAI_MODELS,
    },
    {
      models: /^gpt-4-turbo/,
      has: ['vision'],
      lacks: ['audio', 'customTools', 'schema', 'reasoning'],
      source: OPENAI_TRIED,
    },
    {
      models: /^gpt-4o(?:-mini)?-audio/,
      has: ['audio'],
      lacks: ['vision', 'schema', 'json', 'reasoning', 'logprobs'],
      speaks: ['chat'],
      source: OPENAI_TRIED,
    },
    { models: /^gpt-4o(?:-mini)?-search/, speaks: ['chat'], lacks: ['audio'], source: OPENAI_MODELS },
    {
      models: /^chatgpt-4o/,
      has: ['vision'],
      lacks: ['audio', 'tools', 'customTools', 'schema', 'reasoning'],
      source: OPENAI_TRIED,
    },
    { models: /^(?:ft:)?gpt-4(?:o|\.1)/, has: ['vision'], lacks: ['audio', 'reasoning'], source: OPENAI_TRIED },
    {
      models: /^o1-(?:mini|preview)/,
      lacks: [...TEXT_ONLY, 'tools', 'customTools', 'schema', 'json', 'reasoning', 'logprobs'],
      source: OPENAI_TRIED,
    },
    { models: /^o3-mini/, lacks: [...TEXT_ONLY, 'logprobs'], source: OPENAI_TRIED },
    { models: /^(?:ft:)?o[134](?:$|-)/, has: ['vision'], lacks: ['audio', 'logprobs'], source: OPENAI_TRIED },
    { models: /^gpt-5/, has: ['vision'], lacks: ['audio'], source: OPENAI_MODELS },
  ],
  gemini: [
    {
      models: /^(?:models\/)?(?:gemini-embedding|text-embedding)-/,
      speaks: EMBEDDINGS,
      source: 'https://ai.google.dev/gemini-api/docs/embeddings',
    },
  ],
  mistral: [
    {
      models: /^(?:mistral|codestral)-embed/,
      speaks: EMBEDDINGS,
      source: 'https://docs.mistral.ai/capabilities/embeddings',
    },
    {
      models: /^(?:open-mi[sx]tral-|codestral-|mistral-saba-)/,
      lacks: ['vision', 'audio'],
      source: 'https://docs.mistral.ai/capabilities/vision',
    },
  ],
  groq: [
    {
      models: /^llama-3\.(?:1-8b-instant|3-70b-versatile)$/,
      lacks: [...TEXT_ONLY, 'schema', 'logprobs'],
      source: GROQ_SCHEMAS,
    },
    {
      models: /^(?:openai\/gpt-oss-|qwen\/qwen3-|moonshotai\/kimi-k2-instruct|deepseek-r1-)/,
      lacks: [...TEXT_ONLY, 'logprobs'],
      source: GROQ_VISION,
    },
    { models: /^/, lacks: ['logprobs'], source: GROQ_UNSUPPORTED },
  ],
  deepseek: [
    {
      models: /^deepseek-chat$/,
      lacks: [...TEXT_ONLY, 'schema'],
      source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    },
    {
      models: /^deepseek-reasoner$/,
      lacks: [...TEXT_ONLY, 'schema', 'logprobs'],
      source: 'https://api-docs.deepseek.com/guides/reasoning_model',
    },
  ],
  xai: [
    { models: /^grok-(?:3|code)(?:$|-)/, lacks: TEXT_ONLY, source: 'https://docs.x.ai/docs/models' },
    { models: /^grok-4(?:-0709|-latest)?$/, lacks: ['reasoning'], source: 'https://docs.x.ai/docs/guides/reasoning' },
  ],
  cerebras: [
    {
      models: /^(?:llama-?3|gpt-oss-|qwen-3-|zai-glm-)/,
      lacks: TEXT_ONLY,
      source: 'https://inference-docs.cerebras.ai/models/overview',
    },
  ],
  bedrock: [
    {
      models: /(?:^|\.)openai\.gpt-oss-/,
      lacks: TEXT_ONLY,
      source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html',
    },
  ],
  ollama: [
    {
      models: /^(?:nomic-embed-text|mxbai-embed-large|all-minilm|bge-m3|snowflake-arctic-embed2?)(?:$|:)/,
      speaks: EMBEDDINGS,
      source: 'https://ollama.com/search?c=embedding',
    },
    {
      models: /^(?:gemma2?|codellama|phi3|llama2|starcoder2?)(?:$|:)/,
      lacks: [...TEXT_ONLY, 'tools'],
      source: 'https://ollama.com/search?c=tools',
    },
    {
      models:
        /^(?:llama3(?:\.[123])?|mixtral|qwen2\.5(?:-coder)?|qwen3(?:-coder)?|phi4|deepseek-(?:r1|v3)|gpt-oss|qwq)(?:$|:)/,
      lacks: TEXT_ONLY,
      source: 'https://ollama.com/search?c=vision',
    },
  ],
};
