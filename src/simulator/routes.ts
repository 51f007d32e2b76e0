import type { ModelApi } from './dialect.ts';
import { openAIEmbeddings } from './embeddings.ts';
import { anthropicMessages, anthropicTokenCount } from './messages-dialect.ts';
import { openAIChat, openAIText } from './openai-dialects.ts';
import { openAIResponses } from './responses-dialect.ts';

export type Route =
  | { readonly kind: 'model'; readonly api: ModelApi; readonly deployment: string | undefined }
  | { readonly kind: 'models'; readonly id: string | undefined }
  | { readonly kind: 'health' | 'requests' | 'outage' | 'wrong-method' | 'unknown' };

/** By the path's end, because providers put different things before it: `/v1`, `/openai/v1`, `/api/v1`. */
const MODEL_PATHS: readonly (readonly [end: string, api: ModelApi])[] = [
  ['/chat/completions', openAIChat],
  ['/embeddings', openAIEmbeddings],
  ['/completions', openAIText],
  ['/messages', anthropicMessages],
  ['/messages/count_tokens', anthropicTokenCount],
  ['/responses', openAIResponses],
];

/** What a request is for. @param target path with query */
export function routeOf(method: string, target: string): Route {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  for (const [end, api] of MODEL_PATHS) {
    if (path.endsWith(end))
      return method === 'POST' ? { kind: 'model', api, deployment: deploymentIn(path) } : { kind: 'wrong-method' };
  }
  const models = path.lastIndexOf('/models');
  if (models !== -1 && (path.length === models + 7 || path[models + 7] === '/')) {
    const id = decoded(path.slice(models + 8));
    return method === 'GET' || method === 'HEAD'
      ? { kind: 'models', id: id === '' ? undefined : id }
      : { kind: 'wrong-method' };
  }
  if (path === '/healthz') return { kind: 'health' };
  if (path === '/requests') return { kind: 'requests' };
  if (path === '/outage') return { kind: method === 'POST' || method === 'DELETE' ? 'outage' : 'wrong-method' };
  return { kind: 'unknown' };
}

/** Azure names the model in the path: `/openai/deployments/{model}/chat/completions`. */
function deploymentIn(path: string): string | undefined {
  const start = path.indexOf('/deployments/');
  return start === -1 ? undefined : decoded(path.slice(start + 13, path.indexOf('/', start + 13)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A stray percent sign: then it means itself.
    if (error instanceof URIError) return text;
    throw error;
  }
}
