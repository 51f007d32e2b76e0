import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../src/clock.ts';
import { embedText } from '../../../src/simulator/embeddings.ts';
import { TOKEN_CHARACTERS } from '../traffic/prompts.ts';
import type { ChatBody, Day, Message } from '../traffic/request.ts';
import { type Answer, answerTo } from './answers.ts';
import { type BillLine, UpstreamBill, type Usage } from './bill.ts';
import { KnownQuestions } from './known-questions.ts';
import type { ChatModel } from './models.ts';
import { PromptCache } from './prompt-cache.ts';

const DIMENSIONS = 512;
/** What a message costs beside its text, tokens. */
const MESSAGE_TOKENS = 4;

type Asked = ChatBody & { readonly model: ChatModel; readonly stream?: boolean };

/**
 * A provider with three chat models and an embedder, on a real socket. It knows the day's questions, so it can answer them as well as a model of
 * each strength would; it caches prompts, and keeps its own bill.
 */
export class DayUpstream {
  readonly bill = new UpstreamBill();
  /** What it was asked and does not know: has to stay empty. */
  readonly unknown: string[] = [];
  readonly baseUrl: string;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #known: KnownQuestions;
  readonly #prompts = new PromptCache();
  readonly #vectors = new Map<string, readonly number[]>();

  static async start(day: Day, clock: Clock): Promise<DayUpstream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DayUpstream(server, day, clock);
  }

  private constructor(server: Server, day: Day, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    this.#seed = day.seed;
    this.#known = new KnownQuestions(day);
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    server.on('request', (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
        if (request.url?.endsWith('/embeddings') === true) this.#embed(response, body as { input: string[] | string });
        else this.#chat(response, body as Asked);
      });
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #chat(response: ServerResponse, asked: Asked): void {
    const { model, messages, tools } = asked;
    const answer = answerTo(this.#known, this.#seed, model, messages);
    if (answer === undefined) {
      this.unknown.push(messages.at(-1)?.content?.slice(0, 200) ?? '');
      send(response, 400, { error: { message: 'not a question of this day', type: 'invalid_request_error' } });
      return;
    }
    const parts = [...(tools === undefined ? [] : [JSON.stringify(tools)]), ...messages.map(spoken)].map((text) => ({
      text,
      tokens: Math.ceil(text.length / TOKEN_CHARACTERS) + MESSAGE_TOKENS,
    }));
    const input = parts.reduce((sum, { tokens }) => sum + tokens, 0);
    const usage = { input, cached: this.#prompts.read(model, parts, this.#clock.now()), output: answer.tokens };
    const { question, purpose } = answer;
    const line = this.bill.add({ model, question, purpose, ...usage });
    if (asked.stream === true) sendStream(response, line, answer);
    else send(response, 200, completion(line, answer));
  }

  #embed(response: ServerResponse, { input }: { input: string[] | string }): void {
    const texts = typeof input === 'string' ? [input] : input;
    const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / TOKEN_CHARACTERS), 0);
    this.bill.add({ model: 'embed', question: undefined, purpose: 'embedding', input: tokens, cached: 0, output: 0 });
    send(response, 200, {
      object: 'list',
      model: 'embed',
      data: texts.map((text, index) => ({ object: 'embedding', index, embedding: this.#vector(text) })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  }

  #vector(text: string): readonly number[] {
    const known = this.#vectors.get(text);
    if (known !== undefined) return known;
    const vector = [...embedText(text, DIMENSIONS)];
    this.#vectors.set(text, vector);
    return vector;
  }
}

function spoken({ role, content, tool_calls }: Message): string {
  return `${role} ${content ?? ''}${tool_calls === undefined ? '' : JSON.stringify(tool_calls)}`;
}

function reported({ input, cached, output }: Usage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function messageOf({ id }: BillLine, { content, call }: Answer): object {
  if (call === undefined) return { role: 'assistant', content };
  const called = { name: call.tool, arguments: call.arguments };
  return { role: 'assistant', content: null, tool_calls: [{ id: `call_${id}`, type: 'function', function: called }] };
}

function completion(line: BillLine, answer: Answer): object {
  const finish_reason = answer.call === undefined ? 'stop' : 'tool_calls';
  return {
    id: line.id,
    object: 'chat.completion',
    created: 1,
    model: line.model,
    choices: [{ index: 0, message: messageOf(line, answer), finish_reason }],
    usage: reported(line),
  };
}

function sendStream(response: ServerResponse, line: BillLine, answer: Answer): void {
  const base = { id: line.id, object: 'chat.completion.chunk', created: 1, model: line.model };
  const event = (rest: object) => `data: ${JSON.stringify({ ...base, ...rest })}\n\n`;
  const delta = (delta: object, finish_reason: string | null) =>
    event({ choices: [{ index: 0, delta, finish_reason }], usage: null });
  const { content, call } = answer;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (call !== undefined) {
    const called = { name: call.tool, arguments: call.arguments };
    const tool = { index: 0, id: `call_${line.id}`, type: 'function', function: called };
    response.write(delta({ role: 'assistant', tool_calls: [tool] }, null));
  } else {
    response.write(delta({ role: 'assistant', content: content?.slice(0, 20) }, null));
    response.write(delta({ content: content?.slice(20) }, null));
  }
  response.write(delta({}, call === undefined ? 'stop' : 'tool_calls'));
  response.write(event({ choices: [], usage: reported(line) }));
  response.end('data: [DONE]\n\n');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
