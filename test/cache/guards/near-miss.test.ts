import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparePair, profileOf } from '../../../src/cache/guards/index.ts';

/**
 * Ways to ask one thing, around a detail that is put in: any two of them are the same question while the detail is the same, and never
 * where it differs. Every two ways of every family are tried with every two details, some ten thousand pairs.
 */
interface Family {
  readonly name: string;
  /** `{}` is where the detail goes; `{ing}` is the detail as a gerund. */
  readonly ways: readonly string[];
  readonly details: readonly string[];
}

/** What one does, with every kind of detail that may differ: numbers, units, names, direction, negation, quantity, owner, order, time. */
const DOING = `
move 5 tickets from Berlin to Vienna
move 50 tickets from Berlin to Vienna
move 5 tickets from Vienna to Berlin
move 5 tickets from Berlin to Graz
move 5 invoices from Berlin to Vienna
move 5 open tickets from Berlin to Vienna
move all tickets from Berlin to Vienna
move my tickets from Berlin to Vienna
move your tickets from Berlin to Vienna
move only 5 tickets from Berlin to Vienna
move at least 5 tickets from Berlin to Vienna
copy 5 tickets from Berlin to Vienna
move 5 tickets from Berlin to Vienna in 5 minutes
move 5 tickets from Berlin to Vienna in 5 hours
move 5 tickets from Berlin to Vienna on Monday
move 5 tickets from Berlin to Vienna on Tuesday
move 5 tickets from Berlin to Vienna without downtime
move 5 tickets from Berlin to Vienna with downtime
move 5 tickets from Berlin to Vienna before the audit
move 5 tickets from Berlin to Vienna after the audit
`;

const THINGS = `
default timeout of the proxy
maximum timeout of the proxy
minimum timeout of the proxy
timeout of the proxy
default timeout of my proxy
default timeout of your proxy
default timeout of the proxy cache
default port of the proxy
default timeout of the cache
timeout of the default proxy
price of plan A
price of plan B
price of 5 seats
price of 6 seats
price of 5 seats per month
price of 5 seats per year
price of a seat in Berlin
price of a seat in Vienna
price of seat 500
price of an open seat
price of a closed seat
`;

const CASES = `
the disk is full
the disk is not full
the disk is almost full
the disk was full
my disk is full
all disks are full
the disk of the worker is full
the worker of the disk is full
the disk is 90 percent full
the disk is 95 percent full
the disk is full on Monday
the disk is empty
the payment succeeds
the payment fails
the worker calls the proxy
the proxy calls the worker
`;

const PAIRED = [
  ['a hub', 'a switch'],
  ['a hub', 'a router'],
  ['an old hub', 'a switch'],
  ['a hub', 'an old switch'],
  ['a hub port', 'a switch'],
  ['a new hub', 'a switch'],
  ['Redis', 'Postgres'],
  ['Redis', 'Memcached'],
] as const;

const DIFFERENCES = [
  'What is the difference between {a} and {b}?',
  'What is the difference between {b} and {a}?',
  'What are the differences between {a} and {b}?',
  'Explain the difference between {b} and {a}.',
  'How does {a} differ from {b}?',
  'How is {b} different from {a}?',
  'How do {a} and {b} differ?',
];

const CHOICES = [
  'Which is cheaper, {a} or {b}?',
  'Which is cheaper, {b} or {a}?',
  'What is cheaper: {a} or {b}?',
  'Which is cheaper: {b} vs {a}?',
];

