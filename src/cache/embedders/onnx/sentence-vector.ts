import type { Pooling } from '../../../config/onnx/onnx-model.ts';
import type { OnnxTensor } from './onnx-runtime.ts';

/**
 * One vector of what a model gave for one text. Its length is left as it is: vectors are compared by their direction.
 *
 * @param pooling undefined: the model gives one by itself
 * @throws {Error} where the output is not what it is said to be
 */
export function sentenceVector({ type, dims, data }: OnnxTensor, pooling: Pooling | undefined): Float32Array {
  if (type !== 'float32' || !(data instanceof Float32Array)) throw new Error(`the model gave ${type}, not float32`);
  const width = dims.at(-1) ?? 0;
  const rows = pooling === undefined ? 1 : (dims[1] ?? 0);
  const rank = pooling === undefined ? 2 : 3;
  if (dims.length !== rank || dims[0] !== 1 || rows < 1 || data.length !== rows * width)
    throw new Error(`the model gave numbers of the shape ${dims.join('x')} for one text`);
  // A copy: what is the runtime's may be overwritten by the next run.
  return pooling === 'mean' ? meanOf(data, rows, width) : data.slice(0, width);
}

function meanOf(data: Float32Array, rows: number, width: number): Float32Array {
  // Summed with the precision of doubles.
  const sums = new Float64Array(width);
  for (let row = 0; row < rows; row++)
    for (let place = 0; place < width; place++) sums[place] = (sums[place] ?? 0) + (data[row * width + place] ?? 0);
  return Float32Array.from(sums, (sum) => sum / rows);
}
