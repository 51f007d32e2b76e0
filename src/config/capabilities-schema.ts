import * as z from 'zod';
import { flag } from './schema-types.ts';

/** What a target can do, where presets do not know it or are wrong. */
export const capabilitiesSchema = z.strictObject({
  vision: flag('It reads images.').optional(),
  files: flag('It reads documents such as PDF.').optional(),
  audio: flag('It listens.').optional(),
  tools: flag('It calls tools.').optional(),
  customTools: flag('It calls OpenAI’s custom tools, which take free text.').optional(),
  schema: flag('It answers in a JSON Schema.').optional(),
  json: flag('It has a JSON mode.').optional(),
  prefill: flag('It continues an assistant message that is begun.').optional(),
  reasoning: flag('It takes a wish how much to reason; where not, it is asked without.').optional(),
  logprobs: flag('It tells log-probabilities.').optional(),
});
