import { closeSync, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { OnnxModelError } from './onnx-model.ts';

/** Where the files of a model lie. Absolute paths: errors name files as they lie in the folder, whose place may come from a variable. */
export interface ModelFiles {
  readonly folder: string;
  readonly file: string;
  readonly tokenizer: string;
  readonly tokenizerConfig: string | undefined;
  readonly version: string;
}

/** What a checkout without Git LFS has in place of a large file begins so. */
const LFS_POINTER = 'version https://git-lfs';

/**
 * The files of a sentence-embedding model as model hubs lay them out: `model.onnx`, or `onnx/model.onnx`, beside `tokenizer.json`.
 *
 * @param path the folder, or one of several model files in it
 * @throws {OnnxModelError}
 */
export function findModelFiles(path: string): ModelFiles {
  const { folder, file } = findModel(path);
  const tokenizer = join(folder, 'tokenizer.json');
  if (statOf(tokenizer)?.isFile() !== true)
    throw new OnnxModelError('has no tokenizer.json: a model alone does not say how it splits texts');
  for (const one of [file, tokenizer])
    if (beginning(folder, one, LFS_POINTER.length) === LFS_POINTER)
      throw new OnnxModelError(
        `${nameIn(folder, one)} is only a pointer of Git LFS: run "git lfs pull" in its repository`,
      );
  const config = join(folder, 'tokenizer_config.json');
  const tokenizerConfig = statOf(config) === undefined ? undefined : config;
  const version = [file, tokenizer, tokenizerConfig]
    .map((one) => (one === undefined ? undefined : statOf(one)))
    .map((stats) => `${stats?.size} ${stats?.mtimeMs}`)
    .join(', ');
  return { folder, file, tokenizer, tokenizerConfig, version };
}

/** A JSON file that may lie beside a model; undefined where it does not. @throws {OnnxModelError} where it cannot be read */
export function readModelJson(folder: string, name: string): unknown {
  let text: string;
  try {
    text = readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new OnnxModelError(`${name} cannot be read: ${codeOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new OnnxModelError(`${name} is no JSON`);
    throw error;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}

/** `onnx/model.onnx` */
export function nameIn(folder: string, path: string): string {
  return relative(folder, path).replaceAll('\\', '/');
}

function findModel(path: string): { readonly folder: string; readonly file: string } {
  const stats = statOf(path);
  if (stats === undefined)
    throw new OnnxModelError('there is no such folder; a path begins at the configuration’s own');
  if (stats.isFile()) {
    // `onnx/model_quantized.onnx` has its tokenizer a folder up.
    const beside = dirname(path);
    const isBelow = basename(beside) === 'onnx' && statOf(join(beside, 'tokenizer.json')) === undefined;
    return { folder: isBelow ? dirname(beside) : beside, file: path };
  }
  for (const name of ['model.onnx', join('onnx', 'model.onnx')])
    if (statOf(join(path, name))?.isFile() === true) return { folder: path, file: join(path, name) };
  throw new OnnxModelError('has neither model.onnx nor onnx/model.onnx; of a file with another name, write its path');
}

/** Undefined where there is none. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return undefined;
    throw new OnnxModelError(`${basename(path)} cannot be read: ${codeOf(error)}`);
  }
}

function beginning(folder: string, path: string, length: number): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new OnnxModelError(`${nameIn(folder, path)} cannot be read: ${codeOf(error)}`);
  }
  try {
    const bytes = Buffer.alloc(length);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
}
