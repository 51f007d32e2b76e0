import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { embedText } from '../../../src/simulator/embeddings.ts';

/** How the server fails. `silent` never answers. */
export type EmbeddingFault = 'silent' | 'status-500' | 'hangs-up' | 'nan' | 'null' | 'fewer' | 'dimensions' | 'no-json';

/** An `/embeddings` endpoint whose vectors tell which texts share words, and that can be made to fail. */
export interface EmbeddingServer {
  readonly baseUrl: string;
  /** Calls that came in. */
  calls: number;
  fault: EmbeddingFault | undefined;
  /** What the model beside it says to any prompt. */
  word: string;
  /** The model beside it never answers. */
  judgeIsSilent: boolean;
  /** Prompts that the model beside it was given. */
  readonly prompts: string[];
}

const DIMENSIONS = 256;

export async function embeddingServer(t: TestContext): Promise<EmbeddingServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      if (request.url?.endsWith('/chat/completions') === true) {
        state.prompts.push(body.messages[0].content);
        if (!state.judgeIsSilent) say(response, state.word);
        return;
      }
      state.calls++;
      answer(response, body, state.fault);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test whose other checks fail must not hang for want of this one's end.
  server.unref();
  const { port } = server.address() as AddressInfo;
  const state: EmbeddingServer = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls: 0,
    fault: undefined,
    word: 'SAME',
    judgeIsSilent: false,
    prompts: [],
  };
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return state;
}

function answer(response: ServerResponse, body: { input: string[] }, fault: EmbeddingFault | undefined): void {
  if (fault === 'silent') return;
  if (fault === 'hangs-up') {
    response.destroy();
    return;
  }
  const dimensions = fault === 'dimensions' ? DIMENSIONS / 2 : DIMENSIONS;
  const vectors = body.input.map((text) => [...embedText(text, dimensions)].map(String));
  if (fault === 'nan' || fault === 'null') for (const vector of vectors) vector[3] = fault === 'nan' ? 'NaN' : 'null';
  if (fault === 'fewer') vectors.pop();
  const data = vectors.map((vector, index) => `{"object":"embedding","index":${index},"embedding":[${vector}]}`);
  const usage = `"usage":{"prompt_tokens":${7 * body.input.length},"total_tokens":${7 * body.input.length}}`;
  response.writeHead(fault === 'status-500' ? 500 : 200, { 'content-type': 'application/json' });
  response.end(fault === 'no-json' ? '{"data": [' : `{"object":"list","data":[${data}],"model":"e",${usage}}`);
}

function say(response: ServerResponse, content: string): void {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const usage = { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'j', choices, usage }));
}
