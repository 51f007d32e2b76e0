import type { Command } from './command.ts';

/** `breakwater sim`: its options are the simulator's own. */
export const simCommand: Command = async (args) => {
  const { simulatorCommand } = await import('../simulator/command.ts');
  return simulatorCommand([...args]);
};
