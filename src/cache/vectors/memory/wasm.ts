/** Just enough of WebAssembly's binary format to write two loops down. Numbers and names: the core specification, release 2. */
export type Code = number | readonly Code[];

export const i32 = 0x7f;
export const v128 = 0x7b;
const block = 0x02;
const loop = 0x03;
const noResult = 0x40;
const end = 0x0b;

export const op = {
  brIf: (depth: number): Code => [0x0d, depth],
  get: (local: number): Code => [0x20, local],
  set: (local: number): Code => [0x21, local],
  tee: (local: number): Code => [0x22, local],
  const: (value: number): Code => [0x41, signed(value)],
  loadI32: [0x28, 2, 0],
  storeF32: [0x38, 2, 0],
  storeI16: [0x3b, 1, 0],
  below: 0x49,
  notBelow: 0x4f,
  add: 0x6a,
  multiply: 0x6c,
  shiftLeft: 0x74,
  addF32: 0x92,
  block: (...code: readonly Code[]): Code => [block, noResult, code, end],
  loop: (...code: readonly Code[]): Code => [loop, noResult, code, end],
  /** 128 bits at the address on the stack, plus `offset`. */
  load: (offset: number): Code => simd(0x00, 4, unsigned(offset)),
  zero: (): Code => simd(0x0c, new Array<number>(16).fill(0)),
  laneI32: (lane: number): Code => simd(0x1b, lane),
  laneF32: (lane: number): Code => simd(0x1f, lane),
  xor: (): Code => simd(0x51),
  popcountI8: (): Code => simd(0x62),
  addI8: (): Code => simd(0x6e),
  pairsI8toI16: (): Code => simd(0x7d),
  pairsI16toI32: (): Code => simd(0x7f),
  /** Products of 16-bit lanes, added in pairs to 32-bit ones. */
  dotI16: (): Code => simd(0xba),
  addF32x4: (): Code => simd(0xe4),
  i32ToF32: (): Code => simd(0xfa),
} as const;

export interface LoopFunction {
  readonly name: string;
  /** How many `i32` it takes. It gives nothing back. */
  readonly parameters: number;
  /** `i32` and `v128` locals, numbered on from the parameters. */
  readonly locals: { readonly i32: number; readonly v128: number };
  readonly code: Code;
}

/** A module of such functions, over a shared memory that is imported as `env.memory`. */
export function wasmModule(functions: readonly LoopFunction[]): Uint8Array<ArrayBuffer> {
  const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
  const section = (id: number, content: Code): Code => {
    const bytes = flat(content);
    return [id, unsigned(bytes.length), bytes];
  };
  const text = (name: string): Code => list([...Buffer.from(name)]);
  const sharedWithMaximum = 0x03;
  return new Uint8Array(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, list(functions.map((each) => [0x60, list(new Array<number>(each.parameters).fill(i32)), 0]))),
      section(2, list([[text('env'), text('memory'), 2, sharedWithMaximum, unsigned(1), unsigned(65_536)]])),
      section(3, list(functions.map((_each, index) => index))),
      section(7, list(functions.map((each, index) => [text(each.name), 0, index]))),
      section(10, list(functions.map(body))),
    ]),
  );
}

function body({ locals, code }: LoopFunction): Code {
  const declared: Code = [2, unsigned(locals.i32), i32, unsigned(locals.v128), v128];
  const bytes = flat([declared, code, end]);
  return [unsigned(bytes.length), bytes];
}

function simd(number: number, ...operands: readonly Code[]): Code {
  return [0xfd, unsigned(number), operands];
}

/** LEB128. */
function unsigned(value: number): Code {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? low : [low | 0x80, unsigned(rest)];
}

function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? low : [low | 0x80, signed(rest)];
}

function flat(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flat);
}
