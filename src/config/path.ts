/** Where a value stands: keys and list indexes from the top of the file. */
export type Path = readonly (string | number)[];

/** Says what is wrong at a place. */
export type Report = (path: Path, message: string) => void;

/** Names longer than this are no option and hardly a provider; they may be a secret in the wrong place. */
const LONGEST_SHOWN_NAME = 24;

/** `models.smart.targets[1]`, and `models["gpt-4.1"]` where a name would read as two. */
export function formatPath(path: Path): string {
  let text = '';
  for (const [index, part] of path.entries()) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += `${text === '' ? '' : '.'}${masked(part, path, index)}`;
    else text += `[${JSON.stringify(masked(part, path, index))}]`;
  }
  return text;
}

function masked(part: string, path: Path, index: number): string {
  const isModelName = path[0] === 'models' && index === 1;
  return part.length > LONGEST_SHOWN_NAME && !isModelName ? '<long name>' : part;
}

/** Values here are secrets, or may be: an error must not repeat them. */
export function isSecret(path: Path): boolean {
  if (path[0] === 'tenants') return isTenantSecret(path);
  if (path[0] === 'admin') return true;
  if (path[0] === 'cache') return path.length === 1 || path[1] === 'encryptionKey';
  // The address may carry a password.
  if (path[0] === 'state') return path.length === 1 || path[1] === 'redis';
  if (path[0] !== 'providers') return false;
  const option = path[2];
  // `providers: {openai: sk-...}` is a key in the wrong place; a base URL may carry credentials.
  if (option === undefined) return true;
  return (
    option === 'apiKey' || option === 'apiKeys' || option === 'headers' || option === 'query' || option === 'baseUrl'
  );
}

function isTenantSecret(path: Path): boolean {
  // `tenants: {acme: bw_...}` is a key in the wrong place.
  const inAgent = path[2] === 'agents';
  const option = inAgent ? path[4] : path[2];
  if (option === undefined) return !inAgent || path.length === 4;
  return option === 'keys' || (option === 'webhooks' && path[4] !== 'events');
}
