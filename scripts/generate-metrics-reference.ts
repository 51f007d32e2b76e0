/**
 * Writes docs/metrics.md from the metrics' definitions.
 *
 *     node scripts/generate-metrics-reference.ts            writes the page
 *     node scripts/generate-metrics-reference.ts --check    fails where the page is not what would be written
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { METRICS, type MetricDefinition } from '../src/telemetry/metric-definitions.ts';

const PAGE = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));

function reference(): string {
  return `# Metrics

\`GET /metrics\` gives these in Prometheus' text format. [Telemetry](telemetry.md) says what to watch.

<!-- Generated from src/telemetry/metric-definitions.ts by scripts/generate-metrics-reference.ts: do not edit. -->

| metric | type | labels | meaning |
|---|---|---|---|
${Object.values(METRICS).map(row).join('\n')}
`;
}

function row({ name, type, labels, help, buckets }: MetricDefinition): string {
  const bounds = buckets === undefined ? '' : ` Buckets: ${buckets.join(', ')}.`;
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${bounds} |`;
}

const page = reference();
if (!process.argv.includes('--check')) {
  writeFileSync(PAGE, page);
} else if (readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write('docs/metrics.md is not up to date: run node scripts/generate-metrics-reference.ts\n');
  process.exitCode = 1;
}