const FAMILIES: readonly Family[] = [
  {
    name: 'how to do something',
    details: lines(DOING),
    ways: [
      'How do I {}?',
      'How can I {}?',
      'How should I {}?',
      'How to {}',
      'How does one {}?',
      'What is the best way to {}?',
      'What would be the best way to {}?',
      'What are the best ways to {}?',
      'What are some of the best ways to {}?',
      'Is there a way to {}?',
      'Are there any ways to {}?',
      'What are the steps to {}?',
      'List the steps to {}.',
      'Walk me through the steps to {}.',
      'What do I have to do in order to {}?',
      'What should I do to {}?',
      'What can I do to {}?',
      'Which steps do I take to {}?',
      'Could you tell me how to {}?',
      'Can you please explain how I can {}?',
      'I would like to know how to {}, please.',
      'Does anyone know how to {}?',
      'Hi team, how do I {}? Thanks in advance!',
      'How do I go about {ing}?',
      'What is the procedure for {ing}?',
    ],
  },
  {
    name: 'how long it takes',
    details: lines(DOING),
    ways: [
      'How long does it take to {}?',
      'How long will it take to {}?',
      'How much time does it take to {}?',
      'Can you tell me how long it takes to {}?',
    ],
  },
  {
    name: 'what something is',
    details: lines(THINGS),
    ways: [
      'What is the {}?',
      "What's the {}?",
      'whats the {}',
      'Which is the {}?',
      'Tell me the {}.',
      'Can you tell me what the {} is?',
      'Do you know what the {} is?',
      'Please tell me what the {} is.',
      'I want to know what the {} is.',
      'Hello! What is the {}? Thank you.',
    ],
  },
  {
    name: 'what to do in a case',
    details: lines(CASES),
    ways: [
      'What should I do if {}?',
      'What do I do if {}?',
      'What to do if {}?',
      'If {}, what should I do?',
      'If {}, what do I do?',
    ],
  },
  {
    name: 'what happens in a case',
    details: lines(CASES),
    ways: [
      'What happens if {}?',
      'What happens when {}?',
      'What will happen if {}?',
      'What would happen if {}?',
      'What if {}?',
      'Can you explain what happens if {}?',
      'If {}, what happens?',
    ],
  },
  {
    name: 'what something means',
    details: [
      'exit code 137',
      'exit code 139',
      'code 137',
      'exit status 137',
      'error 502',
      'error 503',
      'the error',
      'a yellow label',
      'a red label',
    ],
    ways: [
      'What does {} mean?',
      'What is the meaning of {}?',
      'Explain what {} means.',
      'Can you tell me what {} means?',
      'What does {} means?',
    ],
  },
  {
    name: 'where something is found',
    details: [
      'the logs',
      'the logs of the worker',
      'the worker logs of Monday',
      'my logs',
      'your logs',
      'the old logs',
      'the log levels',
      '5 logs',
      '6 logs',
    ],
    ways: ['Where can I find {}?', 'Where do I find {}?', 'Where to find {}?', 'Can you tell me where I can find {}?'],
  },
  {
    name: 'whether any exist',
    details: [
      'limits on uploads',
      'limits on downloads',
      'open limits on uploads',
      'limits on my uploads',
      'limits without uploads',
      'users in limits',
    ],
    ways: ['Are there any {}?', 'Are there {}?'],
  },
  {
    name: 'how many there are',
    details: [
      'users in the sandbox',
      'admins in the sandbox',
      'users in the cluster',
      'new users in the sandbox',
      'users on the sandbox host',
    ],
    ways: ['How many {0} are there {1}?', 'How many {0} are {1}?', 'What is the number of {0} {1}?'],
  },
  {
    name: 'why something is so',
    details: [
      'the worker|slow',
      'the worker|fast',
      'the worker|not slow',
      'the old worker|slow',
      'the worker|slow on Monday',
      'the proxy|slow',
      'my worker|slow',
      'your worker|slow',
    ],
    ways: ['Why is {0} {1}?', 'Why {0} is {1}?', 'Can you explain why {0} is {1}?', 'I wonder why {0} is {1}.'],
  },
  {
    name: 'how something works',
    details: [
      'the worker|send|the proxy',
      'the proxy|send|the worker',
      'the worker|send|the cache',
      'the old worker|send|the proxy',
      'the worker|handle|the proxy',
      'my worker|send|the proxy',
      'your worker|send|the proxy',
      'the worker|send|2 proxies',
      'the worker|send|3 proxies',
      'the worker|send|the open proxy',
    ],
    ways: [
      'How does {0} {1} {2}?',
      'Explain how {0} {1}s {2}.',
      'Can you describe how {0} {1}s {2}?',
      'I want to know how {0} {1}s {2}.',
    ],
  },
  {
    name: 'what something costs',
    details: [
      'an extra seat|',
      'a seat|',
      'an extra seat|per month',
      'an extra seat|per year',
      'an extra seat|in Berlin',
      'an extra seat|in Vienna',
      '5 seats|',
      '6 seats|',
      'plan A|',
      'plan B|',
    ],
    ways: ['How much does {0} cost {1}?', 'What does {0} cost {1}?', 'What is the cost of {0} {1}?'],
  },
  {
    name: 'whom to turn to',
    details: [
      'billing',
      'shipping',
      'my billing',
      'your billing',
      'billing on Monday',
      'billing on Friday',
      'late billing',
    ],
    ways: ['Who do I contact about {}?', 'Who should I contact about {}?', 'Whom can I contact about {}?'],
  },
  {
    name: 'a summary',
    details: [
      'refund policy',
      'return policy',
      'refund policy of 2023',
      'refund policy of 2024',
      'old refund policy',
      'refund policy in French',
      'refund policy for partners',
      'policy of the refund team',
    ],
    ways: [
      'Summarise the {}.',
      'Summarize the {}, please.',
      'Can you summarise the {}?',
      'Could you please summarize the {}?',
      'Give me a summary of the {}.',
      'I need a summary of the {}.',
      'Please provide a summary of the {}.',
    ],
  },
];

