/** Resolves when the condition holds. Looks every few milliseconds of real time; generous, because machines are shared. */
export async function until(what: string, condition: () => boolean, patienceMs = 60_000): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await pause(2);
  }
}

/** Real milliseconds, for the few places where nothing must happen for a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
