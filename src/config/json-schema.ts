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
      const { json, orString } = jsonSchema;
      delete jsonSchema.json;
      delete jsonSchema.orString;
      if (typeof json === 'object') Object.assign(jsonSchema, json);
      if (orString === true) makeStringToo(jsonSchema);
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: 'Breakwater configuration', ...rest };
}

/** A target is `provider/model`, or an object that says more of it. */
function makeStringToo(schema: Record<string, unknown>): void {
  const object = { ...schema };
  for (const keyword of Object.keys(schema)) delete schema[keyword];
  schema.anyOf = [{ type: 'string', pattern: '.+/.+' }, object];
}