function lines(text: string): string[] {
  return text.trim().split('\n');
}

function gerund(text: string): string {
  const [verb = '', ...rest] = text.split(' ');
  return [verb === 'copy' ? 'copying' : 'moving', ...rest].join(' ');
}

/** `users in the sandbox` fills `{0}` and `{1}`; so does `the worker|slow`. */
function say(way: string, detail: string): string {
  const [first = '', second = '', third = ''] = detail.includes('|') ? detail.split('|') : splitAtPlace(detail);
  return way
    .replace('{}', detail)
    .replace('{ing}', gerund(detail))
    .replace('{0}', first)
    .replace('{1}', second)
    .replace('{2}', third);
}

function splitAtPlace(detail: string): string[] {
  const at = detail.search(/ (?:in|on) /);
  return at < 0 ? [detail] : [detail.slice(0, at), detail.slice(at + 1)];
}

/** All texts of a family, by their detail. */
function textsOf(family: Family): string[][] {
  return family.details.map((detail) => family.ways.map((way) => say(way, detail)));
}

function paired(ways: readonly string[]): string[][] {
  return PAIRED.map(([a, b]) => ways.map((way) => way.replace('{a}', a).replace('{b}', b)));
}

const ALL: readonly (readonly [string, string[][]])[] = [
  ...FAMILIES.map((family) => [family.name, textsOf(family)] as const),
  ['the difference of two', paired(DIFFERENCES)],
  ['the choice of two', paired(CHOICES)],
];

describe('ways to ask one thing', () => {
  for (const [name, texts] of ALL) {
    const read = texts.map((same) => same.map((text) => ({ text, profile: profileOf(text) })));

    it(`serve one another: ${name}`, () => {
      const vetoed = read.flatMap((same) =>
        same.flatMap((a) =>
          same.flatMap((b) => {
            const verdict = comparePair(a.profile, b.profile);
            return verdict.ok ? [] : [`${verdict.reason}: ${a.text} / ${b.text}`];
          }),
        ),
      );
      assert.deepEqual(vetoed.slice(0, 8), []);
    });

    it(`never serve where a detail differs: ${name}`, () => {
      const served: string[] = [];
      let pairs = 0;
      for (const [one, same] of read.entries())
        for (const [other, others] of read.entries())
          if (one !== other)
            for (const a of same)
              for (const b of others) {
                pairs += 1;
                if (comparePair(a.profile, b.profile).ok) served.push(`${a.text} / ${b.text}`);
              }
      assert.deepEqual(served.slice(0, 8), []);
      assert.ok(pairs > 50, String(pairs));
    });
  }

  it('never serve for another thing', () => {
    const served: string[] = [];
    for (const [name, texts] of ALL)
      for (const [otherName, others] of ALL)
        if (name !== otherName)
          for (const a of texts.map((same) => same[0] ?? ''))
            for (const b of others.map((same) => same[0] ?? ''))
              if (comparePair(profileOf(a), profileOf(b)).ok) served.push(`${a} / ${b}`);
    assert.deepEqual(served.slice(0, 8), []);
  });
});
