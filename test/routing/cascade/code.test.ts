import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../../src/dialects/codecs.ts';
import { asksForCode } from '../../../src/routing/cascade/asks-code.ts';
import { isParsable } from '../../../src/routing/cascade/parsable.ts';
import { doubtAboutCode } from '../../../src/routing/cascade/verify-code.ts';

const GOOD: readonly (readonly [language: string, code: string])[] = [
  ['js', 'const a = 1;\nconsole.log(`${a}`);'],
  [
    'javascript',
    'import fs from "node:fs";\nimport { a,\n  b } from "./c.js";\nexport default function f() { return fs; }\nexport const x = 1;\nexport { a, b };',
  ],
  ['js', 'await fetch("/x");\nif (!ok) return;'],
  ['js', 'const at = import.meta.url;'],
  ['js', '{ "a": 1, "b": [2] }'],
  ['javascript', 'const App = () => <p>hi</p>;'],
  ['json', '{"a": [1, 2]}'],
  ['python', 'def f(a):\n    """It\'s (one."""\n    return {"x": [a, \'(\']}  # :('],
  ['py', "print(f'{x}')\nprint('it\\'s')"],
  ['java', 'class A { char c = \'{\'; String s = """\n  {{{\n  """; }'],
  ['c', 'int main(void) { /* ( */ return 0; } // }'],
  ['go', 'func main() { s := `{{`; _ = s }'],
  ['typescript', 'this is not looked into ((('],
  ['', '((('],
];

const BROKEN: readonly (readonly [language: string, code: string])[] = [
  ['js', 'function f( {'],
  ['js', 'const = 1;'],
  ['json', '{"a": 1,}'],
  ['json', '{"a": 1 // one\n}'],
  ['python', 'def f(a:\n    return [a}'],
  ['python', 'text = """never ends'],
  ['java', 'class A { void f() { }'],
  ['c', 'int main(void) { return 0; } /* never ends'],
  ['go', 'func main() { f(1, 2 }'],
];

describe('a piece of code', () => {
  for (const [language, code] of GOOD) {
    it(`of ${language || 'no language'} can be parsed: ${JSON.stringify(code.slice(0, 40))}`, () => {
      assert.equal(isParsable(language, code), true);
    });
  }
  for (const [language, code] of BROKEN) {
    it(`of ${language} cannot be parsed: ${JSON.stringify(code.slice(0, 40))}`, () => {
      assert.equal(isParsable(language, code), false);
    });
  }

  it('is never run', () => {
    assert.equal(isParsable('js', 'globalThis.wasRun = true;'), true);
    assert.equal('wasRun' in globalThis, false);
  });

  it('may be nested as deeply as it likes', () => {
    assert.equal(typeof isParsable('js', '('.repeat(60_000)), 'boolean');
    assert.equal(isParsable('python', '('.repeat(60_000)), false);
  });
});

const TEXTS: readonly (readonly [what: string, text: string, doubted: boolean])[] = [
  ['no code at all', 'It cannot be done.', false],
  ['a good block', 'Here:\n```js\nf();\n```\nDone.', false],
  ['a block without a language', '```\n(((\n```', false],
  ['a block without an end', 'Here:\n```js\nf();\n', true],
  ['a broken block', '```js\nf(;\n```', true],
  ['a good block and a broken one', '```js\nf();\n```\nand\n```json\n{\n```', true],
  ['a fence inside of a longer one', '````js\n/*\n```\n*/\n````', false],
  ['a fence of the other kind', '~~~json\n{"a": "```"}\n~~~', false],
  ['a language in capitals', '```JSON\n{\n```', true],
  ['`js` in the middle of a sentence', 'Use ```x``` in it.', false],
  ['more blocks than are looked at', `${'```js\nf();\n```\n'.repeat(64)}\`\`\`js\nf(\n\`\`\``, false],
  ['the last of those that are', `${'```js\nf();\n```\n'.repeat(63)}\`\`\`js\nf(\n\`\`\``, true],
  ['a block too long to be looked at', `\`\`\`json\n${'['.repeat(70_000)}\n\`\`\``, false],
];

describe('a text with code', () => {
  for (const [what, text, doubted] of TEXTS) {
    it(`is ${doubted ? 'doubted' : 'taken'}: ${what}`, () => {
      assert.equal(doubtAboutCode(text)?.code, doubted ? 'broken-code' : undefined);
    });
  }
});

const WISHES: readonly (readonly [text: string, task: string | undefined, asks: boolean])[] = [
  ['Write a function that adds two numbers.', undefined, true],
  ['please fix the failing unit tests', undefined, true],
  ['Which function is called first?', undefined, false],
  ['What is the capital of France?', undefined, false],
  ['What is the capital of France?', 'code_generation', true],
  ['Write a poem.\nIt is about a class.', undefined, false],
];

describe('a request', () => {
  for (const [text, task, asks] of WISHES) {
    it(`${asks ? 'asks' : 'does not ask'} for code: ${JSON.stringify([text, task])}`, () => {
      const conversation = codecs.chat.readRequest({ model: 'm', messages: [{ role: 'user', content: text }] });
      assert.ok(!('mistake' in conversation));
      assert.equal(asksForCode(task, conversation), asks);
    });
  }
});
