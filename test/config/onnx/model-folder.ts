import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tinyModel } from './tiny-model.ts';
import { WORD_PIECE } from './tiny-tokenizers.ts';

export type FolderFiles = Readonly<Record<string, unknown>>;

export const MEAN = { word_embedding_dimension: 4, pooling_mode_cls_token: false, pooling_mode_mean_tokens: true };

/** A folder with a tiny model that wants nothing. */
export const WHOLE: FolderFiles = {
  'model.onnx': tinyModel(),
  'tokenizer.json': WORD_PIECE,
  '1_Pooling/config.json': MEAN,
};

/** Writes files, bytes as they are, texts too, anything else as JSON, and nothing for undefined; gives the folder. */
export function modelFolder(
  files: FolderFiles,
  name = 'tiny',
): { path: string; write(file: string, content: unknown): void; remove(): void } {
  const parent = mkdtempSync(join(tmpdir(), 'breakwater-model-'));
  const path = join(parent, name);
  mkdirSync(path);
  const write = (file: string, content: unknown) => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(path, file), isPlain ? content : JSON.stringify(content));
  };
  for (const [file, content] of Object.entries(files)) if (content !== undefined) write(file, content);
  return { path, write, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
