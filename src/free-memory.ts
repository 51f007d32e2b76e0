/** Bytes. Smaller blocks are left to the garbage collector: they add up to little, and freeing each takes a microsecond. */
export const WORTH_FREEING = 16_384;

/**
 * Gives a block's memory back at once; it has no bytes afterwards. The collector counts what such blocks hold and, every 64 MB, marks the whole heap
 * to find those that are done with: at half a megabyte a request that costs as much as the request.
 *
 * Only for who knows that nobody needs it: whoever reads it later finds nothing, and what the system is just writing out would be pulled away under
 * it. A part of a larger block is left alone.
 */
export function freeMemory({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (byteLength < WORTH_FREEING || byteOffset !== 0 || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer && !buffer.resizable) buffer.transfer(0);
}
