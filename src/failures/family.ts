/**
 * Whose error shapes a provider speaks. A family is chosen per provider in the config (presets know theirs); `generic` is any
 * OpenAI-compatible server nobody has described.
 */
export const PROVIDER_FAMILIES = [
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
  'generic',
] as const;

export type ProviderFamily = (typeof PROVIDER_FAMILIES)[number];
