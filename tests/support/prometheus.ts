/** What a scrape tells: the value of each series, by its name and labels as they are written, and each metric's help. */
export interface Scrape {
  readonly values: ReadonlyMap<string, number>;
  readonly help: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, string>;
}

const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\S+)$`);
const NUMBER = /^(?:[+-]?Inf|[Nn]a[Nn]|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** Reads Prometheus' text format and throws at the first line that is none, or that belongs to no declared metric. */
export function readScrape(text: string): Scrape {
  const values = new Map<string, number>();
  const help = new Map<string, string>();
  const types = new Map<string, string>();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.split('\n')) {
    const [, kind, name = '', told = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line) ?? [];
    if (line === '') continue;
    if (kind) {
      const declared = kind === 'HELP' ? help : types;
      if (declared.has(name)) throw new Error(`${kind} of ${name} stands twice`);
      declared.set(name, told);
      continue;
    }
    const [, series = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    const metric = types.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '');
    if (!NUMBER.test(value) || !types.has(metric) || !help.has(metric)) throw new Error(`no sample: ${line}`);
    if (values.has(series + labels)) throw new Error(`told twice: ${line}`);
    values.set(series + labels, Number(value));
  }
  return { values, help, types };
}

export async function scrape(metricsUrl: string | undefined): Promise<Scrape> {
  const answer = await fetch(`${metricsUrl}/metrics`);
  if (answer.status !== 200) throw new Error(`/metrics was answered with ${answer.status}`);
  return readScrape(await answer.text());
}
