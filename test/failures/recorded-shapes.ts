import { ANTHROPIC_SHAPES } from './shapes/anthropic.ts';
import { AZURE_SHAPES } from './shapes/azure.ts';
import { BEDROCK_SHAPES } from './shapes/bedrock.ts';
import { GEMINI_SHAPES } from './shapes/gemini.ts';
import { HOSTS_SHAPES } from './shapes/hosts.ts';
import { LOCAL_SHAPES } from './shapes/local.ts';
import { OPENAI_SHAPES } from './shapes/openai.ts';
import { OPENROUTER_SHAPES } from './shapes/openrouter.ts';
import type { RecordedShape } from './shapes/shape.ts';

/** Errors as providers have sent them, by provider. */
export const RECORDED_SHAPES: readonly RecordedShape[] = [
  ...OPENAI_SHAPES,
  ...AZURE_SHAPES,
  ...ANTHROPIC_SHAPES,
  ...GEMINI_SHAPES,
  ...HOSTS_SHAPES,
  ...OPENROUTER_SHAPES,
  ...LOCAL_SHAPES,
  ...BEDROCK_SHAPES,
];
