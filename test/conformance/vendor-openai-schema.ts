/**
 * Makes `openai-schema.json` of OpenAI's public OpenAPI file: `node test/conformance/vendor-openai-schema.ts openapi.yaml`.
 *
 * Kept: the closure of the answers, chunks and stream events of chat, completions, embeddings, models and responses. Left out: everything that
 * validates nothing (descriptions, examples, vendor extensions). Changed: `oneOf` to `anyOf`, as many of the file's alternatives overlap and
 * values the API really sends match two of them; `nullable` and `$recursiveRef`, which JSON Schema 2020-12 does not know, to what it does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

type Schema = Record<string, unknown>;

const ROOTS = [
  'CreateChatCompletionResponse',
  'CreateChatCompletionStreamResponse',
  'CreateCompletionResponse',
  'CreateEmbeddingResponse',
  'ListModelsResponse',
  'Model',
  'Response',
  'ResponseStreamEvent',
  'CreateResponse',
  'CreateChatCompletionRequest',
  'ErrorResponse',
];
const VALIDATES_NOTHING = new Set([
  ...['description', 'example', 'examples', 'deprecated', 'externalDocs', 'title', 'xml', 'discriminator', 'default'],
  ...['$recursiveAnchor', 'format'],
]);

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clean(value: unknown, owner: string, namesMembers = false): unknown {
  if (Array.isArray(value)) return value.map((item) => clean(item, owner));
  if (!isSchema(value)) return value;
  const cleaned: Schema = {};
  for (const [key, member] of Object.entries(value)) {
    if (namesMembers) cleaned[key] = clean(member, owner);
    else if (VALIDATES_NOTHING.has(key) || key.startsWith('x-') || key === 'nullable') continue;
    else if (key === '$ref') cleaned.$ref = String(member).replace('#/components/schemas/', '#/$defs/');
    else if (key === '$recursiveRef') cleaned.$ref = `#/$defs/${owner}`;
    else if (key === 'oneOf') cleaned.anyOf = clean(member, owner);
    else cleaned[key] = clean(member, owner, key === 'properties' || key === 'patternProperties');
  }
  return !namesMembers && value.nullable === true ? { anyOf: [cleaned, { type: 'null' }] } : cleaned;
}

function* referredTo(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* referredTo(item);
  else if (isSchema(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') yield member.replace('#/$defs/', '');
      else yield* referredTo(member);
    }
  }
}

const [file = 'openapi.yaml'] = process.argv.slice(2);
const spec = parse(readFileSync(file, 'utf8'));
const $defs: Schema = {};
const wanted = [...ROOTS];
for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
  if (Object.hasOwn($defs, name)) continue;
  $defs[name] = clean(spec.components.schemas[name], name);
  wanted.push(...referredTo($defs[name]));
}
const sorted = Object.fromEntries(Object.entries($defs).sort(([a], [b]) => (a < b ? -1 : 1)));
const $comment = `Closure of ${ROOTS.length} schemas of the OpenAI API ${spec.info.version}, ${spec.info.license.name} licence: see openai-schema.LICENSE.`;
const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'openai', $comment, $defs: sorted };
writeFileSync(new URL('openai-schema.json', import.meta.url), `${JSON.stringify(schema)}\n`);
process.stdout.write(`${Object.keys($defs).length} schemas\n`);
