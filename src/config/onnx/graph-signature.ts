import { ProtobufFile } from './protobuf-file.ts';

/** What goes into a model or comes out of it. */
export interface TensorFacts {
  readonly name: string;
  /** Of ONNX's `TensorProto.DataType`: see {@link TENSOR_TYPES}. 0 where the file does not say. */
  readonly type: number;
  /** Undefined in it: whatever is given. Undefined: the file does not say how many there are. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface GraphSignature {
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
  /** The weights lie in another file. */
  readonly hasOutsideWeights: boolean;
}

/** Names of ONNX's types of numbers, as far as models of texts have them. */
export const TENSOR_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

/** Fields of onnx.proto's messages. */
const MODEL = { graph: 7 } as const;
const GRAPH = { initializer: 5, input: 11, output: 12 } as const;
const TENSOR = { name: 8, dataLocation: 14 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
const SHAPE = { dimension: 1 } as const;
const DIMENSION = { value: 1 } as const;
const OUTSIDE = 1;

/**
 * What a model takes and gives, read off its file without whatever would run it.
 *
 * @returns undefined where it is a protobuf message, but no model
 * @throws {NotProtobuf} and what the system says, where the file cannot be read
 */
export function readSignature(path: string): GraphSignature | undefined {
  const file = new ProtobufFile(path);
  try {
    for (const field of file.fields(0, file.size))
      if (field.number === MODEL.graph && field.kind === 'bytes') return readGraph(file, field.from, field.to);
    return undefined;
  } finally {
    file.close();
  }
}

function readGraph(file: ProtobufFile, from: number, to: number): GraphSignature {
  const inputs: TensorFacts[] = [];
  const outputs: TensorFacts[] = [];
  const weights = new Set<string>();
  let hasOutsideWeights = false;
  for (const field of file.fields(from, to)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === GRAPH.input) inputs.push(readTensorFacts(file, field.from, field.to));
    else if (field.number === GRAPH.output) outputs.push(readTensorFacts(file, field.from, field.to));
    else if (field.number === GRAPH.initializer) {
      const { name, isOutside } = readWeights(file, field.from, field.to);
      weights.add(name);
      hasOutsideWeights ||= isOutside;
    }
  }
  // Old files list their weights among the inputs too.
  return { inputs: inputs.filter(({ name }) => !weights.has(name)), outputs, hasOutsideWeights };
}

function readWeights(file: ProtobufFile, from: number, to: number): { name: string; isOutside: boolean } {
  let name = '';
  let isOutside = false;
  for (const field of file.fields(from, to)) {
    if (field.number === TENSOR.name && field.kind === 'bytes') name = file.text(field.from, field.to);
    if (field.number === TENSOR.dataLocation && field.kind === 'number') isOutside = field.value === OUTSIDE;
  }
  return { name, isOutside };
}

function readTensorFacts(file: ProtobufFile, from: number, to: number): TensorFacts {
  let name = '';
  let type = 0;
  let shape: (number | undefined)[] | undefined;
  for (const field of file.fields(from, to)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === VALUE_INFO.name) name = file.text(field.from, field.to);
    if (field.number !== VALUE_INFO.type) continue;
    for (const kind of file.fields(field.from, field.to)) {
      if (kind.number !== TYPE.tensor || kind.kind !== 'bytes') continue;
      for (const part of file.fields(kind.from, kind.to)) {
        if (part.number === TENSOR_TYPE.elementType && part.kind === 'number') type = part.value;
        if (part.number === TENSOR_TYPE.shape && part.kind === 'bytes') shape = readShape(file, part.from, part.to);
      }
    }
  }
  return { name, type, shape };
}

function readShape(file: ProtobufFile, from: number, to: number): (number | undefined)[] {
  const shape: (number | undefined)[] = [];
  for (const field of file.fields(from, to)) {
    if (field.number !== SHAPE.dimension || field.kind !== 'bytes') continue;
    let size: number | undefined;
    for (const part of file.fields(field.from, field.to))
      if (part.number === DIMENSION.value && part.kind === 'number') size = part.value;
    shape.push(size);
  }
  return shape;
}
