import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { MetricDefinition } from './metric-definitions.ts';
import type { Count, Distribution, Nested } from './series.ts';
import { leaves } from './series.ts';

type Labels = Record<string, string>;

/** Shows counts as a counter. They are copied at the scrape, so that counting itself costs nothing but the addition. */
export function showCounter(registry: Registry, definition: MetricDefinition, series: Nested<Count>): void {
  const { name, help, labels } = definition;
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, count] of leaves<Count>(series)) this.inc(labelled(labels, values), count.value);
    },
  });
}

/** Shows what is read at the scrape as a gauge, or a counter: label values and number each. Nothing read, nothing shown. */
export function showReading(
  registry: Registry,
  definition: MetricDefinition,
  read: () => Iterable<readonly [readonly string[], number]>,
): void {
  const { name, help, labels, type } = definition;
  const configuration = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === 'counter') {
    new Counter({
      ...configuration,
      collect() {
        clear(this, labels);
        for (const [values, value] of read()) this.inc(labelled(labels, values), value);
      },
    });
    return;
  }
  new Gauge({
    ...configuration,
    collect() {
      clear(this, labels);
      for (const [values, value] of read()) this.set(labelled(labels, values), value);
    },
  });
}

/** Takes all values out. A metric without labels is reset to a 0, which would be shown though nothing was read. */
function clear(metric: Counter | Gauge, labels: readonly string[]): void {
  metric.reset();
  if (labels.length === 0) metric.remove();
}

/** Shows distributions as a histogram. */
export function showHistogram(registry: Registry, definition: MetricDefinition, series: Nested<Distribution>): void {
  registry.registerMetric(new DistributionHistogram(definition, series));
}

/** A histogram that is counted elsewhere. */
class DistributionHistogram extends Histogram {
  readonly #definition: MetricDefinition;
  readonly #series: Nested<Distribution>;

  constructor(definition: MetricDefinition, series: Nested<Distribution>) {
    super({ name: definition.name, help: definition.help, labelNames: [...definition.labels], registers: [] });
    this.#definition = definition;
    this.#series = series;
  }

  /** What prom-client's registry asks a histogram for when it writes text. Its types do not mention it; a test does. */
  async getForPromString(): Promise<object> {
    const { name, help, type } = this.#definition;
    return { name, help, type, aggregator: 'sum', values: [...this.#values()] };
  }

  *#values(): Generator<object> {
    const { name, labels } = this.#definition;
    for (const [values, { bounds, counts, sum }] of leaves<Distribution>(this.#series)) {
      const sharedLabels = labelled(labels, values);
      let count = 0;
      for (const [index, observed] of counts.entries()) {
        count += observed;
        yield { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? '+Inf' }, sharedLabels, value: count };
      }
      yield { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum };
      yield { metricName: `${name}_count`, labels: {}, sharedLabels, value: count };
    }
  }
}

function labelled(names: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
