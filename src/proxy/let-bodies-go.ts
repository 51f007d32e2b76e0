import { freeMemory } from '../free-memory.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/**
 * The end of an exchange's bodies: what the client sent, and what was made of it for targets. Their memory is given back now rather than when it is
 * found to be unused, unless something goes on behind the answer and may read them, or a socket is still writing one.
 */
export function letBodiesGo(exchange: Exchange, runtime: Runtime): void {
  if (goesOn(exchange)) return;
  const { call, made } = exchange;
  for (const body of made) if (!runtime.transport.mayBeWriting(body)) freeMemory(body);
  if (!runtime.transport.mayBeWriting(call.body.bytes)) call.body.letGo();
}

function goesOn({ cache, delivered, sent, call, cascade, chain }: Exchange): boolean {
  // It is compared with what another model says, embedded, or shortened.
  if (delivered !== undefined || cache?.near !== undefined || sent !== call) return true;
  // A try that lost the race may still be at its beginning.
  return cascade !== undefined || chain.model.hedge;
}
