import { configSchema } from '../config/json-schema.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

/** `breakwater schema` */
export const schemaCommand: Command = async (args, terminal) => {
  parseArguments(args, {});
  terminal.out(schemaText());
  return 0;
};

/** As it is printed and committed. */
export function schemaText(): string {
  return `${JSON.stringify(configSchema(), null, 2)}\n`;
}
