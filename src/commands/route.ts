import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

const ACTIONS: Readonly<Record<string, () => Promise<Command>>> = {
  explain: async () => (await import('./route/explain.ts')).explainCommand,
  calibrate: async () => (await import('./route/calibrate.ts')).calibrateCommand,
  status: async () => (await import('./route/status.ts')).statusCommand,
  eval: async () => (await import('./route/evaluate.ts')).evaluateCommand,
};

/** `breakwater route explain | status | calibrate | eval` */
export const routeCommand: Command = async ([action, ...args], terminal) => {
  const names = Object.keys(ACTIONS);
  if (action === undefined || action.startsWith('-')) throw new UsageError(`needs what to do: ${names.join(', ')}.`);
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined) throw new UsageError(`unknown action "${action}".${didYouMean(action, names)}`);
  return (await load())(args, terminal);
};
