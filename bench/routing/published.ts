/** What others have published or shipped, on other prompts and models than ours: to be read beside, not against. */
export const PUBLISHED: readonly (readonly [what: string, apgr: string, source: string])[] = [
  [
    'RouteLLM, its best routers on MMLU and GSM8K',
    '.60 to .62',
    'Ong et al. 2024, arXiv:2406.18665; GPT-4 and Mixtral 8x7B',
  ],
  [
    'keyword routers as shipped by gateways',
    '.39 to .64',
    'our own earlier measurement on public per-prompt outcomes, not run here',
  ],
  ['prompt length alone', '.44 to .60', 'the same'],
  ["the article's heuristic, other people's keywords", '.47 to .61', 'the same'],
  ['logistic model on cheap features, same traffic', '.65 to .72', 'the same'],
  ['logistic model on cheap features, unseen tasks', '.44 to .62', 'the same'],
];
