import { fileURLToPath } from 'node:url';
import { freePort, launch } from './launch.ts';
import type { Place, Subject } from './subject.ts';

const SCRIPT = fileURLToPath(new URL('./bare-proxy.ts', import.meta.url));

/** The yardstick: see `bare-proxy.ts`. */
export async function startBare(place: Place): Promise<Subject> {
  const port = await freePort();
  const running = await launch(
    'bare',
    [process.execPath, SCRIPT, String(port), String(place.upstreamPort)],
    port,
    place,
  );
  return { name: 'bare', port, headers: {}, model: 'bench', what: 'bench/subjects/bare-proxy.ts', ...running };
}
