import * as z from 'zod';
import { deepFreeze } from './freeze.ts';
import { fileSchema } from './schema.ts';

/** A JSON Schema (draft 2020-12), as a plain object. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The JSON Schema of the configuration file, for editors: `breakwater schema`, docs/config.schema.json. */
export function configSchema(): JsonSchema {
  cached ??= deepFreeze(generate());
  return cached;
}

/** Takes some milliseconds to make, and every unknown option of a file looks into it. */
let cached: JsonSchema | undefined;

function generate(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    // Leaves are transformations of anything; each brings its schema in `meta`.
    unrepresentable: 'any',
    override({ jsonSchema }) {
      const { json, orString, orSwitch, orWord, orItem, oneOfKeys } = jsonSchema;
      delete jsonSchema.json;
      delete jsonSchema.orString;
      delete jsonSchema.orSwitch;
      delete jsonSchema.orWord;
      delete jsonSchema.orItem;
      delete jsonSchema.oneOfKeys;
      if (typeof json === 'object') Object.assign(jsonSchema, json);
      if (orString === true) allowToo(jsonSchema, { type: 'string', pattern: '.+/.+' });
      if (orSwitch === true) allowToo(jsonSchema, { enum: ['on', 'off', true, false] });
      if (typeof orWord === 'string') allowToo(jsonSchema, { enum: [orWord] });
      if (Array.isArray(oneOfKeys)) jsonSchema.oneOf = oneOfKeys.map((key: unknown) => ({ required: [String(key)] }));
      // One item may stand without the brackets of a list.
      if (orItem === true && typeof jsonSchema.items === 'object') allowToo(jsonSchema, { ...jsonSchema.items });
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: 'Breakwater configuration', ...rest };
}

/** A target is `provider/model`, or an object that says more of it; `state` is a word, or an object. */
function allowToo(schema: Record<string, unknown>, other: object): void {
  const { description, ...object } = schema;
  for (const keyword of Object.keys(schema)) delete schema[keyword];
  if (description !== undefined) schema.description = description;
  schema.anyOf = [other, object];
}
