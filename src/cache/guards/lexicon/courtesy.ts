/** What stands before a question or a request and asks nothing of its own. Written as in phrases.ts; they mean nothing. */
export const BEFORE_QUESTIONS = `
- = (please) can|could|would|will you (please|kindly) tell|show|teach (me|us)
- = (please) can|could|would|will you (please|kindly) explain|describe|clarify (to me|us)
- = (please) can|could|would|will you (please|kindly) help me|us (to) understand|figure
- = (please) can|could|would someone|somebody|anyone|anybody (please|kindly) tell|show|explain|describe (to) (me|us)
- = (please|kindly) tell|show|teach me|us
- = (please|kindly) explain|describe|clarify (to me|us)
- = (please|kindly) help me|us (to) understand
- = (please|kindly) let me|us know
- = do you (happen to) know
- = does anyone|anybody|someone|somebody know
- = do you have any idea
- = any idea
- = i|we want|need|wish to know|understand
- = i|we would like to know|understand
- = i am|was (just) wondering
- = i wonder
`;

/** Before a request for text. `can you` is among them only for what nobody asks as an ability. */
export const BEFORE_REQUESTS = `
- = could you
- = (please) could|would you please|kindly
- = please can|could|would|will you
- = can|will you please|kindly
- = (please) can|could|would|will you (please|kindly) help me|us (to)
- = (please) help me|us (to)
- = i want|need you to
- = i would like you to
- = your task is to
`;

export const CAN_YOU = `
- = can you
`;

/** Requests that ask for nothing but text. With any other verb (`could you delete`) the opening stays. */
export const TEXT_REQUESTS = `
summarise summarize explain describe clarify list show give write draft compose translate convert compare classify extract rewrite rephrase
paraphrase proofread outline define calculate suggest recommend provide generate
`;

export const CAN_YOU_REQUESTS = `
summarise summarize explain describe clarify list show give write draft compose outline define rephrase suggest recommend provide compare
`;

export const ADDRESSES = `
- = hi|hello|hey|dear (team|all|everyone|everybody|folks|there|guys|assistant|support)
- = good morning|afternoon|evening|day (team|all|everyone|everybody|folks|there|guys|assistant|support)
`;

export const CLOSINGS = `
- = (many) thanks|cheers|thx (a lot|so much)
- = (many) thanks|thx (a lot) in advance
- = thanks|thx for your|the help|time|support
- = thank you (very much|so much) (in advance)
- = thank you for your|the help|time|support
`;

/** A word named by one of these is meant as a word: `How do I say please in Spanish?` */
export const NAMING = `
say word spell pronounce translate mean means meaning term phrase
`;

/** With a for or of behind them they name a word, too: `the French word for big`. */
export const NAMING_NOUNS = `
word term meaning synonym antonym opposite spelling pronunciation definition translation plural
`;
