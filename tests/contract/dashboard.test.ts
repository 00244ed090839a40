import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { gauges } from '../../src/telemetry/state.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: ReadonlyArray<{ readonly expr: string }>;
}

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8'));
const panels: readonly Panel[] = dashboard.panels;
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const mentioned = new Set(expressions.join(' ').match(/\b(dompet|nodejs|process)_[a-z0-9_]+/g));

/** Every name that a series of these metrics can have. */
async function seriesNames(): Promise<Set<string>> {
  const told = await createMetrics(systemClock).registry.getMetricsAsJSON();
  const counted = told.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  );
  return new Set([...counted, ...Object.keys(gauges)]);
}

describe('the Grafana dashboard', () => {
  let names: Set<string>;
  beforeAll(async () => {
    names = await seriesNames();
  });

  it('asks only for metrics that there are', () => {
    expect(mentioned.size).toBeGreaterThan(30);
    expect([...mentioned].filter((name) => !names.has(name))).toEqual([]);
  });

  it('shows every metric of the wallet', () => {
    const ours = [...names].filter((name) => name.startsWith('dompet_'));
    const shown = (name: string) =>
      mentioned.has(name) || mentioned.has(name.replace(/_(sum|count)$/, '_bucket'));
    expect(ours.filter((name) => !shown(name))).toEqual(['dompet_tail_position']);
  });

  it('has panels of their own place, each with a question to the chosen source', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
    const charts = panels.filter(({ type }) => type !== 'row');
    expect(charts.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
    expect(expressions.filter((expr) => !expr.includes('{instance=~"$instance"'))).toEqual([]);
    const variables = dashboard.templating.list.map(({ name }: { name: string }) => name);
    expect(variables).toEqual(['datasource', 'instance']);
  });
});
