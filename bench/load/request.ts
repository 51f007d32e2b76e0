/** Where and how a subject is spoken to; see `subjects/subject.ts`. */
export interface Addressed {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the official JavaScript SDK sends along with every call. */
const SDK_HEADERS: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-retry-count': '0',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '7.57.0',
  'x-stainless-os': 'Linux',
  'x-stainless-arch': 'x64',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': 'v24.21.0',
  authorization: 'Bearer bench',
};

/** A whole HTTP request as bytes. */
export function chatRequest(to: Addressed, body: Buffer): Buffer {
  return requestTo(to, '/v1/chat/completions', body);
}

/** A POST with a JSON body, as bytes. */
export function requestTo(to: Addressed, path: string, body: Buffer): Buffer {
  const headers = { ...SDK_HEADERS, ...to.headers, 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${to.port}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
