import { fileURLToPath } from 'node:url';
import { findRuntimes } from '../../src/cache/embedders/onnx/onnx-runtime.ts';
import { describeOnnxEmbedder } from '../cache/embedders/onnx/embedder-suite.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const installed = findRuntimes([here]);

for (const runtime of installed) describeOnnxEmbedder(runtime.name, () => [runtime]);
