import { type Code, type LoopFunction, op, wasmModule } from './wasm.ts';

/** The two loops that all the time goes into, sixteen bytes at a time. Addresses are bytes in the memory given. */
export interface Kernel {
  /**
   * Bits in which each of `count` codes, one after the other from `codes` on, differs from the one at `query`, as 16-bit numbers to
   * `out`. `codeBytes`: a multiple of 64, at most 256 (more would overflow the eight bits that a lane counts in).
   */
  hamming(codes: number, count: number, codeBytes: number, query: number, out: number): void;
  /**
   * Dot products of 16-bit vectors as 32-bit floats to `out`: of the one at `query` with those whose numbers are at `rows`, `rowBytes`
   * apart from `base` on. `vectorBytes`: a multiple of 32.
   */
  dot(
    rows: number,
    count: number,
    base: number,
    rowBytes: number,
    vectorBytes: number,
    query: number,
    out: number,
  ): void;
}

/** What both threads work in. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer;
}

/** The part of the JavaScript interface that is used here: its types come with a browser's, which this program has not. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: KernelMemory } },
  ) => { readonly exports: unknown };
};

const memoryPage = 65_536;

/** 4 GiB, all that WebAssembly addresses. */
export const mostMemory = 65_536 * memoryPage;

/** Of at least so many bytes. What was never written takes none of the machine's memory. */
export function kernelMemory(bytes: number): KernelMemory {
  const pages = Math.ceil(bytes / memoryPage);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export function kernelOver(memory: KernelMemory): Kernel {
  compiled ??= new WebAssembly.Module(wasmModule([hamming(), dot()]));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as Kernel;
}

let compiled: object | undefined;

function hamming(): LoopFunction {
  const [codes, count, codeBytes, query, out, end, mine, theirs, codeEnd, sum] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const step = [0, 16, 32, 48].map(
    (offset): Code => [
      [op.get(mine), op.load(offset), op.get(theirs), op.load(offset), op.xor(), op.popcountI8()],
      [op.get(sum), op.addI8(), op.set(sum)],
    ],
  );
  const lane = (index: number): Code => [op.get(sum), op.laneI32(index)];
  return {
    name: 'hamming',
    parameters: 5,
    locals: { i32: 4, v128: 1 },
    code: [
      [op.get(codes), op.get(count), op.get(codeBytes), op.multiply, op.add, op.set(end)],
      op.block(
        [op.get(codes), op.get(end), op.notBelow, op.brIf(0)],
        op.loop(
          [op.get(codes), op.set(mine), op.get(query), op.set(theirs)],
          [op.get(codes), op.get(codeBytes), op.add, op.set(codeEnd)],
          [op.zero(), op.set(sum)],
          op.loop(step, advance(theirs, 64), [
            op.get(mine),
            op.const(64),
            op.add,
            op.tee(mine),
            op.get(codeEnd),
            op.below,
            op.brIf(0),
          ]),
          [op.get(sum), op.pairsI8toI16(), op.pairsI16toI32(), op.set(sum)],
          [op.get(out), lane(0), lane(1), op.add, lane(2), op.add, lane(3), op.add, op.storeI16],
          advance(out, 2),
          [op.get(codeEnd), op.tee(codes), op.get(end), op.below, op.brIf(0)],
        ),
      ),
    ],
  };
}

function dot(): LoopFunction {
  const [rows, count, base, rowBytes, vectorBytes, query, out] = [0, 1, 2, 3, 4, 5, 6];
  const [end, mine, theirs, vectorEnd, sum] = [7, 8, 9, 10, 11];
  const step = [0, 16].map(
    (offset): Code => [
      [op.get(mine), op.load(offset), op.get(theirs), op.load(offset), op.dotI16(), op.i32ToF32()],
      [op.get(sum), op.addF32x4(), op.set(sum)],
    ],
  );
  const lane = (index: number): Code => [op.get(sum), op.laneF32(index)];
  return {
    name: 'dot',
    parameters: 7,
    locals: { i32: 4, v128: 1 },
    code: [
      [op.get(rows), op.get(count), op.const(2), op.shiftLeft, op.add, op.set(end)],
      op.block(
        [op.get(rows), op.get(end), op.notBelow, op.brIf(0)],
        op.loop(
          [op.get(base), op.get(rows), op.loadI32, op.get(rowBytes), op.multiply, op.add, op.tee(mine)],
          [op.get(vectorBytes), op.add, op.set(vectorEnd)],
          [op.get(query), op.set(theirs), op.zero(), op.set(sum)],
          op.loop(step, advance(theirs, 32), [
            op.get(mine),
            op.const(32),
            op.add,
            op.tee(mine),
            op.get(vectorEnd),
            op.below,
            op.brIf(0),
          ]),
          [op.get(out), lane(0), lane(1), op.addF32, lane(2), op.addF32, lane(3), op.addF32, op.storeF32],
          advance(out, 4),
          [op.get(rows), op.const(4), op.add, op.tee(rows), op.get(end), op.below, op.brIf(0)],
        ),
      ),
    ],
  };
}

function advance(local: number, bytes: number): Code {
  return [op.get(local), op.const(bytes), op.add, op.set(local)];
}
