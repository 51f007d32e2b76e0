import * as z from 'zod';

/** The schema of the structured answers. */
export const REPORT = z.object({ city: z.string(), degrees: z.int(), windy: z.boolean() });

export const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) }),
} as const;

export const TIME = {
  name: 'get_time',
  description: 'The time in a zone',
  schema: z.object({ zone: z.string() }),
} as const;

/** A tool's parameters as JSON Schema, for libraries that take nothing else. */
export function parametersOf(tool: typeof WEATHER | typeof TIME): Record<string, unknown> & { type: 'object' } {
  const { $schema: _, ...schema } = z.toJSONSchema(tool.schema);
  return { ...schema, type: 'object' };
}

/** The two tools an application offers, which note how they were called. */
export class Toolbox {
  readonly calls: { readonly name: string; readonly input: unknown }[] = [];

  weather(input: unknown): string {
    this.calls.push({ name: WEATHER.name, input: WEATHER.schema.parse(input) });
    return WEATHER_RESULT;
  }

  time(input: unknown): string {
    this.calls.push({ name: TIME.name, input: TIME.schema.parse(input) });
    return TIME_RESULT;
  }

  /** For libraries that leave the running of tools to the application. @param text the arguments as the model wrote them */
  run(name: string, text: string): string {
    const input: unknown = JSON.parse(text);
    if (name === WEATHER.name) return this.weather(input);
    if (name === TIME.name) return this.time(input);
    throw new Error(`there is no tool ${name}`);
  }
}

/** Without quotation marks: LlamaIndex loses them. */
export const WEATHER_RESULT = 'seven degrees, grüße aus Oslo';
export const TIME_RESULT = 'half past nine';
