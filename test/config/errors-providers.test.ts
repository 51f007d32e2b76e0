import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf } from './problems-of.ts';

/** What is wrong with a provider, the text, and every problem that must be told, at its line and column. */
const TABLE: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'no providers in the section',
    'providers: {}',
    ['1:12 providers: is empty; leave it out to take providers from the environment'],
  ],
  [
    'a name that is no name',
    'providers: {"a/b": {baseUrl: "http://a"}}',
    ['1:13 providers["a/b"]: a provider’s name is up to 64 letters, digits, "-" and "_", beginning with a letter'],
  ],
  [
    'an unknown provider without a base URL',
    'providers: {opnrouter: {apiKey: k}}',
    ['1:13 providers.opnrouter: needs a baseUrl, as it is no known provider. Did you mean "openrouter"?'],
  ],
  [
    'an unknown preset',
    'providers: {a: {preset: opnai, apiKey: k}}',
    [
      '1:25 providers.a.preset: "opnai": expected one of "openai", "azure", "anthropic", "gemini", "mistral", "groq", "openrouter", "together", "fireworks", "deepseek", "xai", "cerebras", "bedrock", "vllm", "ollama", "lmstudio". Did you mean "openai"?',
    ],
  ],
  [
    'azure without its resource',
    'providers: {azure: {apiKey: k}}',
    ['1:13 providers.azure: needs a baseUrl, the endpoint of your resource: https://NAME.openai.azure.com'],
  ],
  [
    'bedrock without its region',
    'providers: {bedrock: {apiKey: k}}',
    ['1:13 providers.bedrock: needs a region, such as us-east-1'],
  ],
  [
    'a region that would change the host',
    'providers: {bedrock: {apiKey: k, region: "evil.com/"}}',
    ['1:42 providers.bedrock.region: expected a region such as us-east-1'],
  ],
  [
    'a region elsewhere',
    'providers: {openai: {apiKey: k, region: us-east-1}}',
    ['1:41 providers.openai.region: only bedrock has one'],
  ],
  [
    'an API version elsewhere',
    'providers: {openai: {apiKey: k, apiVersion: "1"}}',
    ['1:45 providers.openai.apiVersion: only azure has one'],
  ],
  [
    'a base URL that is none',
    'providers: {a: {baseUrl: "127.0.0.1:80"}}',
    ['1:26 providers.a.baseUrl: expected a URL such as http://127.0.0.1:8000/v1'],
  ],
  [
    'a base URL of another kind',
    'providers: {a: {baseUrl: "ftp://a"}}',
    ['1:26 providers.a.baseUrl: expected http:// or https://'],
  ],
  [
    'a base URL with credentials',
    'providers: {a: {baseUrl: "https://u:pw@a/v1"}}',
    ['1:26 providers.a.baseUrl: holds credentials; write them as apiKey or headers'],
  ],
  [
    'a base URL with a query',
    'providers: {a: {baseUrl: "https://a/v1?key=x"}}',
    ['1:26 providers.a.baseUrl: holds a query; write it as query'],
  ],
  [
    'a base URL with a fragment',
    'providers: {a: {baseUrl: "https://a/v1#x"}}',
    ['1:26 providers.a.baseUrl: holds a fragment ("#...")'],
  ],
  [
    'a base URL of one endpoint',
    'providers: {a: {baseUrl: "https://a/v1/chat/completions"}}',
    ['1:26 providers.a.baseUrl: names one endpoint; stop before it, after /v1 where there is one'],
  ],
  [
    'a key and keys',
    'providers: {openai: {apiKey: a, apiKeys: [b]}}',
    ['1:42 providers.openai.apiKeys: write either apiKey or apiKeys'],
  ],
  [
    'no keys in the list',
    'providers: {openai: {apiKeys: []}}',
    ['1:31 providers.openai.apiKeys: is empty: write at least one entry'],
  ],
  [
    'the same key twice',
    'providers: {openai: {apiKeys: [a, b, a]}}',
    ['1:38 providers.openai.apiKeys[2]: is the same key as number 1'],
  ],
  ['an empty key', 'providers: {openai: {apiKey: ""}}', ['1:30 providers.openai.apiKey: is empty']],
  [
    'a key with a line break',
    'providers: {openai: {apiKey: "a\\nb"}}',
    ['1:30 providers.openai.apiKey: holds a blank, a line break or a character a header cannot carry'],
  ],
  [
    'passthrough with a key',
    'providers: {openai: {apiKey: k, passthrough: true}}',
    ['1:46 providers.openai.passthrough: either the client’s key goes upstream or this one does'],
  ],
  [
    'neither passthrough nor a key',
    'providers: {openai: {passthrough: false}}',
    ['1:35 providers.openai.passthrough: without passthrough it needs an apiKey'],
  ],
  [
    'auth without a key',
    'providers: {a: {baseUrl: "http://a", auth: bearer}}',
    ['1:44 providers.a.auth: there is no apiKey to send'],
  ],
  [
    'a key that is never sent',
    'providers: {openai: {apiKey: k, auth: none}}',
    ['1:39 providers.openai.auth: with auth: none the apiKey would never be sent'],
  ],
  [
    'auth of no shape',
    'providers: {a: {baseUrl: "http://a", apiKey: k, auth: {headr: x}}}',
    ['1:55 providers.a.auth: expected bearer, none, or {header: NAME}'],
  ],
  [
    'a header of the connection',
    'providers: {openai: {apiKey: k, headers: {Host: x}}}',
    ['1:49 providers.openai.headers.Host: is set by the connection itself'],
  ],
  [
    'a header the key sets',
    'providers: {openai: {apiKey: k, headers: {Authorization: x}}}',
    ['1:58 providers.openai.headers.Authorization: is set by apiKey'],
  ],
  [
    'a header with a line break',
    'providers: {openai: {apiKey: k, headers: {x-a: "b\\r\\nc"}}}',
    ['1:48 providers.openai.headers.x-a: holds a line break or a character a header cannot carry'],
  ],
  [
    'a header name that is none',
    'providers: {openai: {apiKey: k, headers: {"a b": c}}}',
    ['1:50 providers.openai.headers["a b"]: not a header name'],
  ],
  [
    'a path without a slash',
    'providers: {a: {baseUrl: "http://a", paths: {chat: chat}}}',
    ['1:52 providers.a.paths.chat: a path begins with "/" and holds no "?", "#" or blank'],
  ],
  [
    'concurrency of no shape',
    'providers: {openai: {apiKey: k, concurrency: lots}}',
    [
      '1:46 providers.openai.concurrency: "lots": expected none, a whole number from 1 to 1000000, adaptive, or {min: 4, max: 256}',
    ],
  ],
  [
    'concurrency upside down',
    'providers: {openai: {apiKey: k, concurrency: {min: 9, max: 3}}}',
    ['1:46 providers.openai.concurrency: min is above max'],
  ],
  [
    'a certificate that is not there',
    'providers: {a: {baseUrl: "https://a", ca: /nowhere/ca.pem}}',
    ['1:43 providers.a.ca: cannot be read: ENOENT'],
  ],
];

for (const [name, source, expected] of TABLE) {
  test(`refuses ${name}`, () => assert.deepEqual(problemsOf(source), expected));
}
