import { question } from './agent.ts';
import type { Draws } from './draws.ts';
import { prose, systemPrompt } from './prompts.ts';
import type { DayRequest, Message, Tool } from './request.ts';

/** One working session of a coding agent. */
export interface CodingSession {
  /** What the user asks for, one after the other. */
  readonly jobs: number;
  /** Tool calls for each. */
  readonly steps: number;
  /** Characters that a tool gives back, on the average. */
  readonly result: number;
}

const USED_TOOLS = ['read_file', 'run_tests', 'apply_patch', 'search'];
const UNUSED_TOOLS = [
  'open_browser',
  'take_screenshot',
  'query_database',
  'send_message',
  'create_ticket',
  'list_calendars',
  'deploy_preview',
  'rotate_logs',
];
const SECOND = 1_000;

/**
 * Tool loops: each request sends the whole past again. What was decided in the first job is needed later on. As recorded once: the past that is
 * sent is the same in every replay, whatever models say in it.
 */
export function coding(draws: Draws, tenant: string, sessions: readonly CodingSession[]): DayRequest[] {
  const agent = 'coder';
  const long = systemPrompt(draws, agent, tenant, 2_200);
  const short = systemPrompt(draws, agent, tenant, 900);
  const used = USED_TOOLS.map((name) => tool(draws, name));
  const all = [...used, ...UNUSED_TOOLS.map((name) => tool(draws, name))];
  const starts = draws.moments(sessions.length, true);
  return sessions.flatMap((session, number) => {
    const name = `${tenant}-coder-${number}`;
    return turnsOf(draws.of(name), name, session).map(({ messages, upTo, wait, ...turn }) => {
      const text = messages[upTo - 1]?.content ?? '';
      return {
        id: turn.id,
        at: (starts[number] ?? 0) * 0.7 + wait,
        tenant,
        agent,
        session: name,
        task: turn.task,
        question: question(tenant, 'coding', turn.id, { needs: turn.needs, call: turn.call }),
        graded: turn.call === undefined,
        trap: undefined,
        stream: true,
        text,
        body: (audited) => ({
          messages: [{ role: 'system', content: audited ? short : long }, ...messages.slice(0, upTo)],
          tools: audited ? used : all,
        }),
      };
    });
  });
}

interface Turn {
  readonly id: string;
  readonly task: string;
  readonly messages: readonly Message[];
  /** How many of the messages are there by then. */
  readonly upTo: number;
  /** Milliseconds after the session began. */
  readonly wait: number;
  readonly needs: readonly string[];
  readonly call: { readonly tool: string; readonly arguments: string } | undefined;
}

function turnsOf(draws: Draws, session: string, { jobs, steps, result }: CodingSession): Turn[] {
  const messages: Message[] = [];
  const turns: Turn[] = [];
  const decisions: string[] = [];
  let wait = 0;
  for (let job = 0; job < jobs; job++) {
    const task = `${session}-job-${job}`;
    const decision = `decision ${draws.code()}`;
    decisions.push(decision);
    // Every third job builds upon what was decided in an earlier one.
    const earlier = job % 3 === 2 ? decisions[draws.between(0, job - 1)] : undefined;
    messages.push({
      role: 'user',
      content: `Job ${job} of ${session}: fix ${draws.code()}, as of ${decision}.${earlier === undefined ? '' : ' Keep to what was decided at the beginning.'} ${prose(draws, 300)}`,
    });
    wait += draws.between(60, 300) * SECOND;
    for (let step = 0; step <= steps; step++) {
      const call =
        step === steps
          ? undefined
          : {
              tool: USED_TOOLS[step % USED_TOOLS.length] ?? 'search',
              arguments: JSON.stringify({ path: `src/${draws.code()}.ts` }),
            };
      const needs = call === undefined && earlier !== undefined ? [earlier] : [];
      turns.push({ id: `${task}-${step}`, task, messages, upTo: messages.length, wait, needs, call });
      wait += draws.between(4, 25) * SECOND;
      messages.push(...recorded(draws, session, call, result));
    }
  }
  return turns;
}

/** What the agent was answered when the day was recorded, and what its tool said to that. */
function recorded(draws: Draws, session: string, call: Turn['call'], result: number): Message[] {
  if (call === undefined) return [{ role: 'assistant', content: prose(draws, 700) }];
  const id = `call_${draws.code()}${draws.code()}`;
  return [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: call.tool, arguments: call.arguments } }],
    },
    {
      role: 'tool',
      tool_call_id: id,
      content: `${session} ${draws.code()}${draws.code()}\n${prose(draws, draws.between(result / 2, (result * 3) / 2))}`,
    },
  ];
}

function tool(draws: Draws, name: string): Tool {
  return {
    type: 'function',
    function: {
      name,
      description: `${name.replace('_', ' ')}. ${prose(draws, 450)}`,
      parameters: {
        type: 'object',
        properties: { path: { type: 'string', description: prose(draws, 200) } },
        required: ['path'],
      },
    },
  };
}
