import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** What can be checked, and where its schema is. */
const SCHEMAS = {
  'chat.completion': 'openai#/$defs/CreateChatCompletionResponse',
  'chat.completion.chunk': 'openai#/$defs/CreateChatCompletionStreamResponse',
  'chat.request': 'openai#/$defs/CreateChatCompletionRequest',
  text_completion: 'openai#/$defs/CreateCompletionResponse',
  embeddings: 'openai#/$defs/CreateEmbeddingResponse',
  models: 'openai#/$defs/ListModelsResponse',
  model: 'openai#/$defs/Model',
  response: 'openai#/$defs/Response',
  'response.event': 'openai#/$defs/ResponseStreamEvent',
  'response.request': 'openai#/$defs/CreateResponse',
  'openai.error': 'openai#/$defs/ErrorResponse',
  message: 'anthropic#/$defs/Message',
  'message.event': 'anthropic#/$defs/RawMessageStreamEvent',
  'message.request': 'anthropic#/$defs/MessageCreateParams',
  'message.count': 'anthropic#/$defs/MessageTokensCount',
  'anthropic.error': 'anthropic#/$defs/ErrorResponse',
} as const;

export type SchemaName = keyof typeof SCHEMAS;

let ajv: Ajv2020 | undefined;

/** What of `value` does not fit the provider's own schema; empty where it fits. */
export function conforms(name: SchemaName, value: unknown): string[] {
  const validate = validatorOf(name);
  if (validate(value)) return [];
  // Of a union, each alternative says why it is not the one; those that came furthest are the likely ones.
  const errors = validate.errors ?? [];
  const depth = Math.max(...errors.map(({ instancePath }) => instancePath.split('/').length));
  const deepest = errors.filter(({ instancePath }) => instancePath.split('/').length === depth);
  return deepest.map(({ instancePath, message, params }) => {
    return `${instancePath === '' ? '(the value)' : instancePath} ${message ?? 'does not fit'} ${JSON.stringify(params)}`;
  });
}

function validatorOf(name: SchemaName): ValidateFunction {
  ajv ??= withSchemas();
  const validate = ajv.getSchema(SCHEMAS[name]);
  if (validate === undefined) throw new Error(`There is no schema for ${name}.`);
  return validate;
}

function withSchemas(): Ajv2020 {
  // Not strict: the schemas say things about types that JSON Schema lets them say, and ajv would not.
  const fresh = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  for (const file of ['openai-schema.json', 'anthropic-schema.json']) {
    fresh.addSchema(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')));
  }
  return fresh;
}
