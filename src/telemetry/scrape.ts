import { Gauge, type Registry } from 'prom-client';
import { gauges, type Readings, readDatabase, readServer, type Sources } from './state.js';

const DATABASE_WAIT_MS = 2_000;

/**
 * Makes the text of a scrape. Scrapes that come together share one, and a question that the database has not answered in
 * time is not asked again before it has: a slow database is not made slower by being watched.
 */
export function createScrape(
  registry: Registry,
  sources: Sources,
  onFault: (error: unknown) => void,
): () => Promise<string> {
  const made = Object.entries(gauges).map(
    ([name, help]) => [name, new Gauge({ name, help, registers: [registry] })] as const,
  );
  let asking: Promise<Readings | undefined> | undefined;
  let scraping: Promise<string> | undefined;
  const ask = () => {
    asking ??= readDatabase(sources)
      .catch((error: unknown) => void onFault(error))
      .finally(() => {
        asking = undefined;
      });
    return answerInTime(asking);
  };
  const scrape = async () => {
    const answered = await ask();
    const readings: Readings = {
      ...readServer(sources),
      ...answered,
      dompet_database_up: answered ? 1 : 0,
    };
    for (const [name, gauge] of made) {
      const reading = readings[name as keyof Readings];
      if (reading === undefined) gauge.remove();
      else gauge.set(reading);
    }
    return registry.metrics();
  };
  return () => {
    scraping ??= scrape().finally(() => {
      scraping = undefined;
    });
    return scraping;
  };
}

/** What is asked, or `undefined` once it has taken too long. */
async function answerInTime<T>(asked: Promise<T>): Promise<T | undefined> {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timeout = setTimeout(resolve, DATABASE_WAIT_MS, undefined);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timeout));
}
