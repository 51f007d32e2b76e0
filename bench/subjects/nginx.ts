import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch } from './launch.ts';
import { CannotStart, type Place, type Subject } from './subject.ts';

/** nginx, one worker, keep-alive to the upstream, nothing buffered, access log on: what C costs for the same bytes. */
export async function startNginx(place: Place): Promise<Subject> {
  const version = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  if (version.error) throw new CannotStart('nginx: not installed');
  const port = await freePort();
  const folder = join(place.folder, 'nginx');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(port, place.upstreamPort, folder));
  const running = await launch('nginx', ['nginx', '-p', folder, '-c', file, '-e', 'error.log'], port, place);
  return {
    name: 'nginx',
    port,
    headers: {},
    model: 'bench',
    what: version.stderr.trim().replace(/^.*: /, ''),
    ...running,
  };
}

function configuration(port: number, upstreamPort: number, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
${temporary.join('\n')}
  access_log ${folder}/access.log;
  keepalive_requests 1000000;
  client_max_body_size 32m;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://up;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;
}
