/** Reads `canonical: others` lines into other -> canonical; a canonical word stands for itself. */
export function readGroups(text: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const line of text.trim().split('\n')) {
    const [canonical = '', others = ''] = line.split(': ');
    for (const other of others.split(' ')) if (other !== '') map.set(other, canonical.replace(/:$/, ''));
  }
  return map;
}

/** The canonical words of such a list, and the others with them. */
export function readNames(text: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const line of text.trim().split('\n')) {
    const [canonical = '', others = ''] = line.split(':');
    for (const word of [canonical, ...others.trim().split(' ')]) if (word !== '') map.set(word, canonical);
  }
  return map;
}

export function readWords(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

/** Reads `a b|c` lines of opposites: every word with all its opposites. */
export function readOpposites(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const map = new Map<string, Set<string>>();
  const set = (from: string, to: string) => map.set(from, (map.get(from) ?? new Set()).add(to));
  for (const line of text.trim().split('\n')) {
    const [word = '', opposites = ''] = line.split(' ');
    for (const opposite of opposites.split('|')) {
      set(word, opposite);
      set(opposite, word);
    }
  }
  return map;
}
