import { bytes, message, number } from './protobuf-bytes.ts';

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const FLOAT16 = 10;

export interface TinyModel {
  /** Of how many words the table knows. Default 32. */
  readonly words?: number;
  readonly dimensions?: number;
  readonly inputs?: readonly (readonly [name: string, type: number])[];
  readonly outputs?: readonly TinyOutput[];
  /** Says that the weights lie in another file. */
  readonly outside?: boolean;
}

/** `tokens`: a vector a token, zeros where the attention mask is; `sentence`: twice their mean. */
export interface TinyOutput {
  readonly name: string;
  readonly gives: 'tokens' | 'sentence';
  readonly type?: number;
  /** A number no output of this rank has, for saying something else than is. */
  readonly rank?: number;
  readonly width?: number;
}

export const ALL_INPUTS = [
  ['input_ids', INT64],
  ['attention_mask', INT64],
  ['token_type_ids', INT64],
] as const;
export const TOKENS: TinyOutput = { name: 'last_hidden_state', gives: 'tokens' };
export const SENTENCE: TinyOutput = { name: 'sentence_embedding', gives: 'sentence' };

/** What the table has for a token at a place. Different for each, and exact in 32 bits. */
export function weight(id: number, place: number): number {
  return ((id * 7 + place * 3) % 11) - 5 + id / 32;
}

/**
 * The bytes of a model: `tokens = table[input_ids] * attention_mask + token_type_ids`, as little of one as there can be. Field numbers are
 * those of onnx.proto.
 */
export function tinyModel({
  words = 32,
  dimensions = 4,
  inputs = ALL_INPUTS,
  outputs = [TOKENS],
  outside = false,
}: TinyModel = {}): Buffer {
  const has = (name: string) => inputs.some(([one]) => one === name);
  const nodes = [node('Gather', ['table', 'input_ids'], has('attention_mask') ? 'looked_up' : 'masked')];
  // A number a token, to multiply with or add to all of its vector.
  const column = (name: string) => [
    node('Cast', [name], `${name}_float`, attribute('to', FLOAT)),
    node('Unsqueeze', [`${name}_float`, 'last_axis'], `${name}_column`),
  ];
  if (has('attention_mask'))
    nodes.push(...column('attention_mask'), node('Mul', ['looked_up', 'attention_mask_column'], 'masked'));
  if (has('token_type_ids'))
    nodes.push(...column('token_type_ids'), node('Add', ['masked', 'token_type_ids_column'], 'tokens'));
  else nodes.push(node('Identity', ['masked'], 'tokens'));
  for (const { name, gives } of outputs) {
    if (gives === 'tokens') nodes.push(node('Identity', ['tokens'], name));
    else
      nodes.push(
        node('ReduceMean', ['tokens'], `${name}_mean`, axes(1), attribute('keepdims', 0)),
        node('Mul', [`${name}_mean`, 'two'], name),
      );
  }
  const table = Array.from({ length: words * dimensions }, (_, n) =>
    weight(Math.floor(n / dimensions), n % dimensions),
  );
  const graph = message(
    ...nodes,
    bytes(2, 'tiny'),
    bytes(5, floats('table', [words, dimensions], table, outside)),
    bytes(5, floats('two', [], [2], false)),
    bytes(5, message(number(1, 1), number(2, INT64), bytes(8, 'last_axis'), bytes(9, Buffer.from([2, ...zeros(7)])))),
    ...inputs.map(([name, type]) => bytes(11, valueInfo(name, type, [undefined, undefined]))),
    ...outputs.map(({ name, gives, type = FLOAT, rank = gives === 'tokens' ? 3 : 2, width = dimensions }) =>
      bytes(12, valueInfo(name, type, [...new Array<undefined>(rank - 1).fill(undefined), width])),
    ),
  );
  // IR version 7, operators of version 13.
  return message(number(1, 7), bytes(7, graph), bytes(8, message(bytes(1, ''), number(2, 13))));
}

function node(operator: string, inputs: readonly string[], output: string, ...attributes: readonly Buffer[]): Buffer {
  const names = inputs.map((name) => bytes(1, name));
  return bytes(1, message(...names, bytes(2, output), bytes(4, operator), ...attributes));
}

function attribute(name: string, value: number): Buffer {
  return bytes(5, message(bytes(1, name), number(3, value), number(20, 2)));
}

function axes(axis: number): Buffer {
  return bytes(5, message(bytes(1, 'axes'), number(8, axis), number(20, 7)));
}

function floats(name: string, shape: readonly number[], values: readonly number[], outside: boolean): Buffer {
  const content = new Uint8Array(Float32Array.from(values).buffer);
  return message(
    ...shape.map((size) => number(1, size)),
    number(2, FLOAT),
    bytes(8, name),
    bytes(9, content),
    ...(outside ? [number(14, 1)] : []),
  );
}

function valueInfo(name: string, type: number, shape: readonly (number | undefined)[]): Buffer {
  const dimensions = shape.map((size) => bytes(1, size === undefined ? bytes(2, 'any') : number(1, size)));
  return message(bytes(1, name), bytes(2, bytes(1, message(number(1, type), bytes(2, message(...dimensions))))));
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}
